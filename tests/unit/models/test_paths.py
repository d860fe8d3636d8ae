"""JSON pointers (RFC 6901)."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops.models.paths import JsonPath, format_pointer, parse_pointer, value_at

VALUE = {"": 0, "a/b": 1, "m~n": 2, "~1": 3, "0": {"1": 4}, "list": [{"x": 5}, 6]}


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        pytest.param((), "", id="the root"),
        pytest.param(("",), "/", id="an empty key"),
        pytest.param(("a/b",), "/a~1b", id="a slash"),
        pytest.param(("m~n",), "/m~0n", id="a tilde"),
        pytest.param(("~1",), "/~01", id="a tilde before a digit"),
        pytest.param(("list", 0, "x"), "/list/0/x", id="an index"),
        pytest.param(("0", "1"), "/0/1", id="keys of digits"),
    ],
)
def test_a_path_and_its_pointer_say_the_same(path: JsonPath, pointer: str) -> None:
    assert format_pointer(path) == pointer
    assert parse_pointer(pointer, VALUE) == path


def test_without_a_value_digits_stay_text() -> None:
    assert parse_pointer("/list/0") == ("list", "0")


@pytest.mark.parametrize("pointer", ["/list/7/x", "/list/-", "/nope/0", "/list/1/x/0", "/list/²", f"/list/{'9' * 5000}"])
def test_a_pointer_to_nothing_still_has_steps(pointer: str) -> None:
    assert format_pointer(parse_pointer(pointer, VALUE)) == pointer


def test_a_value_is_found_at_its_path() -> None:
    assert value_at(VALUE, ("list", 0, "x")) == 5
    assert value_at(VALUE, ()) is VALUE


@pytest.mark.parametrize("path", [("nope",), ("list", 2), ("list", "x"), ("a/b", "c"), ("list", 1, 0)])
def test_a_path_to_nothing_is_a_lookup_error_with_the_pointer(path: JsonPath) -> None:
    with pytest.raises(LookupError, match=format_pointer(path)):
        value_at(VALUE, path)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(alphabet="/~01ab", max_size=3), inner, max_size=3),
    max_leaves=12,
)


def _paths(value: Any, path: JsonPath = ()) -> list[JsonPath]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(below for step, item in items for below in _paths(item, (*path, step)))]


@settings(deadline=None)
@given(_json)
def test_every_path_of_a_value_survives_the_way_through_its_pointer(value: Any) -> None:
    for path in _paths(value):
        assert parse_pointer(format_pointer(path), value) == path
