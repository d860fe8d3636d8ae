"""Where the findings of an admission policy point: what its annotation ``project-dare.eu/path`` says.

Each line is for one validation, in their order; a single line is for all of them. A line holds pointers, divided by spaces,
the best first. A pointer is a JSON pointer (RFC 6901) with two additions: ``pod`` or ``container`` may stand before its first
slash, and the step ``*`` goes through a list or a map. ``checks/admission/placing.py`` follows them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from gitops.models.paths import parse_pointer

EACH = "*"
_WRONG_ESCAPE = re.compile(r"~(?![01])")


class Start(StrEnum):
    """What a pointer counts from, as it is written before the first slash."""

    OBJECT = ""
    POD = "pod"  # the spec of the pods that the object is, or makes, whatever its kind
    CONTAINER = "container"  # a container of these pods: of containers, initContainers or ephemeralContainers


@dataclass(frozen=True, slots=True)
class Pointer:
    """``pod/volumes/*/hostPath``: what it counts from, and the steps from there."""

    start: Start
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pointers:
    """The pointers of a policy, line by line, and why some of them are none; one with mistakes has no lines."""

    lines: tuple[tuple[Pointer, ...], ...] = ()
    mistakes: tuple[str, ...] = ()

    def of(self, validation: int) -> tuple[Pointer, ...]:
        """The pointers of a validation by its index, -1 for what is no validation; only a single line is for that too."""
        if len(self.lines) == 1:
            return self.lines[0]
        return self.lines[validation] if 0 <= validation < len(self.lines) else ()


def read_pointers(text: str, validations: int) -> Pointers:
    """The pointers that an annotation holds, for a policy of so many validations."""
    rows = [line.split() for line in text.strip().splitlines()]
    mistakes = [f"'{word}' {wrong}" for row in rows for word in row for wrong in _faults(word)]
    if len(rows) > 1 and len(rows) != validations:
        mistakes.append(f"there are {len(rows)} lines and {validations} validations: write a line for each, or one for all")
    mistakes += [f"line {number} has no pointer" for number, row in enumerate(rows, start=1) if not row]
    if mistakes:
        return Pointers(mistakes=tuple(mistakes))
    return Pointers(tuple(tuple(_pointer(word) for word in row) for row in rows))


def _faults(word: str) -> Iterator[str]:
    start, slash, rest = word.partition("/")
    if start not in set(Start):
        yield "starts with none of /, pod/ and container/"
    steps = rest.split("/") if slash else []
    if "" in steps:
        yield "has an empty step"
    if any(EACH in step and step != EACH for step in steps):
        yield "has a * that is only a part of a step"
    if _WRONG_ESCAPE.search(rest):
        yield "has a ~ that is neither ~0 (for ~) nor ~1 (for /)"


def _pointer(word: str) -> Pointer:
    start, slash, rest = word.partition("/")
    return Pointer(Start(start), tuple(str(step) for step in parse_pointer(slash + rest)))
