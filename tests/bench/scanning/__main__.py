"""Times a rescan of 100 stored SBOMs, each of 400 packages, against a database of 100,000 vulnerabilities; ``make bench-scan``.

Prints seconds, findings, and this process' largest memory; Trivy's own is that of the largest of its processes.
"""

import resource
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.support.images import Contents, image
from tests.support.trivy_db import Advisory, Database

from gitops.adapters import trivy_program
from gitops.adapters.docker_config import DockerConfig
from gitops.adapters.http import Http
from gitops.adapters.image_layout import Layout
from gitops.adapters.registry import Registry
from gitops.adapters.scan_store import ScanStore
from gitops.adapters.trivy import Trivy
from gitops.adapters.trivy_database import in_folder
from gitops.models.image import ImageReference
from gitops.models.oci import digest_of
from gitops.models.scanning import ImageContents, Target
from gitops.services.scanning import Renewal, Scan, scan_all
from gitops.services.workspace import default_jobs

ROOT = Path(__file__).resolve().parents[3]
SBOMS, PACKAGES, VULNERABILITIES = 100, 400, 100_000
FINDINGS = 200  # in each SBOM
NOW = datetime(2026, 11, 24, tzinfo=UTC)


def database(folder: Path) -> Path:
    """Most of it is about packages that nobody has, as in a real one."""
    ours = [Advisory(f"CVE-2026-{9000 + number}", "alpine 3.20", f"package-{number}") for number in range(FINDINGS)]
    others = (
        Advisory(f"CVE-2030-{number:06}", "alpine 3.20", f"other-{number % 9973}", title="x" * 200)
        for number in range(VULNERABILITIES - FINDINGS)
    )
    return Database((*ours, *others)).write(folder)


def sbom(trivy: Trivy, folder: Path) -> bytes:
    """One that Trivy made, of a tiny image with many packages."""
    contents = Contents(
        packages={f"package-{number}": "1.0-r0" for number in range(PACKAGES // 2)},
        python={f"module-{number}": "1.0" for number in range(PACKAGES // 4)},
        node={f"library-{number}": "1.0" for number in range(PACKAGES // 4)},
    )
    made = image(contents)
    return trivy.sbom(Layout(made.write_layout(folder), next(iter(made.blobs)), None))


def fill(store: ScanStore, made: bytes) -> list[Target]:
    """The same SBOM many times, each of other bytes."""
    targets = []
    for number in range(SBOMS):
        digest = digest_of(str(number).encode())
        store.keep_contents(ImageContents(digest, "linux/amd64", store.put_sbom(made + b"\n" * number)))
        targets.append(Target((ImageReference.parse(f"quay.io/example/image-{number}:1"),), digest, "linux/amd64"))
    return targets


def main() -> None:
    """Measures once."""
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        trivy = Trivy(trivy_program.find(ROOT), scratch / "scratch")
        store = ScanStore(scratch / "store")
        known = in_folder(database(scratch / "database"))
        targets = fill(store, sbom(trivy, scratch / "image"))
        nobody = Registry(Http(), DockerConfig({"DOCKER_CONFIG": name}), lambda repository: repository)
        scan = Scan(store, nobody, trivy, known, "", NOW, Renewal(), threading.Event())
        jobs = default_jobs()
        started = time.perf_counter()
        scanned, failures = scan_all(scan, targets, jobs, lambda: None)
        seconds = time.perf_counter() - started
    found = {len(one.report.vulnerabilities) for one in scanned}
    if failures or len(scanned) != SBOMS or found != {FINDINGS}:
        sys.exit(f"{len(scanned)} scanned with {found} findings, {failures[:1]}")
    ours, its = (resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    sys.stdout.write(
        f"{SBOMS} SBOMs of {PACKAGES} packages, {jobs} at once: rescanned in {seconds:.1f} s "
        f"({FINDINGS} findings each), {ours} MiB, Trivy {its} MiB\n"
    )


if __name__ == "__main__":
    main()
