"""What ``scan.py run`` tells."""

from dataclasses import replace

from tests.conftest import Golden
from tests.unit.adapters.scans_by_hand import DIGEST, NOW, OTHER, REPORT

from gitops.models.image import ImageReference
from gitops.models.inventory import Inventory, NamedImage
from gitops.models.scanning import DatabaseFacts, ScanFailure, Scanned, ScanRun, ScanState, Target
from gitops.reports.scans import scans_json, scans_text

WEB, DB = ImageReference.parse("quay.io/a/web:1"), ImageReference.parse("quay.io/a/db:2")
RUN = ScanRun(
    Inventory((NamedImage(WEB, ()), NamedImage(DB, ()))),
    "0.76.0",
    DatabaseFacts("ghcr.io/aquasecurity/trivy-db:2", 2, REPORT.scanner.database_made),
    (
        Scanned(Target((WEB,), DIGEST, "linux/amd64"), ScanState.SCANNED, REPORT),
        Scanned(Target((DB,), OTHER, "linux/amd64"), ScanState.CURRENT, replace(REPORT, system=None, vulnerabilities=())),
    ),
    (
        ScanFailure("quay.io/a/b:1", DIGEST, "linux/arm64", "killed", f"quay.io/a/b:1@{DIGEST}: Trivy was killed", NOW),
        ScanFailure("quay.io/a/c:1", DIGEST, "linux/arm64", "killed", f"quay.io/a/c:1@{DIGEST}: Trivy was killed", NOW),
        ScanFailure("quay.io/a/d:1", "", "", "absent", "quay.io/a/d:1: 404; push it", NOW),
        ScanFailure("quay.io/a/e:1", DIGEST, "linux/arm64", "failed", "quay.io/a/e:1: said \x1b[2J", NOW),
    ),
    ("the database is an old one",),
)


def test_people_are_told(golden: Golden) -> None:
    golden("scans.txt", scans_text(RUN))


def test_programs_are_told(golden: Golden) -> None:
    golden("scans.json", scans_json(RUN))


def test_nothing_to_scan_is_told() -> None:
    assert scans_text(ScanRun(Inventory(()), "0.76.0", None)) == "0 images: nothing to scan; Trivy 0.76.0, no database\n"


def test_many_images_with_one_fault_are_counted() -> None:
    many = tuple(ScanFailure(f"quay.io/a/b:{number}", "", "", "x", "all the same", NOW) for number in range(12))
    text = scans_text(replace(RUN, failures=many, notes=()))
    assert text.count("failed    ") == 8
    assert "          and 4 more\n          all the same\n" in text
