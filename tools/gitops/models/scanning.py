"""What is known of the contents of images, and what came of scanning them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gitops.models.image import ImageReference
from gitops.models.inventory import Inventory
from gitops.models.vulnerability import ScanReport


class Fault(StrEnum):
    """Why there is no list of contents or no report, where it is not the registry that failed."""

    DATABASE = "database"
    """There is no database of vulnerabilities that can be used."""
    MOVED = "moved"
    """The tag leads to another digest than it did when it was resolved."""
    KILLED = "killed"
    """The scanner was ended by a signal."""
    STALLED = "stalled"
    """The scanner did not end within its time limit."""
    FAILED = "failed"
    """The scanner said itself that it failed."""
    UNREADABLE = "unreadable"
    """What the scanner wrote is not what it writes: half of it, another format, or about something else."""


@dataclass(frozen=True, slots=True)
class ScanFailure:
    """An image that could not be scanned, or not anew. Nothing failed is ever approved, whatever earlier reports say.

    ``image`` is one that leads there, as the overlays name it. ``digest`` is that of the platform's manifest; where it never
    came to platforms, that of what the name leads to, or empty. ``reason`` is one of ``Fault``, or what a registry's failure is
    called; ``message`` says what to do.
    """

    image: str
    digest: str
    platform: str
    reason: str
    message: str
    when: datetime

    @property
    def subject(self) -> str:
        """What failed: a platform's manifest, or else the image by its name.

        A later failure of the same takes this one's place, and success takes it away.
        """
        return self.digest if self.platform else self.image


@dataclass(frozen=True, slots=True)
class ImageRecord:
    """Where a digest leads: the manifest of each platform that was asked for; itself for an image of one platform."""

    digest: str
    media_type: str
    platforms: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ImageContents:
    """What is in the manifest of one platform: the SHA-256 of its SBOM, and when it says that it was built (None: nowhere)."""

    digest: str
    platform: str
    sbom: str
    built: datetime | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """A platform's manifest that is to be scanned, and the images, as the overlays name them, that lead to it."""

    images: tuple[ImageReference, ...]
    digest: str
    platform: str

    @property
    def image(self) -> ImageReference:
        """By which it is fetched: any will do, since the digest holds it."""
        return self.images[0].pinned(self.digest)


class ScanState(StrEnum):
    """What a run did about a platform's manifest."""

    SCANNED = "scanned"
    CURRENT = "current"
    """Its report is as good as a new one would be."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """A platform's manifest that has a report."""

    target: Target
    state: ScanState
    report: ScanReport


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """A scanner's database: where it came from, its schema's version, and when it was made (UTC)."""

    source: str
    version: int
    made: datetime


@dataclass(frozen=True, slots=True)
class ScanRun:
    """What came of a run of ``scan.py run``. ``notes`` is what a person should know without anything having failed."""

    inventory: Inventory
    scanner: str
    database: DatabaseFacts | None
    scanned: tuple[Scanned, ...] = ()
    failures: tuple[ScanFailure, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every image of every chosen overlay has a report; names that only stand for an image have none."""
        return not self.failures and not self.inventory.incomplete
