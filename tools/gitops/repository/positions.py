"""From a path in a rendered object to the line of a source document that holds the same value.

A merge may reorder lists, so an item is looked for by what identifies it (``name``, ``containerPort``, …) before its
index counts.
"""

from dataclasses import dataclass
from typing import Any

from gitops.models.paths import JsonPath
from gitops.repository.documents import Node

# The merge keys of Kubernetes' lists (x-kubernetes-patch-merge-key), the most telling first.
_MERGE_KEYS = ("name", "mountPath", "devicePath", "containerPort", "port", "ip", "topologyKey", "uid")


@dataclass(frozen=True, slots=True)
class Spot:
    """A line of a document; ``exact`` tells whether the whole path leads there, or only its beginning."""

    line: int
    exact: bool
    depth: int


def find(root: Node, path: JsonPath, rendered: Any) -> Spot:
    """The spot of ``path`` in a source document; ``rendered`` is the object that the path was meant for."""
    node, line, value = root, root.line, rendered
    for depth, step in enumerate(path):
        value = _child(value, step)
        key = _matching_item(node, step, value) if isinstance(step, int) else step
        if key is None or key not in node.items:
            return Spot(line, False, depth)
        line = node.key_lines[key]
        node = node.items[key]
    return Spot(line, True, len(path))


def _child(value: Any, step: str | int) -> Any:
    try:
        return value[step]
    except (LookupError, TypeError):
        return None


def _matching_item(node: Node, index: int, wanted: Any) -> int | None:
    if not isinstance(node.value, list):
        return None
    if isinstance(wanted, dict):
        for name in _MERGE_KEYS:
            if name in wanted:
                same = [
                    place for place, item in enumerate(node.value) if isinstance(item, dict) and item.get(name) == wanted[name]
                ]
                if same:
                    return index if index in same else same[0]
                if any(isinstance(item, dict) and name in item for item in node.value):
                    return None  # the list knows its items by this name, and has none of that name
    elif wanted is not None and wanted in node.value:
        return node.value.index(wanted)
    return index if index < len(node.value) else None
