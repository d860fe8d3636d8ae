"""Scanning: of each platform's manifest an SBOM, once, and a report, whenever there may be something new to say."""

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime, timedelta

from gitops.adapters import image_layout
from gitops.adapters.command import killed_on_interrupt
from gitops.adapters.registry import Registry, RegistryFailed
from gitops.adapters.scan_store import ScanStore
from gitops.adapters.trivy import Trivy, TrivyFailed
from gitops.adapters.trivy_database import Database
from gitops.models.scanning import Fault, ImageContents, ScanFailure, Scanned, ScanState, Target
from gitops.models.vulnerability import Scanner, ScanReport

SCANNER = "Trivy"


class Interrupted(Exception):
    """The run is over; what ended because of that is no failure of an image."""


@dataclass(frozen=True, slots=True)
class Renewal:
    """Which reports are made anew: all (``rescan``), or those older than a time, besides those that can't be trusted or that a
    newer database or scanner may change."""

    rescan: bool = False
    older_than: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """All that scanning needs. ``database`` is None where there is none that can be used, for the reason ``no_database``."""

    store: ScanStore
    registry: Registry
    trivy: Trivy
    database: Database | None
    no_database: str
    now: datetime
    renewal: Renewal
    stopping: threading.Event

    def one(self, target: Target) -> Scanned | ScanFailure:
        """Sees to SBOM and report of one manifest, and keeps in the store what came of it."""
        try:
            return self._scanned(target)
        except RegistryFailed as failure:
            return self._failed(target, failure.reason, failure.message)
        except TrivyFailed as failure:
            return self._failed(target, failure.fault, f"{target.image}: {failure.message}")

    def _scanned(self, target: Target) -> Scanned:
        contents, sbom = self._known(target.digest) or self._listed(target)
        report = self.store.report(target.digest)
        if report is not None and self._is_current(report, contents):
            return Scanned(target, ScanState.CURRENT, report)
        if self.database is None:
            raise TrivyFailed(Fault.DATABASE, f"not scanned, since {self.no_database}")
        self._go_on()
        listed, answer = self.trivy.scan(sbom, self.database.folder)
        report = ScanReport(
            digest=target.digest,
            platform=target.platform,
            scanned=self.now,
            scanner=Scanner(SCANNER, answer.version, self.database.version, self.database.made),
            sbom=contents.sbom,
            built=contents.built,
            system=answer.system,
            packages=listed.packages,
            vulnerabilities=answer.vulnerabilities,
        )
        self.store.keep_report(report)
        self.store.forget_failure(target.digest)
        return Scanned(target, ScanState.SCANNED, report)

    def _known(self, digest: str) -> tuple[ImageContents, bytes] | None:
        contents = self.store.contents(digest)
        sbom = self.store.sbom(contents.sbom) if contents else None
        return (contents, sbom) if contents and sbom is not None else None

    def _listed(self, target: Target) -> tuple[ImageContents, bytes]:
        """What is in an image, from its registry."""
        with self.trivy.folder() as folder:
            layout = image_layout.fetch(self.registry, target.image, folder)
            self._go_on()
            sbom = self.trivy.sbom(layout)
        contents = ImageContents(target.digest, target.platform, self.store.put_sbom(sbom), layout.built)
        self.store.keep_contents(contents)
        return contents, sbom

    def _is_current(self, report: ScanReport, contents: ImageContents) -> bool:
        """Whether another scan would say the same, as far as anybody can tell.

        One that failed since is tried again, and so is everything while there is no database: its age can't be compared.
        """
        if self.database is None or self.renewal.rescan or self.store.failure(report.digest):
            return False
        made, version = report.scanner.database_made, report.scanner.database_version
        older_than = self.renewal.older_than
        return (
            report.sbom == contents.sbom
            and report.scanner.version == self.trivy.version
            and version == self.database.version
            and made >= self.database.made
            and (older_than is None or self.now - report.scanned <= older_than)
        )

    def _failed(self, target: Target, reason: str, message: str) -> ScanFailure:
        self._go_on()
        failure = ScanFailure(str(target.images[0]), target.digest, target.platform, reason, message, self.now)
        self.store.keep_failure(failure)
        return failure

    def _go_on(self) -> None:
        if self.stopping.is_set():
            raise Interrupted


def scan_all(
    scan: Scan, targets: Iterable[Target], jobs: int, advance: Callable[[], None]
) -> tuple[tuple[Scanned, ...], tuple[ScanFailure, ...]]:
    """Scans ``jobs`` at once; the failure of one is its own affair.

    An interrupt ends what runs; what was done until then is in the store.
    """
    scanned: list[Scanned] = []
    failures: list[ScanFailure] = []
    with ThreadPoolExecutor(jobs) as pool, killed_on_interrupt():
        running = [pool.submit(scan.one, target) for target in targets]
        try:
            for future in as_completed(running):
                result = future.result()
                if isinstance(result, Scanned):
                    scanned.append(result)
                else:
                    failures.append(result)
                advance()
        except BaseException:
            scan.stopping.set()  # before the programs are ended: that these were is no failure of theirs
            scan.registry.stop()
            raise
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
    return tuple(sorted(scanned, key=lambda one: _order(one.target))), tuple(failures)


def _order(target: Target) -> tuple[str, str, str]:
    return str(target.images[0]), target.platform, target.digest
