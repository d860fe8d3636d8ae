"""The engine's words for errors as cel-go's, which the API server shows: a case's expected message must hold for both."""

import re

_CODE = re.compile(r"^[A-Z_]+: ")
# What the engine says where a field is asked of something that has none.
NO_FIELDS = frozenset({"Applying SELECT to non-message type", "no fields"})
LIST_FIELD = "unsupported index type 'string' in list"
_OVERLOAD = re.compile(
    r"No matching overloads found : (?:\((?P<receiver>[^)]*)\)\.)?(?P<name>[^(]*)(?:\((?P<types>.*)\))?", re.DOTALL
)
_TYPES = {"int64": "int", "uint64": "uint"}
_CONVERSION = r"type conversion error from 'string' to 'google.protobuf.\1'"
_OPTIONAL_FIELD = frozenset({"_?._", "_[?_]"})
_BARE = frozenset({"startsWith", "endsWith", "contains", "matches"})
_WORDS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r'^Key not found in map : "?(.*?)"?$', re.DOTALL), r"no such key: \1"),
    (re.compile(r"^Invalid container type: .*"), "no fields"),
    (re.compile(r"^divide by zero$"), "division by zero"),
    (re.compile(r"^Index error: index=(-?\d+) size=\d+$"), r"index out of bounds: \1"),
    (re.compile(r"^Index error: expected integer type, got (\w+)$"), r"unsupported index type '\1' in list"),
    (re.compile(r"^cannot convert (\w+) to (\w+)$"), r"type conversion error from '\1' to '\2'"),
    (re.compile(r"^String to (Timestamp|Duration) conversion failed$"), _CONVERSION),
    (re.compile(r"^sort\(\): unsupported type .*"), "list elements must be comparable"),
    (re.compile(r"^'(.*)'$", re.DOTALL), r"\1"),
)
_REGEX = re.compile(r"invalid regular expression: (?P<reason>.*?): (?P<pattern>.*)", re.DOTALL)
_REASONS = {
    "missing )": "missing closing )",
    "missing ]": "missing closing ]",
    "no argument for repetition operator": "missing argument to repetition operator",
    "bad repetition operator": "invalid nested repetition operator",
}


def in_go_words(message: str) -> str:
    """``NOT_FOUND: Key not found in map : "a"`` as ``no such key: a``; what is not known stays as it is."""
    text = _CODE.sub("", message)
    overload = _OVERLOAD.fullmatch(text)
    if overload:
        return _no_overload(overload)
    if _REGEX.fullmatch(text):
        return regex_in_go_words(text)
    for pattern, words in _WORDS:
        changed, count = pattern.subn(words, text)
        if count:
            return changed
    return text


def _no_overload(match: re.Match[str]) -> str:
    name = match["name"].strip()
    if name in _OPTIONAL_FIELD:
        return "no fields"
    if not name[:1].isalpha() or name in _BARE:
        return "no such overload"
    if name == "size":
        return "no such overload: size"
    types = [each for each in (match["receiver"], *(match["types"] or "").split(", ")) if each]
    return f"no such overload: {name}({', '.join(_TYPES.get(each, each) for each in types)})"


def regex_in_go_words(message: str, pattern: str = "") -> str:
    """RE2's complaint as Go's; ``pattern`` is the whole one where the engine was given another in its place."""
    match = _REGEX.search(message)
    if not match:
        return message
    return f"error parsing regexp: {_REASONS.get(match['reason'], match['reason'])}: `{pattern or match['pattern']}`"
