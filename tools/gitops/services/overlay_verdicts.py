"""What can be said of one overlay by itself, kept as long as neither it nor the checks change."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gitops.adapters.cache import Pack
from gitops.checks.approval_evidence import PinnedImage
from gitops.checks.evidence import OverrideUse
from gitops.checks.unit import Check, Problem, Scope, all_checks
from gitops.repository.images import every_image
from gitops.repository.overrides import ImagePin, found_targets
from gitops.repository.provenance import Provenance
from gitops.repository.rendering import RenderedOverlay
from gitops.repository.tree import Tree


@dataclass(frozen=True, slots=True)
class OverlayVerdict:
    """The problems of single objects, which entries of the overlay's kustomizations found their target, and the images that
    a digest pins: what is decided about these changes with the day, so that it is asked apart."""

    problems: tuple[tuple[Check, Problem], ...]
    overrides: tuple[OverrideUse, ...]
    pinned: tuple[PinnedImage, ...]


class OverlayJudge:
    """Runs the checks of single objects; verdicts are kept in ``pack`` by what the overlay rendered from."""

    def __init__(self, tree: Tree, provenance: Provenance, pack: Pack) -> None:
        self._tree = tree
        self._provenance = provenance
        self._pack = pack
        self._checks = [check for check in all_checks() if check.scope is Scope.OBJECT]
        self._by_id = {check.id: check for check in self._checks}

    def judge(self, rendered: RenderedOverlay) -> OverlayVerdict:
        """The verdict on one overlay."""
        kept = self._pack.get(rendered.key)
        if kept is None:
            kept = [list(self._problems(rendered)), [list(use) for use in self._uses(rendered)], list(_pinned(rendered))]
            self._pack.put(rendered.key, kept)
        problems, uses, pinned = kept
        return OverlayVerdict(
            tuple(self._unpack(rendered, *problem) for problem in problems),
            tuple(OverrideUse(*use) for use in uses),
            tuple(PinnedImage(rendered.resources[index], tuple(path), image) for index, path, image in pinned),
        )

    def _problems(self, rendered: RenderedOverlay) -> Iterator[list[Any]]:
        for index, resource in enumerate(rendered.resources):
            for check in self._checks:
                for problem in check.function(resource):
                    place = self._provenance.place(resource, problem.path, problem.text)
                    told = [problem.message, problem.fix, problem.text, problem.image, *place]
                    yield [check.id, index, list(problem.path), told]

    def _unpack(
        self, rendered: RenderedOverlay, rule: str, index: int, path: list[str | int], told: list[Any]
    ) -> tuple[Check, Problem]:
        message, fix, text, image, file, line = told
        resource = rendered.resources[index]
        return self._by_id[rule], Problem(message, resource, tuple(path), file, line, fix=fix, text=text, image=image)

    def _uses(self, rendered: RenderedOverlay) -> Iterator[OverrideUse]:
        kustomization = self._tree.kustomization(rendered.overlay)
        if kustomization is None:
            return
        # Targets go by the names that the objects had before they were changed, which such a render does not show.
        untold = self._provenance.renames(kustomization)
        for override, found in found_targets(self._provenance.overrides(kustomization), rendered.resources):
            used = found or (untold and not isinstance(override, ImagePin))
            yield OverrideUse(*override.place, override.describe(), used)


def _pinned(rendered: RenderedOverlay) -> Iterator[list[Any]]:
    """The images with a digest: index of the object, path and text."""
    for index, resource in enumerate(rendered.resources):
        for path, image in every_image(resource):
            if "@" in image:
                yield [index, list(path), image]
