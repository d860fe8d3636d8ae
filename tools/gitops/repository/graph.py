"""The dependency graph of kustomizations: who reads what. Everything that asks "what does this change touch" asks here."""

import posixpath
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from gitops.repository.kustomization import FILE_NAMES, Reference, is_remote


class Breach(StrEnum):
    """Why a reference leads nowhere."""

    MISSING = "missing"
    REMOTE = "remote"
    OUTSIDE = "outside"


@dataclass(frozen=True, slots=True)
class Edge:
    """``source``, a kustomization file, reads ``target``: a file, for a folder the kustomization in it."""

    source: str
    target: str
    field: str
    line: int


@dataclass(frozen=True, slots=True)
class BrokenEdge:
    """A reference that can't be followed; ``target`` is the path that it would have, or the text for a remote one."""

    source: str
    target: str
    field: str
    line: int
    breach: Breach


class Graph:
    """Built from the references of every kustomization file; paths are relative to the root."""

    def __init__(self, references: Mapping[str, Iterable[Reference]], resolve: Callable[[str], str | None]) -> None:
        """``resolve`` turns a path into the real one of a file or folder, through links inside the tree, or None."""
        self.edges: dict[str, tuple[Edge, ...]] = {}
        self.broken: dict[str, tuple[BrokenEdge, ...]] = {}
        self._closures: dict[str, frozenset[str]] = {}
        for source, listed in references.items():
            edges: list[Edge] = []
            broken: list[BrokenEdge] = []
            for reference in listed:
                edge = _follow(source, reference, resolve)
                edges.append(edge) if isinstance(edge, Edge) else broken.append(edge)
            self.edges[source] = tuple(edges)
            if broken:
                self.broken[source] = tuple(broken)

    def closure(self, source: str) -> frozenset[str]:
        """Every file that rendering the kustomization ``source`` reads, itself included."""
        if source not in self._closures:
            seen: set[str] = set()
            waiting = [source]
            while waiting:
                here = waiting.pop()
                if here in seen:
                    continue
                if here != source and here in self._closures:
                    seen |= self._closures[here]
                    continue
                seen.add(here)
                waiting.extend(edge.target for edge in self.edges.get(here, ()))
            self._closures[source] = frozenset(seen)
        return self._closures[source]

    def chain(self, source: str) -> list[str]:
        """The kustomizations of a closure, outermost first: where two set one value, the earlier one wins."""
        order: list[str] = []
        seen: set[str] = set()

        def visit(here: str) -> None:
            if here in seen or here not in self.edges:
                return
            seen.add(here)
            order.append(here)
            # Components change what the resources gave, the later the more, so they stand nearer to the outside.
            components = [edge.target for edge in self.edges[here] if edge.field == "components"]
            others = [edge.target for edge in self.edges[here] if edge.field != "components"]
            for target in [*reversed(components), *others]:
                visit(target)

        visit(source)
        return order

    @cached_property
    def readers(self) -> Mapping[str, frozenset[str]]:
        """For each file the kustomizations that read it directly."""
        readers: dict[str, set[str]] = {}
        for edges in self.edges.values():
            for edge in edges:
                readers.setdefault(edge.target, set()).add(edge.source)
        return {target: frozenset(sources) for target, sources in readers.items()}

    def affected(self, paths: Iterable[str]) -> frozenset[str]:
        """The kustomizations whose render may differ when these files change, appear or go."""
        seen: set[str] = set()
        changed = frozenset(paths)
        waiting = [*changed, *self._mentioning(changed)]
        while waiting:
            here = waiting.pop()
            if here in seen:
                continue
            seen.add(here)
            waiting.extend(self.readers.get(here, ()))
        return frozenset(seen & self.edges.keys())

    def _mentioning(self, paths: frozenset[str]) -> list[str]:
        """The kustomizations that would read one of these files if it were there."""
        return [
            edge.source
            for edges in self.broken.values()
            for edge in edges
            if any(path == edge.target or path.startswith(f"{edge.target}/") for path in paths)
        ]


def _follow(source: str, reference: Reference, resolve: Callable[[str], str | None]) -> Edge | BrokenEdge:
    field, target, line = reference
    path = posixpath.normpath(posixpath.join(posixpath.dirname(source), target))
    outside = path == ".." or path.startswith("../") or posixpath.isabs(target)
    real = None if outside else resolve(path)
    if real is not None:
        return Edge(source, real, field, line)
    if is_remote(reference):
        return BrokenEdge(source, target, field, line, Breach.REMOTE)
    if outside:
        return BrokenEdge(source, target, field, line, Breach.OUTSIDE)
    return BrokenEdge(source, path, field, line, Breach.MISSING)


def kustomization_in(folder: str, files: Mapping[str, object]) -> str | None:
    """The kustomization file of a folder, if it has one."""
    for name in FILE_NAMES:
        path = f"{folder}/{name}"
        if path in files:
            return path
    return None
