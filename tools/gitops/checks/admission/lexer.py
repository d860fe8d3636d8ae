"""The tokens of a CEL expression: enough to see which fields it names, and to rewrite what the engine does not know.

Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax (lexis).
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
    (?P<space>\s+|//[^\n]*)
  | (?P<string>(?:[bB]?[rR]|[rR][bB])(?:\"{3}.*?\"{3}|'{3}.*?'{3}|"[^"\n]*"|'[^'\n]*')
      | [bB]?(?:\"{3}(?:\\.|[^\\])*?\"{3}|'{3}(?:\\.|[^\\])*?'{3}|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'))
  | (?P<number>(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)[uU]?)
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*|`[^`\n]*`)
  | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A piece of an expression: its group (string, number, name, sign), its text and where it starts."""

    group: str
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class Chain(NamedTuple):
    """A name and the fields that are asked of it, as far as they are plain: ``request.userInfo.username``.

    ``has`` tells that the chain is all that a ``has()`` asks about; ``optional`` that a ``.?`` is among its dots.
    """

    fields: tuple[str, ...]
    start: int
    end: int
    optional: bool
    has: bool


def tokens(expression: str) -> list[Token]:
    """The tokens, without spaces and comments."""
    found = _TOKEN.finditer(expression)
    return [Token(str(each.lastgroup), each.group(), each.start()) for each in found if each.lastgroup != "space"]


def chains(expression: str) -> Iterator[Chain]:
    """Every chain of names, from left to right; what follows a closing bracket is none."""
    read = tokens(expression)
    index = 0
    while index < len(read):
        token = read[index]
        before = [each.text for each in read[max(0, index - 2) : index]]
        follows_dot = before[-1:] == ["."] or before == [".", "?"]
        if token.group != "name" or follows_dot:
            index += 1
            continue
        first, optional, fields = index, False, [token.text]
        while index + 2 < len(read) and read[index + 1].text == ".":
            step = 3 if read[index + 2].text == "?" else 2
            if index + step >= len(read) or read[index + step].group != "name":
                break
            optional |= step == 3
            index += step
            fields.append(read[index].text.strip("`"))
        called = index + 1 < len(read) and read[index + 1].text == "("
        if called and len(fields) > 1:  # the last name is a method
            fields.pop()
        has = first >= 2 and [each.text for each in read[first - 2 : first]] == ["has", "("]
        has = has and index + 1 < len(read) and read[index + 1].text == ")"
        if not called or len(fields) > 1 or index > first:
            yield Chain(tuple(fields), token.start, read[index].end, optional, has)
        index += 1


def closing(read: list[Token], opening: int) -> int:
    """The index of the bracket that closes the one at ``opening``; the last token where none does."""
    depth = 0
    for index in range(opening, len(read)):
        depth += (read[index].text in {"(", "[", "{"}) - (read[index].text in {")", "]", "}"})
        if depth == 0:
            return index
    return len(read) - 1


def position(expression: str, offset: int) -> tuple[int, int]:
    """Line and column, from 1, of a place in an expression."""
    line = expression.count("\n", 0, offset) + 1
    return line, offset - (expression.rfind("\n", 0, offset) + 1) + 1


def boxed(expression: str, dotted: frozenset[str]) -> str:
    """The expression with ``.k8sBox()`` before whatever is asked of a value: see ``cel.py``. ``dotted`` are names with dots."""
    read, parts, last, optional = tokens(expression), [], 0, False
    for index, token in enumerate(read):
        before = read[index - 1] if index else None
        if token.text not in {".", "["} or before is None or not _ends_value(before):
            optional = optional and not (before is not None and before.text in {"(", ",", "&", "|", "=", ":", "+"})
            continue
        after = [each.text for each in read[index + 1 : index + 4]]
        asks = after[:1] == ["?"]
        called = token.text == "." and not asks and after[1:2] == ["("]
        first = index < 2 or read[index - 2].text != "."
        if called or (token.text == "." and first and any(f"{before.text}.{name}" in dotted for name in after[:1])):
            optional = optional and not called
            continue
        parts += [expression[last : token.start], ".optMap(k8sEach, k8sEach.k8sBox())" if optional else ".k8sBox()"]
        last = token.start
        optional |= asks
    return "".join([*parts, expression[last:]])


def _ends_value(token: Token) -> bool:
    return (token.group in {"name", "string"} and token.text not in {"in", "return"}) or token.text in {")", "]", "}"}
