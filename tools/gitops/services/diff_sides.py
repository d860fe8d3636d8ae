"""The two sides of a difference: states of the repository, each rendered as far as a change reaches."""

from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from gitops.adapters import git
from gitops.adapters.folders import cache_folder
from gitops.models.difference import SideFailure
from gitops.models.environment import Environment
from gitops.models.errors import UserError
from gitops.models.resource import Overlay, Resource
from gitops.repository.provenance import Provenance
from gitops.repository.render_errors import explain
from gitops.repository.rendering import RenderedEnvironment, RenderedOverlay, Renderer
from gitops.repository.tree import FOLDERS, Tree
from gitops.services.workspace import Workspace

_SHOWN = 12  # digits of a commit
_DEFAULT_BASES = ("origin/main", "main")


@dataclass(frozen=True, eq=False)
class Side:
    """One state: ``commit`` is None for the work tree as it lies there. ``name`` is what people are told."""

    workspace: Workspace
    name: str
    commit: str | None

    @property
    def tree(self) -> Tree:
        return self.workspace.tree

    @cached_property
    def provenance(self) -> Provenance:
        return Provenance(self.tree)


@dataclass(frozen=True, slots=True)
class Comparison:
    """An environment on two sides, as far as they may differ; what one side could not render is in neither."""

    old: RenderedEnvironment | None
    new: RenderedEnvironment | None
    failures: tuple[SideFailure, ...]

    def resources(self, only: AbstractSet[Overlay]) -> tuple[list[Resource], list[Resource]]:
        """The objects of both sides in the overlays that are asked for."""
        before, after = ([each for each in _rendered(side) if each.overlay in only] for side in (self.old, self.new))
        return [one for each in before for one in each.resources], [one for each in after for one in each.resources]

    def overlays(self, only: AbstractSet[Overlay]) -> tuple[AbstractSet[Overlay], AbstractSet[Overlay]]:
        """The overlays that either side has, of those that are asked for."""
        before, after = ({each.overlay for each in _rendered(side)} for side in (self.old, self.new))
        return before & only, after & only


@dataclass(frozen=True)
class Repository:
    """Sides of one repository, by revision; each is read once."""

    workspace: Workspace
    jobs: int
    advance: Callable[[], None]
    _sides: dict[str, Side] = field(default_factory=dict)
    _reached: dict[tuple[str, str], frozenset[Overlay]] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        return self.workspace.root

    def sides(self, base: str | None, head: str | None) -> tuple[Side, Side, str]:
        """The commit at which ``head`` (None: HEAD, and what the work tree has beyond it) left ``base``, that head, and the tip
        of ``base`` (None: main)."""
        base = base or next((name for name in _DEFAULT_BASES if git.commit_of(self.root, name)), _DEFAULT_BASES[-1])
        commit = git.merge_base(self.root, base, head or "HEAD", "--base")
        new = Side(self.workspace, "the work tree", None) if head is None else self.at(head, head)
        return self.at(commit, base), new, git.commit_of(self.root, base) or commit

    def at(self, revision: str, name: str) -> Side:
        """The state at a revision; raises ``UserError`` where git knows none, or it is no repository of ours."""
        commit = git.commit_of(self.root, revision)
        if commit is None:
            raise UserError(f"git knows no revision '{revision}' here; fetch it, with its tags")
        if commit not in self._sides:
            folder = git.exported(self.root, commit, FOLDERS, cache_folder() / "trees")
            if not (folder / "overlays").is_dir():
                raise UserError(f"{name} ({commit[:_SHOWN]}) has no folder 'overlays' to compare with")
            self._sides[commit] = Side(Workspace(folder, self.workspace.use_cache), name, commit)
        return replace(self._sides[commit], name=name if name == commit else f"{name} ({commit[:_SHOWN]})")

    def compare(self, old: Side, new: Side, environment: str) -> Comparison:
        """Both sides of an environment, rendered where a file that differs reaches."""
        affected = self._affected(old, new)
        sides = [self._rendered(side, environment, affected) for side in (old, new)]
        failures = [
            failure
            for side, rendered in zip((old, new), sides, strict=True)
            if rendered
            for failure in _failures(side, rendered)
        ]
        broken = {failure.overlay for failure in failures}
        before, after = (_without(rendered, broken) for rendered in sides)
        return Comparison(before, after, tuple(failures))

    def whole(self, side: Side, environment: str) -> tuple[Resource, ...]:
        """Every object of an environment that can be rendered."""
        known = side.tree.environments.get(environment)
        return tuple(self._render(side, known).resources) if known else ()

    def _affected(self, old: Side, new: Side) -> frozenset[Overlay]:
        """By the same graph as ``lint.py --changed-since``, asked on both sides: an edge may be on one alone."""
        if (old.name, new.name) not in self._reached:
            # Only one side can be the work tree, which is asked for as what is not the commit.
            first, second = (new.commit, old.commit) if old.commit is None else (old.commit, new.commit)
            paths = git.paths_between(self.root, first, second) if first else frozenset[str]()
            self._reached[old.name, new.name] = old.tree.affected(paths) | new.tree.affected(paths)
        return self._reached[old.name, new.name]

    def _rendered(self, side: Side, environment: str, affected: frozenset[Overlay]) -> RenderedEnvironment | None:
        known = side.tree.environments.get(environment)
        if known is None:
            return None
        return self._render(side, replace(known, overlays=tuple(each for each in known.overlays if each in affected)))

    def _render(self, side: Side, environment: Environment) -> RenderedEnvironment:
        renderer = Renderer(side.tree, side.workspace.kustomize, side.workspace.cache, self.jobs)
        return renderer.render([environment], self.advance)[0]


def _failures(side: Side, rendered: RenderedEnvironment) -> Iterable[SideFailure]:
    for failure in rendered.failures:
        cause, place = explain(side.tree, failure.overlay, failure.message)
        yield SideFailure(failure.overlay, side.name, f"{place.file}:{place.line}: {cause}")
    for overlay in rendered.blocked:
        yield SideFailure(overlay, side.name, _why_blocked(side, overlay))


def _why_blocked(side: Side, overlay: Overlay) -> str:
    """The first defect that keeps an overlay from being tried."""
    kustomization = side.tree.kustomization(overlay)
    if kustomization is None:
        return f"{overlay.path} has no kustomization.yaml"
    for path in sorted(side.tree.graph.closure(kustomization)):
        for complaint in side.tree.files[path].complaints:
            return f"{path}:{complaint.line}: {complaint.message}"
        for edge in side.tree.graph.broken.get(path, ()):
            return f"{path}:{edge.line}: {edge.field} names {edge.target}, which is {edge.breach.value}"
    return f"{kustomization} can't be rendered; tools/lint.py tells why"


def _without(rendered: RenderedEnvironment | None, broken: AbstractSet[Overlay]) -> RenderedEnvironment | None:
    if rendered is None:
        return None
    return replace(rendered, overlays=tuple(each for each in rendered.overlays if each.overlay not in broken))


def _rendered(environment: RenderedEnvironment | None) -> tuple[RenderedOverlay, ...]:
    return environment.overlays if environment else ()
