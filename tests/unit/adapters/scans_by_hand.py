"""A report and failures as a scan could have left them."""

from datetime import UTC, date, datetime

from gitops.models.oci import digest_of
from gitops.models.scanning import ScanFailure
from gitops.models.vulnerability import Package, Scanner, ScanReport, Severity, System, Vulnerability

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DIGEST, OTHER = digest_of(b"one"), digest_of(b"other")
REPORT = ScanReport(
    DIGEST,
    "linux/amd64",
    NOW,
    Scanner("Trivy", "0.76.0", 2, datetime(2026, 11, 23, 6, 0, 0, 123456, tzinfo=UTC)),
    "ab" * 32,
    datetime(2020, 1, 1, tzinfo=UTC),
    System("alpine", "3.20.3", end_of_life=True),
    (Package("ü", "1", "pkg:npm/%C3%BC@1", ("MIT", "Apache-2.0")), Package("bare", "")),
    (
        Vulnerability(
            "CVE-2026-1001", "ü", "1", Severity.CRITICAL, "2", "fixed", "pkg:npm/%C3%BC@1", date(2026, 1, 1), "t", "u"
        ),
        Vulnerability("GHSA-x", "bare", "0", Severity.UNKNOWN),
    ),
)
FAILURE = ScanFailure("quay.io/a/b:1", DIGEST, "linux/amd64", "killed", "run it again", NOW)
UNRESOLVED = ScanFailure("quay.io/a/c:1", "", "", "absent", "push it", NOW)
