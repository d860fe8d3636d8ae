"""CEL's string functions as Kubernetes has them: version 2 of cel-go's library, and Kubernetes' own ``find``.

Source: https://github.com/google/cel-go/blob/master/ext/strings.go and https://kubernetes.io/docs/reference/using-api/cel/.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from gitops.checks.admission.engine import Function

RegexSearch = Callable[[str, str], list[str]]


def string_functions(search: RegexSearch) -> list[Function]:
    """The functions; ``search`` gives all matches of an RE2 pattern, since Python's own may take for ever."""
    text, whole, texts = "string", "int", "list<string>"
    return [
        Function("charAt", (text, whole), text, _char_at),
        Function("indexOf", (text, text), whole, lambda value, part: value.find(part)),
        Function("indexOf", (text, text, whole), whole, _index_from),
        Function("lastIndexOf", (text, text), whole, lambda value, part: value.rfind(part)),
        Function("lastIndexOf", (text, text, whole), whole, _last_index_from),
        Function("lowerAscii", (text,), text, lambda value: _ascii(value, str.lower)),
        Function("upperAscii", (text,), text, lambda value: _ascii(value, str.upper)),
        Function("replace", (text, text, text), text, lambda value, old, new: value.replace(old, new)),
        Function("replace", (text, text, text, whole), text, lambda value, old, new, most: value.replace(old, new, most)),
        Function("split", (text, text), texts, lambda value, mark: _split(value, mark, -1)),
        Function("split", (text, text, whole), texts, _split),
        Function("substring", (text, whole), text, lambda value, start: _substring(value, start, len(value))),
        Function("substring", (text, whole, whole), text, _substring),
        Function("trim", (text,), text, str.strip),
        Function("join", ("list",), text, lambda values: _join(values, "")),
        Function("join", ("list", text), text, _join),
        Function("format", (text, "list"), text, _format),
        Function("strings.quote", (text,), text, _quote, member=False),
        Function("find", (text, text), text, lambda value, pattern: next(iter(search(value, pattern)), "")),
        Function("findAll", (text, text), texts, search),
        Function("findAll", (text, text, whole), texts, lambda value, pattern, most: _first(search(value, pattern), most)),
    ]


def _first(found: list[str], most: int) -> list[str]:
    return found if most < 0 else found[:most]


def _char_at(value: str, index: int) -> str:
    if not 0 <= index <= len(value):
        raise ValueError(f"index out of range: {index}")
    return value[index : index + 1]


def _index_from(value: str, part: str, start: int) -> int:
    if not part:
        return start
    if start < 0:
        raise ValueError(f"index out of range: {start}")
    return value.find(part, start)


def _last_index_from(value: str, part: str, start: int) -> int:
    if not part:
        return start
    if start < 0:
        raise ValueError(f"index out of range: {start}")
    return -1 if start >= len(value) else value.rfind(part, 0, start + len(part))


def _ascii(value: str, change: Callable[[str], str]) -> str:
    return "".join(change(letter) if letter.isascii() else letter for letter in value)


def _split(value: str, mark: str, most: int) -> list[str]:
    """Go's strings.SplitN: an empty mark splits into letters, a limit counts the parts."""
    if most == 0:
        return []
    if mark:
        return value.split(mark, most - 1 if most > 0 else -1)
    if most < 0 or most >= len(value):
        return list(value)
    return [*value[: most - 1], value[most - 1 :]]


def _substring(value: str, start: int, end: int) -> str:
    if start > end:
        raise ValueError(f"invalid substring range. start: {start}, end: {end}")
    for index in (start, end):
        if not 0 <= index <= len(value):
            raise ValueError(f"index out of range: {index}")
    return value[start:end]


def _join(values: list[Any], mark: str) -> str:
    for value in values:
        if not isinstance(value, str):
            raise ValueError(f"join: invalid input: {_shown(value)}")  # noqa: TRY004 - the engine wants this one
    return mark.join(values)


_ESCAPES = str.maketrans(
    {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\\": "\\\\", '"': '\\"'}
)


def _quote(value: str) -> str:
    return f'"{value.translate(_ESCAPES)}"'


def _format(pattern: str, arguments: list[Any]) -> str:
    """``string.format``: %s, %d, %f, %e, %b, %o, %x and %X, with a precision for the floats."""
    parts: list[str] = []
    rest, used = pattern, 0
    while rest:
        before, percent, rest = rest.partition("%")
        parts.append(before)
        if not percent:
            break
        if rest.startswith("%"):
            parts.append("%")
            rest = rest[1:]
            continue
        precision = ""
        if rest.startswith("."):
            digits = len(rest[1:]) - len(rest[1:].lstrip("0123456789"))
            precision, rest = rest[1 : 1 + digits], rest[1 + digits :]
        if not rest:
            raise ValueError("unexpected end of string")
        if used >= len(arguments):
            raise ValueError(f"index {used} out of range")
        parts.append(_clause(rest[0], precision, arguments[used]))
        rest, used = rest[1:], used + 1
    return "".join(parts)


def _clause(letter: str, precision: str, value: Any) -> str:  # noqa: PLR0911 - one for each letter
    whole = isinstance(value, int) and not isinstance(value, bool)
    if letter == "s":
        return _shown(value)
    if letter == "d" and whole:
        return str(value)
    if letter in "fe" and isinstance(value, float):
        return _float(value, letter, int(precision or 6))
    if letter == "b" and isinstance(value, int):
        return f"{int(value):b}"
    if letter == "o" and whole:
        return f"{value:o}"
    if letter in "xX" and (whole or isinstance(value, str | bytes | bytearray)):
        if isinstance(value, int):
            return f"{value:{letter}}"
        data = value.encode() if isinstance(value, str) else bytes(value)
        return data.hex().upper() if letter == "X" else data.hex()
    raise ValueError(_refused(letter, value))


_CLAUSES = {
    "d": ("decimal", "integers"),
    "f": ("fixed-point", "doubles"),
    "e": ("scientific", "doubles"),
    "b": ("binary", "integers and bools"),
    "o": ("octal", "integers"),
    "x": ("hex", "integers, byte buffers, and strings"),
    "X": ("hex", "integers, byte buffers, and strings"),
}
_NAMES = {str: "string", int: "int", float: "double", bool: "bool", list: "list", dict: "map", type(None): "null_type"}


def _refused(letter: str, value: Any) -> str:
    if letter not in _CLAUSES:
        return f'could not parse formatting clause: unrecognized formatting clause "{letter}"'
    name, takes = _CLAUSES[letter]
    given = _NAMES.get(type(value), type(value).__name__)
    return f"error during formatting: {name} clause can only be used on {takes}, was given {given}"


_RAISED = str.maketrans("0123456789-+", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺")


def _float(value: float, letter: str, precision: int) -> str:
    """As Go's printer for English writes it: with commas, and powers of ten raised."""
    if letter == "f":
        return f"{value:,.{precision}f}"
    mantissa, _, exponent = f"{value:.{precision}e}".partition("e")
    return f"{mantissa}×10{exponent.removeprefix('+').translate(_RAISED)}"


def _shown(value: Any, *, inside: bool = False) -> str:
    """A value as ``%s`` shows it; text ``inside`` a list or map is quoted."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, list):
        return f"[{', '.join(_shown(item, inside=True) for item in value)}]"
    if isinstance(value, dict):
        parts = sorted(f"{_shown(key, inside=True)}:{_shown(item, inside=True)}" for key, item in value.items())
        return "{" + ", ".join(parts) + "}"
    if isinstance(value, timedelta):
        text = f"{_shown(value.total_seconds())}s"
    elif isinstance(value, datetime):
        text = value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    else:
        text = value.decode(errors="replace") if isinstance(value, bytes | bytearray) else str(value)
    return _quote(text) if inside and not isinstance(value, int) else text
