"""The images of an environment that a digest pins, and what was decided about them: all that the rules about approvals look at.

Apart from the rest of an environment, whose verdicts are kept as long as it stays the same: these change with the day.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from gitops.models.approval import Approval, Approvals
from gitops.models.image import ImageReference, InvalidImageReference
from gitops.models.paths import JsonPath
from gitops.models.resource import Resource
from gitops.repository.approvals import Identity, path_of


@dataclass(frozen=True, slots=True)
class PinnedImage:
    """An image with a digest, as an object names it, and where."""

    resource: Resource
    path: JsonPath
    text: str

    @property
    def reference(self) -> ImageReference | None:
        """None for what is no image reference: another rule's business."""
        try:
            return ImageReference.parse(self.text)
        except InvalidImageReference:
            return None


@dataclass(frozen=True)
class ApprovalEvidence:
    """One environment on one day; ``lines`` gives the line of each approval in its file, where somebody asks."""

    environment: str
    pinned: tuple[PinnedImage, ...]
    approvals: Approvals
    lines: Callable[[], Mapping[Identity, int]]
    today: date

    @property
    def file(self) -> str:
        """Where the approvals stand."""
        return path_of(self.environment)

    @cached_property
    def by_digest(self) -> dict[str, list[Approval]]:
        """The approvals of each digest, one for each name that it has."""
        found: dict[str, list[Approval]] = {}
        for approval in self.approvals.approvals:
            found.setdefault(approval.digest, []).append(approval)
        return found

    def approval_of(self, image: ImageReference) -> Approval | None:
        """The verdict on exactly this image: registry, path, tag and digest."""
        name = f"{image.repository}:{image.tag}" if image.tag else image.repository
        return next((one for one in self.by_digest.get(image.digest or "", ()) if one.name == name), None)
