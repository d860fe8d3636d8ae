"""What a kustomization changes in the objects that it takes over: each entry, with the objects and values it sets."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from gitops.models.paths import JsonPath, parse_pointer, value_at
from gitops.models.resource import Overlay, Resource
from gitops.models.values import mapping
from gitops.repository import positions
from gitops.repository.documents import Node
from gitops.repository.images import image_name, images_of
from gitops.repository.matching import Selector, field_matches, field_path, without_hash


class Place(NamedTuple):
    """A line of a file, as a person would open it."""

    file: str
    line: int


class Sources(Protocol):
    """The files that an override may have to look into."""

    def nodes(self, path: str) -> list[Node]:
        """The documents of a file, empty where it can't be read."""
        ...

    def files_of(self, overlay: Overlay) -> frozenset[str]:
        """Every file that takes part in the render of an overlay."""
        ...


class Override(Protocol):
    """One entry of a kustomization that changes objects."""

    @property
    def place(self) -> Place:
        """Where the entry stands."""
        ...

    @property
    def leaves_a_trace(self) -> bool:
        """Whether a render without an object that it applies to tells that it found none."""
        ...

    def applies_to(self, resource: Resource) -> bool:
        """Whether it changes the rendered object at all."""
        ...

    def setting(self, resource: Resource, path: JsonPath) -> Place | None:
        """Where it sets the value at ``path``, if it does; asked only when it applies."""
        ...

    def describe(self) -> str:
        """What it is meant for, to complete "… matches nothing"."""
        ...


_NAMING_POINTERS = frozenset({"", "/kind", "/metadata", "/metadata/name", "/metadata/namespace"})
_IDENTIFYING: tuple[JsonPath, ...] = (("apiVersion",), ("kind",), ("metadata", "name"))


@dataclass(frozen=True, slots=True)
class Patch:
    """A strategic merge or JSON patch, in place or in a file of its own (``text_line``: the first line of its text)."""

    place: Place
    selector: Selector
    file: str
    text_line: int
    nodes: tuple[Node, ...]

    @property
    def leaves_a_trace(self) -> bool:
        """A patch that deletes or renames its object leaves none to be found by what it selects."""
        operations = [mapping(item.value) for node in self.nodes for item in node.items.values()]
        renames = any(str(operation.get("path")) in _NAMING_POINTERS for operation in operations if "op" in operation)
        return not renames and not any(mapping(node.value).get("$patch") == "delete" for node in self.nodes)

    def applies_to(self, resource: Resource) -> bool:
        return self.selector.matches(resource)

    def setting(self, resource: Resource, path: JsonPath) -> Place | None:
        for node in self.nodes:
            line = self._operation(node, path, resource) if isinstance(node.value, list) else self._merged(node, path, resource)
            if line is not None:
                return Place(self.file, self.text_line + line - 1)
        return None

    def describe(self) -> str:
        return f"the patch for {self.selector}"

    def _merged(self, node: Node, path: JsonPath, resource: Resource) -> int | None:
        if path in _IDENTIFYING:
            return None  # it says what the patch is for, and sets nothing
        spot = positions.find(node, path, resource.body)
        return spot.line if spot.exact else None

    def _operation(self, node: Node, path: JsonPath, resource: Resource) -> int | None:
        """The last JSON patch operation (RFC 6902) that sets the value or something around it."""
        for operation in reversed(list(node.items.values())):
            if _sets(mapping(operation.value), path, resource):
                line: int = operation.key_lines.get("value", operation.line)
                return line
        return None


def _sets(operation: dict[str, Any], path: JsonPath, resource: Resource) -> bool:
    """Whether a JSON patch operation sets the value at ``path`` or something around it; ``-`` appends to a list."""
    target = operation.get("path")
    if not isinstance(target, str) or operation.get("op") == "test":
        return False
    steps = parse_pointer(target, resource.body)
    around = path[: len(steps)]
    if steps[-1:] != ("-",):
        return around == steps
    try:
        return around[:-1] == steps[:-1] and bool(value_at(resource.body, around) == operation.get("value"))
    except LookupError:
        return False


@dataclass(frozen=True, slots=True)
class ImagePin:
    """An entry of ``images``."""

    place: Place
    name: str
    new_name: str
    lines: dict[str | int, int]
    leaves_a_trace: bool = True

    def applies_to(self, resource: Resource) -> bool:
        """Also for a container without an image, which may be the one that is meant: its schema tells what is wrong."""
        return any(not image or image_name(image) == self.new_name for _, image in images_of(resource.body))

    def setting(self, resource: Resource, path: JsonPath) -> Place | None:
        image = next((image for where, image in images_of(resource.body) if where == path), "")
        if image_name(image) != self.new_name:
            return None
        lines = [self.lines[key] for key in ("newName", "newTag", "digest") if key in self.lines]
        return Place(self.place.file, min(lines, default=self.place.line))

    def describe(self) -> str:
        return f"the pin of image '{self.name}'"


@dataclass(frozen=True, slots=True)
class Replicas:
    """An entry of ``replicas``."""

    place: Place
    name: str
    leaves_a_trace: bool = True

    def applies_to(self, resource: Resource) -> bool:
        return resource.name == self.name and "replicas" in mapping(resource.body.get("spec"))

    def setting(self, resource: Resource, path: JsonPath) -> Place | None:
        return self.place if path == ("spec", "replicas") else None

    def describe(self) -> str:
        return f"the number of replicas of '{self.name}'"


@dataclass(frozen=True, slots=True)
class CommonField:
    """``namespace``, or one label or annotation that a kustomization gives to all its objects."""

    place: Place
    key: str | None
    leaves_a_trace: bool = False  # it is for whatever there is

    def applies_to(self, resource: Resource) -> bool:
        return True

    def setting(self, resource: Resource, path: JsonPath) -> Place | None:
        if self.key is None:
            return self.place if path == ("metadata", "namespace") else None
        labelled = len(path) > 1 and path[-2] in ("labels", "matchLabels", "annotations", "selector")
        return self.place if labelled and path[-1] == self.key else None

    def describe(self) -> str:
        return f"'{self.key or 'namespace'}'"


@dataclass(frozen=True, slots=True)
class Replacement:
    """A ``replacements`` entry; the line to edit is the one that holds the value which it copies."""

    place: Place
    source: dict[str, Any]
    targets: tuple[tuple[Selector, tuple[JsonPath, ...]], ...]
    sources: Sources
    leaves_a_trace: bool = True

    def applies_to(self, resource: Resource) -> bool:
        return any(selector.matches(resource) for selector, _ in self.targets)

    def setting(self, resource: Resource, path: JsonPath) -> Place | None:
        for selector, fields in self.targets:
            if selector.matches(resource) and any(field_matches(field, path, resource.body) for field in fields):
                return self._copied_from(resource.overlay) or self.place
        return None

    def describe(self) -> str:
        return f"the replacement into {' or '.join(str(selector) for selector, _ in self.targets)}"

    def _copied_from(self, overlay: Overlay) -> Place | None:
        """The line of the field that is copied, looked for in the files of the render."""
        path = field_path(str(self.source.get("fieldPath") or "metadata.name"))
        for file in sorted(self.sources.files_of(overlay)):
            if not file.endswith((".yaml", ".yml")):
                continue
            for node in self.sources.nodes(file):
                value = mapping(node.value)
                name = mapping(value.get("metadata")).get("name")
                if value.get("kind") == self.source.get("kind") and name == self.source.get("name"):
                    return Place(file, positions.find(node, path, value).line)
        return None


@dataclass(frozen=True, slots=True)
class GeneratedData:
    """A generator's entry: the keys of the object that it makes, each with the line or file that holds the value.

    One that ``adds`` merges its keys into an object that another generator makes, or replaces them.
    """

    place: Place
    name: str
    keys: dict[str, Place]
    adds: bool
    leaves_a_trace: bool = True

    def applies_to(self, resource: Resource) -> bool:
        if self.name not in (resource.name, without_hash(resource.name)):
            return False
        made_by = resource.origin.configured_in
        return made_by is not None if self.adds else made_by == self.place.file

    def setting(self, resource: Resource, path: JsonPath) -> Place | None:
        default = None if self.adds else self.place
        if path[:1] in (("data",), ("binaryData",), ("stringData",)) and len(path) > 1:
            return self.keys.get(str(path[1]), default)
        return default

    def describe(self) -> str:
        return f"the generator of '{self.name}'"


def found_targets(overrides: Iterable[Override], resources: Iterable[Resource]) -> Iterator[tuple[Override, bool]]:
    """Each override that leaves a trace, outermost first, and whether it found an object in the render.

    Of two image pins, the outer one may rename what the inner one gave, so that the render shows only the last name.
    """
    listed = list(resources)
    renamed: set[str] = set()
    for override in overrides:
        if override.leaves_a_trace:
            found = any(override.applies_to(resource) for resource in listed)
            if isinstance(override, ImagePin):
                found = found or override.new_name in renamed
                renamed |= {override.name} if found else set()
            yield override, found
