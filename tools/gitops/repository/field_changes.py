"""The difference of two objects in values: fields by name, list entries by what makes them the same entry.

Which fields make an entry of a list what it is: the merge keys of Kubernetes' API (``patchMergeKey`` and
``listMapKeys`` of its OpenAPI document), and for lists without any the fields that a person would go by. A list whose
entries do not all have such a key, or where two share one, is compared in the order of its entries.
"""

import json
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import Any

from gitops.models.difference import ABSENT, FieldChange
from gitops.models.paths import JsonPath
from gitops.models.values import mapping
from gitops.repository.pairing import unhashed

# The first of a list's keys that fits all its entries is taken. A dot leads into a field; a "?" may be missing.
_KEYS: dict[str, tuple[tuple[str, ...], ...]] = {
    "containers": (("name",),),
    "destinations": (("server?", "name?", "namespace?"),),
    "directories": (("path", "exclude?"),),
    "env": (("name",),),
    "envFrom": (("prefix?", "configMapRef.name?", "secretRef.name?"),),
    "clusterResourceWhitelist": (("group", "kind", "name?"),),
    "namespaceResourceWhitelist": (("group", "kind"),),
    "hostAliases": (("ip",),),
    "ephemeralContainers": (("name",),),
    "imagePullSecrets": (("name",),),
    "initContainers": (("name",),),
    "items": (("key",),),
    "ownerReferences": (("uid",),),
    "paths": (("path", "pathType?"),),
    "ports": (("name",), ("containerPort", "protocol?"), ("port", "protocol?", "endPort?")),
    "rules": (("host?",),),
    "subjects": (("kind", "name", "namespace?"),),
    "tls": (("secretName",),),
    "tolerations": (("key?", "operator?", "value?", "effect?"),),
    "topologySpreadConstraints": (("topologyKey", "whenUnsatisfiable"),),
    "versions": (("name",),),
    "volumeClaimTemplates": (("metadata.name",),),
    "volumeDevices": (("devicePath",),),
    "volumeMounts": (("mountPath",),),
    "volumes": (("name",),),
}
_ANY: tuple[tuple[str, ...], ...] = (("name",),)  # custom resources call it so too
_ORDERED = frozenset({"containers", "initContainers", "env", "envFrom"})  # here the order of entries means something
_REFERENCE = "Ref."  # what is referred to may carry a hash in its name, and is the same thing under its next one
_LONGEST = 400  # entries of a list without keys that are aligned; more are told as one value


def field_changes(old: Any, new: Any) -> tuple[FieldChange, ...]:
    """Every value that differs, in the order of the fields' names. Empty if and only if both are equal."""
    return tuple(_changes("", (), (), old, new))


def label_of(body: Any, path: JsonPath) -> str:
    """A path as a person reads it: entries of lists by their key where the list has one, else by their place."""
    label, field = "", ""
    for step in path:
        if isinstance(step, int):
            keys = keys_of(field, body)
            label += f"[{keys[step] if keys else step}]"
        else:
            label = _inside(label, step)
            field = step
        body = body[step]
    return label


def keys_of(field: str, entries: Sequence[Any]) -> list[str] | None:
    """The key of each entry of the list under ``field``, or None where its entries have none or share one."""
    for names in (*_KEYS.get(field, ()), *_ANY):
        keys = [_key(entry, names) for entry in entries]
        if None not in keys and len(set(keys)) == len(keys):
            return [str(key) for key in keys]
    return None


def _key(entry: Any, names: tuple[str, ...]) -> str | None:
    if not isinstance(entry, dict):
        return None
    parts = []
    for name in names:
        value: Any = entry
        for step in name.removesuffix("?").split("."):
            value = mapping(value).get(step, ABSENT)
        if value is not ABSENT and not isinstance(value, dict | list):
            parts.append(unhashed(str(value)) if _REFERENCE in name else str(value))
        elif not name.endswith("?"):
            return None
    return "/".join(parts) or None


def _inside(label: str, name: str) -> str:
    plain = name.replace("-", "").replace("_", "").isalnum()
    return (f"{label}.{name}" if label else name) if plain else f"{label}[{json.dumps(name, ensure_ascii=False)}]"


def _changes(label: str, old_path: JsonPath, new_path: JsonPath, old: Any, new: Any) -> Iterator[FieldChange]:
    if isinstance(old, dict) and isinstance(new, dict) and (old or new):
        for name in sorted({*old, *new}, key=str):
            step = str(name)
            yield from _changes(
                _inside(label, step), (*old_path, name), (*new_path, name), old.get(name, ABSENT), new.get(name, ABSENT)
            )
    elif isinstance(old, list) and isinstance(new, list):
        yield from _list_changes(label, old_path, new_path, old, new)
    elif not _same(old, new):
        yield FieldChange(label, old_path, new_path, old, new)


def _same(old: Any, new: Any) -> bool:
    """Equal as JSON: true is not 1, and 1 is not 1.0 since the API server tells integers from other numbers."""
    return type(old) is type(new) and bool(old == new) and (not isinstance(old, dict | list) or _text(old) == _text(new))


def _list_changes(label: str, old_path: JsonPath, new_path: JsonPath, old: list[Any], new: list[Any]) -> Iterator[FieldChange]:
    if _same(old, new):
        return
    field = str(next((step for step in reversed(new_path) if isinstance(step, str)), ""))
    old_keys, new_keys = _common_keys(field, old, new)
    if old_keys is None or new_keys is None:
        yield from _aligned(label, old_path, new_path, old, new)
        return
    for key in [*old_keys, *(key for key in new_keys if key not in set(old_keys))]:
        before = old_keys.index(key) if key in old_keys else None
        after = new_keys.index(key) if key in new_keys else None
        yield from _changes(
            f"{label}[{key}]",
            (*old_path, before if before is not None else len(old)),
            (*new_path, after if after is not None else len(new)),
            ABSENT if before is None else old[before],
            ABSENT if after is None else new[after],
        )
    kept_before, kept_after = [key for key in old_keys if key in new_keys], [key for key in new_keys if key in old_keys]
    if kept_before != kept_after and (field in _ORDERED or sorted(map(_text, old)) == sorted(map(_text, new))):
        yield FieldChange(f"{label}(order)", old_path, new_path, kept_before, kept_after)


def _common_keys(field: str, old: list[Any], new: list[Any]) -> tuple[list[str] | None, list[str] | None]:
    """The keys of both lists by the first kind of key that fits either."""
    for names in (*_KEYS.get(field, ()), *_ANY):
        both = [[_key(entry, names) for entry in entries] for entries in (old, new)]
        if all(None not in keys and len(set(keys)) == len(keys) for keys in both):
            return [str(key) for key in both[0]], [str(key) for key in both[1]]
    return None, None


def _aligned(label: str, old_path: JsonPath, new_path: JsonPath, old: list[Any], new: list[Any]) -> Iterator[FieldChange]:
    """Entries in their order: what is equal stays, and what stands in one place between equal ones is one entry changed."""
    if max(len(old), len(new)) > _LONGEST:
        yield FieldChange(label, old_path, new_path, old, new)
        return
    for before, after in _pairs([_text(entry) for entry in old], [_text(entry) for entry in new]):
        yield from _changes(
            f"{label}[{min(place for place in (before, after) if place is not None)}]",
            (*old_path, before if before is not None else len(old)),
            (*new_path, after if after is not None else len(new)),
            ABSENT if before is None else old[before],
            ABSENT if after is None else new[after],
        )


def _pairs(old: list[str], new: list[str]) -> list[tuple[int | None, int | None]]:
    """The places in both lists that differ. Asked the other way round, the answer is the same: one order is always tried."""
    if old > new:
        return [(before, after) for after, before in _pairs(new, old)]
    found: list[tuple[int | None, int | None]] = []
    for step, start, end, other_start, other_end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if step != "equal":
            shared = min(end - start, other_end - other_start)
            found += [(start + number, other_start + number) for number in range(shared)]
            found += [(number, None) for number in range(start + shared, end)]
            found += [(None, number) for number in range(other_start + shared, other_end)]
    return found


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
