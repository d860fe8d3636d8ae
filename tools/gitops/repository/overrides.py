"""What a kustomization changes in the objects that it takes over: each entry, with the objects and values it sets."""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from gitops.models.paths import JsonPath, parse_pointer, value_at
from gitops.models.resource import Overlay, Resource
from gitops.models.values import mapping
from gitops.repository import documents, positions
from gitops.repository.documents import Node
from gitops.repository.matching import Selector


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

    def applies_to(self, resource: Resource) -> bool:
        """Whether it changes the rendered object at all."""
        ...

    def setting(self, resource: Resource, path: JsonPath) -> Place | None:
        """Where it sets the value at ``path``, if it does; asked only when it applies."""
        ...

    def describe(self) -> str:
        """What it is meant for, to complete "… matches nothing"."""
        ...


@dataclass(frozen=True, slots=True)
class Patch:
    """A strategic merge or JSON patch, in place or in a file of its own (``text_line``: the first line of its text)."""

    place: Place
    selector: Selector
    file: str
    text_line: int
    nodes: tuple[Node, ...]

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
        spot = positions.find(node, path, resource.body)
        return spot.line if spot.exact else None

    def _operation(self, node: Node, path: JsonPath, resource: Resource) -> int | None:
        """The last JSON patch operation (RFC 6902) that sets the value or something around it."""
        for operation in reversed(list(node.items.values())):
            entry = mapping(operation.value)
            target = entry.get("path")
            if isinstance(target, str) and entry.get("op") != "test" and _sets(target, path, resource):
                line: int = operation.key_lines.get("value", operation.line)
                return line
        return None


def _sets(target: str, path: JsonPath, resource: Resource) -> bool:
    """Whether a JSON patch's pointer means the value at ``path`` or something around it; ``-`` is a list's new end."""
    steps = parse_pointer(target, resource.body)
    if steps[-1:] != ("-",):
        return path[: len(steps)] == steps
    try:
        extended = value_at(resource.body, steps[:-1])
    except LookupError:
        return False
    return isinstance(extended, list) and path[: len(steps)] == (*steps[:-1], len(extended) - 1)


@dataclass(frozen=True, slots=True)
class ImagePin:
    """An entry of ``images``."""

    place: Place
    name: str
    new_name: str
    lines: dict[str | int, int]

    def applies_to(self, resource: Resource) -> bool:
        """Also for a container without an image, which may be the one that is meant: its schema tells what is wrong."""
        return any(not image or _image_name(image) == self.new_name for _, image in images_of(resource.body))

    def setting(self, resource: Resource, path: JsonPath) -> Place | None:
        image = next((image for where, image in images_of(resource.body) if where == path), "")
        if _image_name(image) != self.new_name:
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

    def applies_to(self, resource: Resource) -> bool:
        return any(selector.matches(resource) for selector, _ in self.targets)

    def setting(self, resource: Resource, path: JsonPath) -> Place | None:
        for selector, fields in self.targets:
            if selector.matches(resource) and any(_field_matches(field, path) for field in fields):
                return self._copied_from(resource.overlay) or self.place
        return None

    def describe(self) -> str:
        return f"the replacement into {' or '.join(str(selector) for selector, _ in self.targets)}"

    def _copied_from(self, overlay: Overlay) -> Place | None:
        """The line of the field that is copied, looked for in the files of the render."""
        path = _field_path(str(self.source.get("fieldPath") or "metadata.name"))
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
    """A generator's entry: the keys of the object that it makes, each with the line or file that holds the value."""

    place: Place
    name: str
    keys: dict[str, Place]

    def applies_to(self, resource: Resource) -> bool:
        return resource.origin.configured_in == self.place.file and resource.name.startswith(self.name)

    def setting(self, resource: Resource, path: JsonPath) -> Place | None:
        if path[:1] in (("data",), ("binaryData",), ("stringData",)):
            return self.keys.get(str(path[1]), self.place) if len(path) > 1 else self.place
        return self.place

    def describe(self) -> str:
        return f"the generator of '{self.name}'"


def read_overrides(file: str, root: Node, sources: Sources) -> list[Override]:
    """The overrides of one kustomization, the last applied first (order: ``runTransformers`` of kustomize's api)."""
    found: list[Override] = []
    for _, node in _entries(root, "replacements"):
        found += _replacements(file, node, sources)
    found += [_image(file, node) for _, node in _entries(root, "images")]
    found += [
        Replicas(Place(file, node.key_lines.get("count", node.line)), str(mapping(node.value).get("name", "")))
        for _, node in _entries(root, "replicas")
    ]
    found += _common_fields(file, root)
    for name in ("patches", "patchesJson6902", "patchesStrategicMerge"):
        for _, node in reversed(list(_entries(root, name))):
            found += _patch(file, node, sources)
    for name in ("configMapGenerator", "secretGenerator"):
        found += [_generator(file, node) for _, node in _entries(root, name)]
    return found


def images_of(value: Any, path: JsonPath = ()) -> Iterator[tuple[JsonPath, str]]:
    """The image of every container in an object, at any depth, as kustomize's ``images`` finds them; ``""`` for none."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("containers", "initContainers", "ephemeralContainers") and isinstance(item, list):
                for index, container in enumerate(item):
                    image = mapping(container).get("image", "")
                    if isinstance(image, str):
                        yield (*path, key, index, "image"), image
            else:
                yield from images_of(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from images_of(item, (*path, index))


def _image_name(image: str) -> str:
    name = image.partition("@")[0]
    head, colon, tail = name.rpartition(":")
    return head if colon and "/" not in tail else name


def _entries(node: Node, name: str) -> Iterator[tuple[str | int, Node]]:
    listed = node.items.get(name)
    if listed is not None and isinstance(listed.value, list):
        yield from listed.items.items()


def _image(file: str, node: Node) -> ImagePin:
    entry = mapping(node.value)
    name = str(entry.get("name", ""))
    return ImagePin(Place(file, node.line), name, str(entry.get("newName") or name), node.key_lines)


def _common_fields(file: str, root: Node) -> list[Override]:
    found: list[Override] = []
    if "namespace" in root.items:
        found.append(CommonField(Place(file, root.key_lines["namespace"]), None))
    holders = [root.items[name] for name in ("commonLabels", "commonAnnotations") if name in root.items]
    holders += [node.items["pairs"] for _, node in _entries(root, "labels") if "pairs" in node.items]
    for holder in holders:
        found += [CommonField(Place(file, line), str(key)) for key, line in holder.key_lines.items()]
    return found


def _patch(file: str, node: Node, sources: Sources) -> list[Override]:
    entry = mapping(node.value)
    text = node.value if isinstance(node.value, str) else entry.get("patch")
    path = node.value if isinstance(node.value, str) and "\n" not in node.value else entry.get("path")
    if isinstance(path, str):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(file), path))
        nodes, where, first = sources.nodes(target), target, 1
        place = Place(target, 1) if "target" not in entry else Place(file, node.line)
    elif isinstance(text, str):
        nodes, where = documents.positions(text), file
        first = (node.items["patch"].line if "patch" in node.items else node.line) + 1  # a block begins below its key
        place = Place(file, node.line)
    else:
        return []
    if "target" in entry:
        return [Patch(place, Selector.read(entry["target"]), where, first, tuple(nodes))]
    return [
        Patch(place._replace(line=part.line + first - 1), Selector.of_object(part.value), where, first, (part,))
        for part in nodes
    ]


def _replacements(file: str, node: Node, sources: Sources) -> list[Override]:
    path = mapping(node.value).get("path")
    if not isinstance(path, str):
        return [_replacement(file, node, sources)]
    target = posixpath.normpath(posixpath.join(posixpath.dirname(file), path))
    found: list[Override] = []
    for part in sources.nodes(target):
        listed = part.items.values() if isinstance(part.value, list) else [part]
        found += [_replacement(target, item, sources) for item in listed]
    return found


def _replacement(file: str, node: Node, sources: Sources) -> Replacement:
    entry = mapping(node.value)
    place = Place(file, node.line)
    targets = []
    for target in entry.get("targets") or []:
        fields = tuple(_field_path(text) for text in mapping(target).get("fieldPaths") or ["metadata.name"])
        targets.append((Selector.read(mapping(target).get("select")), fields))
    return Replacement(place, mapping(entry.get("source")), tuple(targets), sources)


def _field_path(text: str) -> JsonPath:
    """kustomize's dotted path; a dot that belongs to a key is written ``\\.`` and a key may stand in brackets."""
    escaped = text.replace("\\.", "\0").replace("[", ".[")
    steps = [step.replace("\0", ".") for step in escaped.split(".") if step]
    return tuple(step for step in steps)


def _field_matches(field: JsonPath, path: JsonPath) -> bool:
    """Whether a dotted path may mean this place: ``*`` and ``[key=value]`` stand for any item of a list."""
    if len(field) != len(path):
        return False
    return all(
        str(wanted) == str(step)
        or (isinstance(step, int) and (wanted == "*" or str(wanted).startswith("[")))
        or str(wanted) == f"[{step}]"
        for wanted, step in zip(field, path, strict=True)
    )


def _generator(file: str, node: Node) -> GeneratedData:
    entry = mapping(node.value)
    keys: dict[str, Place] = {}
    for _, item in _entries(node, "files"):
        key, equals, path = str(item.value).partition("=")
        path = path if equals else key
        target = posixpath.normpath(posixpath.join(posixpath.dirname(file), path))
        keys[key if equals else posixpath.basename(path)] = Place(target, 1)
    for _, item in _entries(node, "literals"):
        keys[str(item.value).partition("=")[0]] = Place(file, item.line)
    return GeneratedData(Place(file, node.line), str(entry.get("name", "")), keys)
