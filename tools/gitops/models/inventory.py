"""Which images an environment runs, and what was found out about where their names lead."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gitops.models.image import ImageReference


@dataclass(frozen=True, slots=True, order=True)
class ImageUse:
    """A place that names an image: an object of an overlay, and the line to edit to name another.

    ``overlay`` is the folder, ``object`` the kind and name as messages show them.
    """

    environment: str
    component: str
    overlay: str
    object: str
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class NamedImage:
    """An image, by the name that it is pulled by, and all that name it."""

    reference: ImageReference
    uses: tuple[ImageUse, ...]


class Gap(StrEnum):
    """Why a name leads to no image."""

    LOGICAL = "logical"
    """A word that stands for an image, and no overlay says for which; a program may, at its own time."""
    NO_VERSION = "no version"
    """Neither tag nor digest: it would be whatever ``latest`` is."""
    MALFORMED = "malformed"
    """No image reference at all."""


@dataclass(frozen=True, slots=True)
class UnnamedImage:
    """A name that leads to no image."""

    text: str
    gap: Gap
    uses: tuple[ImageUse, ...]


@dataclass(frozen=True, slots=True)
class Unrendered:
    """An overlay whose images nobody knows."""

    overlay: str
    message: str


@dataclass(frozen=True, slots=True)
class Inventory:
    """The images of the chosen overlays, sorted by name."""

    images: tuple[NamedImage, ...]
    unnamed: tuple[UnnamedImage, ...] = ()
    unrendered: tuple[Unrendered, ...] = ()

    @property
    def incomplete(self) -> bool:
        """Whether there may be images that it does not name; names that only stand for an image have none to lead to."""
        return bool(self.unrendered) or any(one.gap is not Gap.LOGICAL for one in self.unnamed)


class Outcome(StrEnum):
    """What a registry said of an image."""

    RESOLVED = "resolved"
    """Its tag leads to a digest."""
    CHECKED = "checked"
    """Its digest is there, and its tag (if it has one) leads to it."""
    MOVED = "moved"
    """Its digest is there, and its tag leads elsewhere by now, or is gone."""
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Resolution:
    """What was found out about an image.

    ``digest`` is what its name leads to: the pinned one, or the tag's. ``platforms`` gives the manifest of each platform that
    the policy asks for. ``now`` is where a tag that moved leads. ``reason`` and ``message`` tell why it failed, or what moved.
    """

    image: NamedImage
    outcome: Outcome
    digest: str = ""
    media_type: str = ""
    platforms: Mapping[str, str] = field(default_factory=dict)
    now: str = ""
    reason: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class PinEdit:
    """A digest for an entry of an overlay's ``images``; ``line`` is where the entry begins."""

    file: str
    line: int
    name: str
    reference: ImageReference
    digest: str


@dataclass(frozen=True, slots=True)
class ByHand:
    """A digest that no entry of ``images`` can take; ``file`` and ``line`` are where a person has to write it."""

    file: str
    line: int
    reference: ImageReference
    digest: str
    message: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a run of ``scan.py resolve`` found, and what of it goes into the overlays. ``diff`` is what the edits change."""

    inventory: Inventory
    resolutions: tuple[Resolution, ...]
    edits: tuple[PinEdit, ...] = ()
    by_hand: tuple[ByHand, ...] = ()
    diff: str = ""
    written: bool = False

    @property
    def complete(self) -> bool:
        """Whether every image of every overlay leads to a digest; names that only stand for one have none to lead to."""
        return not self.inventory.incomplete and not any(one.outcome is Outcome.FAILED for one in self.resolutions)
