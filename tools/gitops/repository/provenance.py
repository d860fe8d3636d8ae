"""From a value in a rendered object to the line that a person must edit to change it."""

from functools import cache

from gitops.models.paths import JsonPath, value_at
from gitops.models.resource import Overlay, Resource
from gitops.models.values import mapping
from gitops.repository import documents, positions
from gitops.repository.documents import Node
from gitops.repository.override_reader import read_overrides
from gitops.repository.overrides import Override, Place
from gitops.repository.positions import Spot
from gitops.repository.tree import Tree

_RENAMING = ("namePrefix", "nameSuffix")


class Provenance:
    """Answers for one tree; files are parsed when somebody asks, and once."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._nodes = cache(self._read)
        self._overrides = cache(self._read_overrides)

    def locate(self, resource: Resource, path: JsonPath) -> Place:
        """The line that sets the value at ``path``: in an overlay's patch, pin or fact where one set it, else in the base.

        A path that nothing sets (a field that is missing) leads to the innermost thing around it.
        """
        kustomization = self._tree.kustomization(resource.overlay)
        if kustomization is None:
            return Place(resource.overlay.path, 1)
        origin = self._origin(resource, path)
        if origin and origin[1].exact and _is_container(resource, path):
            return Place(origin[0], origin[1].line)
        for override in self.overrides(kustomization):
            place = override.setting(resource, path) if override.applies_to(resource) else None
            if place:
                return place
        return Place(origin[0], origin[1].line) if origin else Place(kustomization, 1)

    def place(self, resource: Resource, path: JsonPath, text: str) -> Place:
        """The line to edit for a value of an object, or for the ``text`` in it."""
        return self.find_text(self.locate(resource, path), text)

    def find_text(self, place: Place, text: str) -> Place:
        """The first line from ``place`` on that has the text, for a value of several lines; ``place`` where none has."""
        lines = self._tree.text(place.file).splitlines() if text and place.file in self._tree.files else []
        numbers = (number for number, line in enumerate(lines, start=1) if number >= place.line and text in line)
        return place._replace(line=next(numbers, place.line))

    def overrides(self, kustomization: str) -> list[Override]:
        """Every override that takes part in the render of a kustomization, outermost first."""
        return [override for source in self._tree.graph.chain(kustomization) for override in self._overrides(source)]

    def renames(self, kustomization: str) -> bool:
        """Whether a kustomization, or one that it takes over, puts something before or behind its objects' names."""
        sources = self._tree.graph.chain(kustomization)
        return any(name in root.items for source in sources for root in self.nodes(source) for name in _RENAMING)

    def nodes(self, path: str) -> list[Node]:
        """The documents of a file of the tree; empty for any other path."""
        return self._nodes(path)

    def files_of(self, overlay: Overlay) -> frozenset[str]:
        """Every file that the render of an overlay reads."""
        kustomization = self._tree.kustomization(overlay)
        return self._tree.graph.closure(kustomization) if kustomization else frozenset()

    def _origin(self, resource: Resource, path: JsonPath) -> tuple[str, Spot] | None:
        """The spot in the manifest that kustomize took the object from."""
        file = resource.origin.file
        if file is None or file not in self._tree.files:
            return None
        same_kind = [node for node in self.nodes(file) if _kind_of(node) == resource.kind]
        named = [node for node in same_kind if _name_of(node) == resource.name]
        for node in named or same_kind:
            return file, positions.find(node, path, resource.body)
        return file, Spot(1, False, 0)

    def _read(self, path: str) -> list[Node]:
        if path not in self._tree.files:
            return []
        return documents.positions(self._tree.text(path))

    def _read_overrides(self, source: str) -> list[Override]:
        roots = self.nodes(source)
        return read_overrides(source, roots[0], self) if roots else []


def _is_container(resource: Resource, path: JsonPath) -> bool:
    try:
        return isinstance(value_at(resource.body, path), dict | list)
    except LookupError:
        return False


def _kind_of(node: Node) -> str:
    return str(mapping(node.value).get("kind", ""))


def _name_of(node: Node) -> str:
    return str(mapping(mapping(node.value).get("metadata")).get("name", ""))
