"""Plain YAML scalars, resolved as Kubernetes resolves them.

Kubernetes reads YAML through sigs.k8s.io/yaml, which is go-yaml v2 and then JSON. It takes ``y`` and ``on`` for booleans
and ``1e3`` for a number, and leaves ``12:30:45`` and dates text; PyYAML does none of this. Source: ``resolve.go`` of
go.yaml.in/yaml/v2 v2.4 and ``yaml.go`` of sigs.k8s.io/yaml v1.6.
"""

import math
import re
import struct
from functools import lru_cache

Scalar = str | int | float | bool | None

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_MAYBE_NUMBER = frozenset("+-.0123456789")
# Go's ParseInt with base 0, underscores taken out before; a leading 0 alone means octal. A number longer than this is none.
_LONGEST_INTEGER = 80
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]([0-7]+)|0([0-7]+)|(0|[1-9][0-9]*))", re.ASCII)
_SIGN_AFTER_PREFIX = re.compile(r"0b([-+][01]+)", re.ASCII)  # go-yaml's own fallback for binary numbers takes it
_BASES = (16, 2, 8, 8, 10)
_BETWEEN_DIGITS = re.compile(r"(?<=[0-9])_(?=[0-9])", re.ASCII)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", re.ASCII)
_SMALLEST, _LARGEST = -(2**63), 2**64 - 1


@lru_cache(maxsize=65536)
def resolve(text: str) -> Scalar:
    """The value of a plain (unquoted, untagged) scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _MAYBE_NUMBER:
        return text
    plain = _BETWEEN_DIGITS.sub("", text) if text[0] == "." else text.replace("_", "")
    integer = _INTEGER.fullmatch(plain) if len(plain) <= _LONGEST_INTEGER else None
    signed = _SIGN_AFTER_PREFIX.fullmatch(plain) if integer is None else None
    value = _integer(integer) if integer else int(signed[1], 2) if signed else None
    if value is not None and _SMALLEST <= value <= _LARGEST:
        return value
    if _FLOAT.fullmatch(plain):
        number = float(plain)
        return number if math.isfinite(number) else text
    return text


def key_text(key: Scalar) -> str:
    """A mapping key as JSON has it; raises ``ValueError`` for a key that JSON can't have (null)."""
    if key is None:
        raise ValueError("a mapping key is null")
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, float):
        return _short_float(key)
    return str(key)


def _integer(match: re.Match[str]) -> int:
    sign, *digits = match.groups()
    base, text = next((base, text) for base, text in zip(_BASES, digits, strict=True) if text is not None)
    return int(sign + text, base)


def _short_float(number: float) -> str:
    """A float key as sigs.k8s.io/yaml writes it: the shortest text of the nearest 32-bit float (Go's format 'g')."""
    try:
        (near,) = struct.unpack("f", struct.pack("f", number))
    except OverflowError:
        near = math.copysign(math.inf, number)
    if math.isinf(near):
        return ".inf" if near > 0 else "-.inf"
    shortest = next(text for text in (f"{near:.{digits}e}" for digits in range(9)) if _float32(text) == near)
    mantissa, _, exponent = shortest.partition("e")
    power = int(exponent)
    if -4 <= power < 6:
        decimals = len(mantissa.lstrip("-").replace(".", "")) - 1 - power
        return f"{float(shortest):.{max(0, decimals)}f}"
    return f"{mantissa}e{power:+03d}"


def _float32(text: str) -> float:
    number: float = struct.unpack("f", struct.pack("f", float(text)))[0]
    return number
