"""Kubernetes' list functions; what cel-go's own library has (``sort``, ``distinct``, ``slice`` …) the engine brings along.

Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-list-library.
"""

from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from gitops.checks.admission.engine import Function


def list_functions() -> list[Function]:
    """The functions."""
    return [
        Function("isSorted", ("list",), "bool", _is_sorted),
        Function("sum", ("list",), "dyn", _sum),
        Function("min", ("list",), "dyn", lambda values: _extreme("min", values, 1)),
        Function("max", ("list",), "dyn", lambda values: _extreme("max", values, -1)),
        Function("indexOf", ("list", "dyn"), "int", _index_of),
        Function("lastIndexOf", ("list", "dyn"), "int", _last_index_of),
    ]


_COMPARABLE = (int, float, str, bytes, bytearray, datetime, timedelta)


def _compared(one: Any, two: Any) -> int:
    """-1, 0 or 1; of two values of different types neither is the greater."""
    try:
        return bool(one > two) - bool(one < two)
    except TypeError:
        return 0


def _checked(name: str, values: list[Any], kinds: tuple[type, ...] = _COMPARABLE) -> list[Any]:
    if not all(isinstance(value, kinds) for value in values):
        raise ValueError(f"no such overload: {name}(list)")
    return values


def _is_sorted(values: list[Any]) -> bool:
    return all(_compared(one, two) <= 0 for one, two in pairwise(_checked("isSorted", values)))


def _sum(values: list[Any]) -> Any:
    _checked("sum", values, (int, float, timedelta))
    return sum(values, timedelta()) if values and isinstance(values[0], timedelta) else sum(values)


def _extreme(name: str, values: list[Any], wanted: int) -> Any:
    if not _checked(name, values):
        raise ValueError(f"{name} called on empty list")
    result = values[0]
    for value in values[1:]:
        if _compared(result, value) == wanted:
            result = value
    return result


def _same(one: Any, two: Any) -> bool:
    return bool(one == two) and isinstance(one, bool) == isinstance(two, bool)


def _index_of(values: list[Any], wanted: Any) -> int:
    return next((index for index, value in enumerate(values) if _same(value, wanted)), -1)


def _last_index_of(values: list[Any], wanted: Any) -> int:
    return next((index for index in reversed(range(len(values))) if _same(values[index], wanted)), -1)
