"""Go's templates, as far as ApplicationSets need them to choose between a few words.

Actions: a field of the parameters (``.path.basename``), texts, ``if``, ``else if``, ``else`` and ``end``, pipes, parentheses,
and the functions below. Anything else is ``Undecided`` and never guessed. Sources: https://pkg.go.dev/text/template,
https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/GoTemplate/.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

_ACTION = re.compile(r"\{\{(?:-\s)?\s*(/\*.*?\*/|(?:\"(?:[^\"\\]|\\.)*\"|`[^`]*`|[^\"`])*?)\s*(?:\s-)?\}\}", re.DOTALL)
_TOKEN = re.compile(r'\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|`[^`]*`)|(?P<word>[\w.$-]+)|(?P<mark>[()|]))')
_FIELD = re.compile(r"\.|(?:\.[A-Za-z_]\w*)+")
_WORDS: dict[str, Any] = {"true": True, "false": False}
# Sprig's take the text last, so that it can come through a pipe.
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "and": lambda *values: next((value for value in values if not value), values[-1]),
    "contains": lambda part, text: part in text,
    "default": lambda other, value: value or other,
    "eq": lambda first, *others: first in others,
    "hasPrefix": lambda part, text: text.startswith(part),
    "hasSuffix": lambda part, text: text.endswith(part),
    "lower": lambda text: text.lower(),
    "ne": lambda first, second: first != second,
    "not": lambda value: not value,
    "or": lambda *values: next((value for value in values if value), values[-1]),
    "replace": lambda old, new, text: text.replace(old, new),
    "trimPrefix": lambda part, text: text.removeprefix(part),
    "trimSuffix": lambda part, text: text.removesuffix(part),
}


class Undecided(Exception):
    """The template needs what only Argo CD knows, or what this reader does not."""


class _Piece(NamedTuple):
    """A text, or (``action``) what stands between two pairs of braces."""

    action: bool
    text: str


def fill_in(template: str, parameters: dict[str, Any]) -> str:
    """What a template says for these parameters; raises ``Undecided``, also for a parameter that is not there."""
    if "{{" not in template:
        return template
    pieces = _pieces(template)
    text, rest = _block(pieces, 0, parameters, live=True)
    if rest < len(pieces):
        raise Undecided(f"'{pieces[rest].text}' closes nothing")
    return text


@lru_cache(maxsize=256)  # one template is filled in for each overlay
def _pieces(template: str) -> tuple[_Piece, ...]:
    return tuple(_read(template))


def _read(template: str) -> Iterator[_Piece]:
    end, trimmed = 0, False
    for found in _ACTION.finditer(template):
        before = template[end : found.start()]
        before = before.lstrip() if trimmed else before
        yield _Piece(False, before.rstrip() if found[0].startswith("{{- ") else before)
        if not found[1].startswith("/*"):
            yield _Piece(True, found[1])
        end, trimmed = found.end(), found[0].endswith(" -}}")
    yield _Piece(False, template[end:].lstrip() if trimmed else template[end:])


def _block(pieces: tuple[_Piece, ...], start: int, parameters: dict[str, Any], live: bool) -> tuple[str, int]:
    """The text up to the action that ends the block, and the index of that action; what is not ``live`` is not worked out."""
    said, here = "", start
    while here < len(pieces):
        action, text = pieces[here]
        word = text.split(None, 1)[0] if action and text else ""
        if word in ("else", "end"):
            break
        if word == "if":
            chosen, here = _choice(pieces, here, parameters, live)
            said += chosen
        elif action:
            said += _shown(_value(text, parameters)) if live else ""
        else:
            said += text
        here += 1
    return said, here


def _choice(pieces: tuple[_Piece, ...], start: int, parameters: dict[str, Any], live: bool) -> tuple[str, int]:
    """The branch that holds, and the index of the ``end``."""
    said, open_still, here = "", live, start
    condition = pieces[start].text.removeprefix("if")
    while True:
        holds = open_still and (not condition or bool(_value(condition, parameters)))
        branch, here = _block(pieces, here + 1, parameters, holds)
        if here >= len(pieces):
            raise Undecided("an 'if' without its 'end'")
        if holds:
            said, open_still = branch, False
        if pieces[here].text == "end":
            return said, here
        condition = pieces[here].text.removeprefix("else").strip().removeprefix("if").strip()


def _value(pipeline: str, parameters: dict[str, Any]) -> Any:
    tokens = list(_tokens(pipeline))
    value = _pipe(tokens, parameters)
    if tokens:
        raise Undecided(f"'{pipeline.strip()}' can't be read")
    return value


@lru_cache(maxsize=256)
def _tokens(text: str) -> tuple[str, ...]:
    tokens, here = [], 0
    text = text.rstrip()
    while here < len(text):
        found = _TOKEN.match(text, here)
        if not found:
            raise Undecided(f"'{text.strip()}' can't be read")
        tokens.append(found[0].strip())
        here = found.end()
    return tuple(tokens)


def _pipe(tokens: list[str], parameters: dict[str, Any]) -> Any:
    """A pipe takes its tokens away; what comes out of one command is the last argument of the next."""
    value, passed = _command(tokens, parameters, []), []
    while tokens and tokens[0] == "|":
        tokens.pop(0)
        passed = [value]
        value = _command(tokens, parameters, passed)
    return value


def _command(tokens: list[str], parameters: dict[str, Any], passed: list[Any]) -> Any:
    if not tokens:
        raise Undecided("an empty action")
    function = _FUNCTIONS.get(tokens[0])
    if function is None:
        if passed:
            raise Undecided(f"the function '{tokens[0]}' is not known here")
        return _operand(tokens, parameters)
    name = tokens.pop(0)
    arguments = []
    while tokens and tokens[0] not in ("|", ")"):
        arguments.append(_operand(tokens, parameters))
    try:
        return function(*arguments, *passed)
    except (TypeError, AttributeError, IndexError) as error:
        raise Undecided(f"'{name}' can't take these arguments") from error


def _operand(tokens: list[str], parameters: dict[str, Any]) -> Any:
    word = tokens.pop(0)
    if word.startswith("("):
        value = _pipe(tokens, parameters)
        if not tokens or tokens.pop(0) != ")":
            raise Undecided("a parenthesis that is not closed")
        return value
    if word.startswith('"'):
        return re.sub(r"\\(.)", r"\1", word[1:-1])
    if word.startswith("`"):
        return word[1:-1]
    if word.isdecimal():
        return int(word)
    if word in _WORDS:
        return _WORDS[word]
    if _FIELD.fullmatch(word):
        return _field(word, parameters)
    raise Undecided(f"'{word}' is not known here")


def _field(word: str, parameters: dict[str, Any]) -> Any:
    value: Any = parameters
    for name in filter(None, word.split(".")):
        if not isinstance(value, dict) or name not in value:
            raise Undecided(f"the generator gives no '{word}'")
        value = value[name]
    return value


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | int):
        return str(value)
    raise Undecided("a value that is no text")
