"""Reads the overrides of a kustomization file."""

import posixpath
from collections.abc import Iterator

from gitops.models.values import mapping, sequence
from gitops.repository import documents
from gitops.repository.documents import Node
from gitops.repository.kustomization import is_inline
from gitops.repository.matching import Selector, field_path
from gitops.repository.overrides import (
    CommonField,
    GeneratedData,
    ImagePin,
    Override,
    Patch,
    Place,
    Replacement,
    Replicas,
    Sources,
)


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
    path = node.value if isinstance(node.value, str) and not is_inline(node.value) else entry.get("path")
    if isinstance(path, str):
        target = posixpath.normpath(posixpath.join(posixpath.dirname(file), path))
        nodes, where, first = sources.nodes(target), target, 1
        place = Place(target, 1) if "target" not in entry else Place(file, node.line)
    elif isinstance(text, str):
        nodes, where = documents.positions(text), file
        first = node.items["patch"].line if "patch" in node.items else node.line
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
    for target in map(mapping, sequence(entry.get("targets"))):
        fields = tuple(field_path(str(text)) for text in sequence(target.get("fieldPaths")) or ["metadata.name"])
        targets.append((Selector.read(target.get("select")), fields))
    return Replacement(place, mapping(entry.get("source")), tuple(targets), sources)


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
    adds = entry.get("behavior") in ("merge", "replace")
    return GeneratedData(Place(file, node.line), str(entry.get("name", "")), keys, adds)
