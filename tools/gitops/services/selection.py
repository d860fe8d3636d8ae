"""Which overlays a run is about."""

from dataclasses import dataclass

from gitops.adapters import git
from gitops.models.environment import Environment
from gitops.models.errors import unknown_name
from gitops.models.resource import Overlay
from gitops.repository.tree import SHARED, Tree

# What decides over the verdicts themselves: after a change here nothing is known to be unchanged.
_TOOLS = ("tools/", "policies/", "requirements")


@dataclass(frozen=True, slots=True)
class Selection:
    """The overlays that findings are wanted for, and the names that a user narrowed them by (none: not narrowed)."""

    overlays: frozenset[Overlay]
    environments: frozenset[str]
    components: frozenset[str]
    whole: bool

    def rendered(self, known: dict[str, Environment]) -> list[Environment]:
        """The environments to render, whole: whether objects clash can't be told from some of them."""
        names = {overlay.environment for overlay in self.overlays}
        return [environment for name, environment in known.items() if name in names]

    def covers_file(self, path: str) -> bool:
        """Whether a finding about a file, without an overlay, belongs here."""
        match path.split("/"):
            case ["base", component, *_]:
                return not self.components or component in self.components
            case ["overlays", environment, component, *_]:
                chosen = not self.components or component in self.components or component == SHARED
                return chosen and (not self.environments or environment in self.environments)
            case _:
                return True


def select(
    tree: Tree, environments: tuple[str, ...] = (), components: tuple[str, ...] = (), changed_since: str | None = None
) -> Selection:
    """The overlays of these environments and components, as far as they differ from ``changed_since``.

    Raises ``UserError`` for a name or revision that does not exist.
    """
    everything = frozenset(tree.overlays)
    known_components = {overlay.component for overlay in everything} | set(tree.component_folders)
    for kind, names, known in (
        ("environment", environments, set(tree.environments)),
        ("component", components, known_components),
    ):
        for name in names:
            if name not in known:
                raise unknown_name(kind, name, known)
    overlays = frozenset(
        overlay
        for overlay in everything
        if (not environments or overlay.environment in environments) and (not components or overlay.component in components)
    )
    if changed_since is not None:
        overlays &= _changed(tree, changed_since, everything)
    whole = not environments and not components and changed_since is None
    return Selection(overlays, frozenset(environments), frozenset(components), whole)


def _changed(tree: Tree, revision: str, everything: frozenset[Overlay]) -> frozenset[Overlay]:
    paths = git.changed_paths(tree.root, revision)
    if any(path.startswith(_TOOLS) for path in paths):
        return everything
    return tree.affected(paths)
