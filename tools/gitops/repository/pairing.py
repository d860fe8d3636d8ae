"""Which object of one state is which of another: by identity, by the stem of a name with a hash, by likeness."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from itertools import takewhile
from typing import Any, NamedTuple

from gitops.models.resource import GroupKind, Identity, Resource

Pair = tuple[Resource | None, Resource | None]

# The hash that kustomize puts behind the names of generated ConfigMaps and Secrets: ten digits of an alphabet of its own
# (``encode`` in sigs.k8s.io/kustomize/api/hasher).
_HASHED = re.compile(r"(.+)-[2456789bcdfghkmt]{10}")
_GENERATED = frozenset({GroupKind("", "ConfigMap"), GroupKind("", "Secret")})

# Two objects are one under a new name when so much of what they say is the same, and there is enough of it to tell.
_ALIKE = 0.75
_ENOUGH = 4
_MOST = 20_000  # comparisons for one kind: where hundreds of objects come and go at once, nobody looks for renames
_NAMES = ("name", "namespace")


def unhashed(name: str) -> str:
    """The name of a generated object without its hash; any other name as it is."""
    match = _HASHED.fullmatch(name)
    return match[1] if match else name


def stem(resource: Resource) -> str:
    """The name of an object, without its hash where it is of a kind that is generated."""
    return unhashed(resource.name) if GroupKind(resource.group, resource.kind) in _GENERATED else resource.name


def pairs(old: Iterable[Resource], new: Iterable[Resource]) -> Iterator[Pair]:
    """Each object with its counterpart, None where it has none. An object that a side has twice counts once."""
    before, after = _by_identity(old), _by_identity(new)
    for identity in [identity for identity in before if identity in after]:
        yield before.pop(identity), after.pop(identity)
    for match in (_by_stem, _by_likeness):
        for gone, come in match(before.values(), after.values()):
            yield before.pop(gone.identity), after.pop(come.identity)
    yield from ((resource, None) for resource in before.values())
    yield from ((None, resource) for resource in after.values())


def _by_identity(resources: Iterable[Resource]) -> dict[Identity, Resource]:
    found: dict[Identity, Resource] = {}
    for resource in resources:
        found.setdefault(resource.identity, resource)
    return found


def _by_stem(old: Iterable[Resource], new: Iterable[Resource]) -> list[tuple[Resource, Resource]]:
    """Generated objects whose content, and so whose hash, changed; only where the stem is one on both sides."""
    before, after = _grouped_by_stem(old), _grouped_by_stem(new)
    return [
        (before[key][0], after[key][0]) for key in before if len(before[key]) == 1 and len(after.get(key, ())) == 1
    ]  # fmt: skip


def _grouped_by_stem(resources: Iterable[Resource]) -> dict[Identity, list[Resource]]:
    found: dict[Identity, list[Resource]] = defaultdict(list)
    for resource in resources:
        if stem(resource) != resource.name:
            found[resource.identity._replace(name=stem(resource))].append(resource)
    return found


def _by_likeness(old: Iterable[Resource], new: Iterable[Resource]) -> list[tuple[Resource, Resource]]:
    """The likest pairs first, each object in one pair at most. The answer does not depend on which side is old."""
    before, after = _by_kind(old), _by_kind(new)
    found = []
    for kind in before:
        if len(before[kind]) * len(after.get(kind, ())) <= _MOST:
            found += _likest(before[kind], after.get(kind, []))
    return found


def _by_kind(resources: Iterable[Resource]) -> dict[GroupKind, list[Resource]]:
    found: dict[GroupKind, list[Resource]] = defaultdict(list)
    for resource in resources:
        found[GroupKind(resource.group, resource.kind)].append(resource)
    return found


def _likest(old: list[Resource], new: list[Resource]) -> list[tuple[Resource, Resource]]:
    told = {id(resource): _told(resource) for resource in (*old, *new)}
    scored: list[tuple[float, int, Identity, Identity, Resource, Resource]] = []
    for gone in old:
        for come in new:
            score = _likeness(told[id(gone)], told[id(come)])
            if score >= _ALIKE:
                near = sum(1 for _ in takewhile(lambda both: both[0] == both[1], zip(gone.name, come.name, strict=False)))
                first, second = sorted((gone.identity, come.identity))
                scored.append((-score, -near, first, second, gone, come))
    taken: set[int] = set()
    found = []
    for _, _, _, _, gone, come in sorted(scored, key=lambda entry: entry[:4]):
        if not taken & {id(gone), id(come)}:
            taken |= {id(gone), id(come)}
            found.append((gone, come))
    return found


class _Told(NamedTuple):
    """Every value of an object with its place: as it stands, and with every value that is its own name taken for one."""

    plain: "Counter[str]"
    nameless: "Counter[str]"


def _likeness(old: _Told, new: _Told) -> float:
    """How much of what both say they say alike, between 0 and 1; 0 where they say too little."""
    together = old.plain.total() + new.plain.total()
    alike = max((old.plain & new.plain).total(), (old.nameless & new.nameless).total())
    return 2 * alike / together if together >= 2 * _ENOUGH else 0.0


def _told(resource: Resource) -> _Told:
    """What an object says beside its identity."""
    body = {name: value for name, value in resource.body.items() if name not in ("apiVersion", "kind", "metadata")}
    metadata = {name: value for name, value in resource.metadata.items() if name not in _NAMES}
    said = {**body, "metadata": metadata}
    return _Told(Counter(_leaves("", said, None)), Counter(_leaves("", said, resource.name)))


def _leaves(place: str, value: Any, name: str | None) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _leaves(f"{place}/{key}", item, name)
    elif isinstance(value, list) and value:
        for item in value:
            yield from _leaves(f"{place}/-", item, name)
    elif name is not None and value == name:
        yield f"{place}=(name)"
    else:
        yield f"{place}={json.dumps(value, default=str)}"
