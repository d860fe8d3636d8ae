"""Kubernetes' quantities and semantic versions in CEL.

The engine knows no types of ours: such a value is a map with one key, which no object of Kubernetes has, in a form in which
equal values are equal maps. Source: https://kubernetes.io/docs/reference/using-api/cel/#kubernetes-quantity-library, #semver.
"""

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from gitops.checks.admission.engine import Function
from gitops.repository import quantities

Boxed = dict[str, Any]
QUANTITY = "kubernetes.Quantity"
SEMVER = "kubernetes.Semver"
_LARGEST_INT = 2**63


def value_functions() -> list[Function]:
    """The functions."""
    text, box, whole, truth = "string", "map", "int", "bool"
    return [
        Function("quantity", (text,), box, quantity, member=False),
        Function("isQuantity", (text,), truth, lambda value: _works(quantity, value), member=False),
        Function("sign", (box,), whole, lambda value: _sign(_number(value)), member=False),
        Function("asInteger", (box,), whole, _as_integer),
        Function("isInteger", (box,), truth, lambda value: _is_integer(_number(value))),
        Function("asApproximateFloat", (box,), "double", lambda value: float(_number(value))),
        Function("add", (box, box), box, lambda one, two: _quantity(_number(one) + _number(two))),
        Function("add", (box, whole), box, lambda one, two: _quantity(_number(one) + two)),
        Function("sub", (box, box), box, lambda one, two: _quantity(_number(one) - _number(two))),
        Function("sub", (box, whole), box, lambda one, two: _quantity(_number(one) - two)),
        Function("compareTo", (box, box), whole, _compare),
        Function("isGreaterThan", (box, box), truth, lambda one, two: _compare(one, two) > 0),
        Function("isLessThan", (box, box), truth, lambda one, two: _compare(one, two) < 0),
        Function("semver", (text,), box, semver, member=False),
        Function("semver", (text, truth), box, semver, member=False),
        Function("isSemver", (text,), truth, lambda value: _works(semver, value), member=False),
        Function("isSemver", (text, truth), truth, lambda value, normal: _works(semver, value, normal), member=False),
        Function("major", (box,), whole, lambda value: unboxed(value, SEMVER)[0]),
        Function("minor", (box,), whole, lambda value: unboxed(value, SEMVER)[1]),
        Function("patch", (box,), whole, lambda value: unboxed(value, SEMVER)[2]),
    ]


def _works(make: Callable[..., Any], *arguments: Any) -> bool:
    try:
        make(*arguments)
    except ValueError:
        return False
    return True


def unboxed(value: Boxed, kind: str) -> Any:
    """What is in a map of that kind; any other map is a wrong argument."""
    if len(value) != 1 or kind not in value:
        raise ValueError("no such overload")
    return value[kind]


def quantity(text: str) -> Boxed:
    """``quantity('1Gi')``."""
    return _quantity(quantities.parse(text)[0])


def _quantity(number: Decimal) -> Boxed:
    return {QUANTITY: f"{number:f}".rstrip("0").rstrip(".") if "." in f"{number:f}" else f"{number:f}"}


def _number(value: Boxed) -> Decimal:
    return Decimal(unboxed(value, QUANTITY))


def _sign(number: Decimal) -> int:
    return (number > 0) - (number < 0)


def _is_integer(number: Decimal) -> bool:
    return number == int(number) and -_LARGEST_INT <= number < _LARGEST_INT


def _as_integer(value: Boxed) -> int:
    number = _number(value)
    if not _is_integer(number):
        raise ValueError("cannot convert value to integer")
    return int(number)


def _compare(one: Boxed, two: Boxed) -> int:
    if SEMVER in one:
        return _compare_versions(unboxed(one, SEMVER), unboxed(two, SEMVER))
    return _sign(_number(one) - _number(two))


_PART = re.compile(r"[0-9A-Za-z-]+", re.ASCII)


def semver(text: str, normal: bool = False) -> Boxed:
    """``semver('1.2.3')``; ``normal`` takes ``v1.2`` and leading zeros too. Build metadata do not count in comparisons."""
    parts = (_normalized(text) if normal else text).split(".", 2)
    if not text:
        raise ValueError("Version string empty")
    if len(parts) != 3:
        raise ValueError("No Major.Minor.Patch elements found")
    rest, plus, build = parts[2].partition("+")
    patch, dash, before = rest.partition("-")
    numbers = [_version_number(name, part) for name, part in zip(("major", "minor", "patch"), [*parts[:2], patch], strict=True)]
    for part in build.split(".") if plus else []:
        if not _PART.fullmatch(part):
            raise ValueError(f'Invalid character(s) found in build meta data "{part}"' if part else "Build meta data is empty")
    return {SEMVER: [*numbers, [_pre_release(part) for part in before.split(".")] if dash else []]}


def _normalized(text: str) -> str:
    parts = [part.lstrip("0") if len(part) > 1 else part for part in text.removeprefix("v").split(".", 2)]
    parts = [part if part[:1].isdigit() else f"0{part}" for part in parts] if text else parts
    if len(parts) < 3 and any(sign in parts[-1] for sign in "+-"):
        raise ValueError("short version cannot contain PreRelease/Build meta data")
    return ".".join([*parts, "0", "0"][: max(3, len(parts))])


def _version_number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f'Invalid character(s) found in {name} number "{text}"')
    if len(text) > 1 and text[0] == "0":
        raise ValueError(f'{name.capitalize()} number must not contain leading zeroes "{text}"')
    return int(text)


def _pre_release(text: str) -> int | str:
    if not text:
        raise ValueError("Prerelease is empty")
    if text.isascii() and text.isdigit():
        if len(text) > 1 and text[0] == "0":
            raise ValueError(f'Numeric PreRelease version must not contain leading zeroes "{text}"')
        return int(text)
    if not _PART.fullmatch(text):
        raise ValueError(f'Invalid character(s) found in prerelease "{text}"')
    return text


def _compare_versions(one: list[Any], two: list[Any]) -> int:
    """Precedence as in https://semver.org/#spec-item-11: numbers below texts, a pre-release below its release."""
    if one[:3] != two[:3]:
        return 1 if one[:3] > two[:3] else -1
    keys = [[(isinstance(part, str), part) for part in version[3]] for version in (one, two)]
    if not keys[0] or not keys[1]:
        return (not keys[0]) - (not keys[1])
    return (keys[0] > keys[1]) - (keys[0] < keys[1])
