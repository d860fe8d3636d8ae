"""What the gate decides about the images of an environment, and what writing it down changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from gitops.models.approval import Approval, Decisive, Refusal, Verdict, WaiverFacts
from gitops.models.image import ImageReference
from gitops.models.vulnerability import ScanReport


@dataclass(frozen=True, slots=True)
class ImageDecision:
    """One image, as overlays name it, in one environment.

    ``platforms`` gives the manifest of each platform that was judged and ``reports`` what a scan found in these; an image that
    nobody could scan has none. ``decisive`` are the vulnerabilities that decided, or were let through; without ``waivers`` it
    would be refused. ``key`` is the fingerprint, or the identity, whose signature was verified. ``valid_until`` is the
    last day on which the decision holds: then the scan is too old, or a waiver, a day of grace or the key lapses; None where
    nothing of it lapses.
    """

    image: ImageReference
    verdict: Verdict
    platforms: Mapping[str, str] = field(default_factory=dict)
    reports: tuple[ScanReport, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    decisive: tuple[Decisive, ...] = ()
    waivers: tuple[WaiverFacts, ...] = ()
    key: str = ""
    valid_until: date | None = None


@dataclass(frozen=True, slots=True)
class ApprovalRun:
    """What goes into an environment's file, and what that changes. ``files`` are all that are written, by path.

    ``lapsed`` are approved on the ground of a scan, or until a day, that is past. ``renewed`` are approved as before until
    another day, ``withdrawn`` were approved and are not any more, ``dropped`` are verdicts on what no overlay names now,
    ``unpinned`` images without a digest (SHA-256): of these there is nothing to approve.
    """

    environment: str
    files: dict[str, str]
    differing: tuple[str, ...]
    approved: tuple[Approval, ...]
    lapsed: tuple[Approval, ...]
    refused: tuple[Approval, ...]
    renewed: tuple[Approval, ...]
    withdrawn: tuple[Approval, ...]
    new: tuple[Approval, ...]
    dropped: tuple[Approval, ...]
    unpinned: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether every pinned image is approved on this day."""
        return not self.refused and not self.lapsed
