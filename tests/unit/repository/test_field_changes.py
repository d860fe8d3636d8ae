"""Differences of values: by name and by key, never by line."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.models.difference import ABSENT, FieldChange
from gitops.repository.field_changes import field_changes, label_of


def told(old: Any, new: Any) -> list[str]:
    return [f"{change.label}: {change.old!r} -> {change.new!r}" for change in field_changes(old, new)]


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ["a.b: 1 -> 2"]),
        ({"a": 1}, {}, ["a: 1 -> absent"]),
        ({}, {"a": None}, ["a: absent -> None"]),
        ({"a": 1}, {"a": "1"}, ["a: 1 -> '1'"]),
        ({"a": 1}, {"a": True}, ["a: 1 -> True"]),
        ({"a": {}}, {"a": []}, ["a: {} -> []"]),
        ({"a.b/c": 1}, {"a.b/c": 2}, ['["a.b/c"]: 1 -> 2']),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, []),
        ({"args": ["a", "b", "c"]}, {"args": ["a", "x", "b", "c"]}, ["args[1]: absent -> 'x'"]),
        ({"args": ["a", "b", "c"]}, {"args": ["a", "d", "c"]}, ["args[1]: 'b' -> 'd'"]),
    ],
)
def test_values(old: Any, new: Any, changes: list[str]) -> None:
    assert told(old, new) == changes


def _containers(*names: str, **image: str) -> Any:
    return {"containers": [{"name": name, "image": image.get(name, "x")} for name in names]}


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        (
            _containers("a", "b"),
            _containers("c", "a", "b", b="y"),
            ["containers[b].image: 'x' -> 'y'", "containers[c]: absent -> "],
        ),
        (_containers("a", "b"), _containers("b", "a"), ["containers(order): ['a', 'b'] -> ['b', 'a']"]),
        (
            {"ports": [{"port": 80}, {"port": 80, "protocol": "UDP"}]},
            {"ports": [{"port": 80, "protocol": "UDP", "targetPort": 1}, {"port": 80}]},
            ["ports[80/UDP].targetPort: absent -> 1"],
        ),
        (
            {"volumeMounts": [{"mountPath": "/a", "name": "x"}]},
            {"volumeMounts": [{"mountPath": "/a", "name": "y"}]},
            ["volumeMounts[/a].name: 'x' -> 'y'"],
        ),
        (
            {"volumeClaimTemplates": [{"metadata": {"name": "a"}, "spec": 1}]},
            {"volumeClaimTemplates": [{"metadata": {"name": "a"}, "spec": 2}]},
            ["volumeClaimTemplates[a].spec: 1 -> 2"],
        ),
        (
            {"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]},
            {"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "3"}]},
            ["env[1].value: '2' -> '3'"],
        ),
    ],
    ids=["came", "order", "ports", "mounts", "templates", "a key twice"],
)
def test_lists_by_their_key(old: Any, new: Any, changes: list[str]) -> None:
    found = told(old, new)
    assert len(found) == len(changes)
    assert all(one.startswith(other) for one, other in zip(found, changes, strict=True))


def test_a_place_is_called_by_its_keys() -> None:
    body = {"spec": {"containers": [{"name": "web", "args": ["x"]}]}}
    assert label_of(body, ("spec", "containers", 0, "args", 0)) == "spec.containers[web].args[0]"


SCALARS = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "a", "b", "a\nb"])
FIELDS = st.sampled_from(["name", "env", "ports", "port", "containers", "args", "a.b", "value"])
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(FIELDS, inner, max_size=4), max_leaves=14
)
NAMED = st.lists(st.fixed_dictionaries({"name": st.sampled_from("abcd")}, optional={"value": SCALARS}), max_size=4)
OBJECTS = st.dictionaries(FIELDS, VALUES | NAMED, max_size=5)


@given(OBJECTS)
def test_equal_objects_do_not_differ(value: Any) -> None:
    assert field_changes(value, copy.deepcopy(value)) == ()


@given(OBJECTS, OBJECTS)
def test_only_equal_objects_do_not_differ(old: Any, new: Any) -> None:
    assert (field_changes(old, new) == ()) is (repr(_sorted(old)) == repr(_sorted(new)))


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


@given(OBJECTS, OBJECTS)
def test_the_way_back_is_the_way_reversed(old: Any, new: Any) -> None:
    there, back = field_changes(old, new), field_changes(new, old)
    assert sorted(map(repr, there)) == sorted(repr(change.reversed) for change in back)


@given(OBJECTS, OBJECTS)
def test_the_changes_are_all_that_differs(old: Any, new: Any) -> None:
    """Applied to the old object they give the new one, and reversed to the new one the old."""
    changes = field_changes(old, new)
    assert _comparable(_applied(old, changes)) == _comparable(new)
    assert _comparable(_applied(new, [change.reversed for change in changes])) == _comparable(old)


def _applied(body: Any, changes: Any) -> Any:
    """The body after the changes; where entries of a list come, they come at its end."""
    result = copy.deepcopy(body)
    ordered = [change for change in changes if not change.label.endswith("(order)")]
    for change in [each for each in ordered if each.old is not ABSENT and each.new is not ABSENT]:
        _put(result, change.old_path, change.new)
    for change in sorted((each for each in ordered if each.new is ABSENT), key=_deepest_last_first):
        holder = _holder(result, change.old_path)
        del holder[change.old_path[-1]]
    for change in [each for each in ordered if each.old is ABSENT]:
        _come(result, change)
    return result


def _deepest_last_first(change: FieldChange) -> Any:
    return [(0, -step) if isinstance(step, int) else (1, step) for step in change.old_path]


def _holder(body: Any, path: Any) -> Any:
    for step in path[:-1]:
        body = body[step]
    return body


def _put(body: Any, path: Any, value: Any) -> None:
    _holder(body, path)[path[-1]] = value


def _come(body: Any, change: FieldChange) -> None:
    holder = _holder(body, change.old_path)
    if isinstance(holder, list):
        holder.append(change.new)
    else:
        holder[change.old_path[-1]] = change.new


def _comparable(value: Any) -> str:
    """The value whatever the order of its lists: where an entry comes in is told by its place, which a list that others came
    into or went from no longer has."""
    if isinstance(value, dict):
        return f"{{{','.join(f'{name}:{_comparable(value[name])}' for name in sorted(value))}}}"
    if isinstance(value, list):
        return f"[{','.join(sorted(map(_comparable, value)))}]"
    return repr(value)
