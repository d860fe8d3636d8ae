"""kubeconform's messages as single failures.

Its JSON tells details only inside ``msg``: ``- at '/spec/ports/0': additional properties 'prot' not allowed``, nested by
indentation, with a line for each enclosing value that only says that something inside is wrong. Form: the text output of
santhosh-tekuri/jsonschema v6, which kubeconform v0.8 passes on.
"""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gitops.models.paths import JsonPath, parse_pointer

_ENTRY = re.compile(r" - at '((?:[^'\\]|\\.)*)': (.*?)(?=\s+- at '|$)", re.DOTALL)
_ENCLOSING = re.compile(r"^(validation failed|'(allOf|anyOf)' failed|'oneOf' failed, none matched)$")
_ADDITIONAL = re.compile(r"^additional propert(?:y|ies) (.+) not allowed$")
_MISSING = re.compile(r"^missing propert(?:y|ies) (.+)$")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'")


@dataclass(frozen=True, slots=True)
class Detail:
    """One fault of one object: ``unknown`` names a field that the schema does not have."""

    path: JsonPath
    message: str
    unknown: str = ""
    missing: str = ""


def details(message: str, body: dict[str, Any]) -> list[Detail]:
    """Every fault that a message tells, without those that only enclose another; at least one."""
    entries = [(match[1].replace("\\'", "'"), match[2].strip()) for match in _ENTRY.finditer(message)]
    found: list[Detail] = []
    for pointer, text in entries:
        if not _ENCLOSING.match(text):
            found += _faults(parse_pointer(pointer, body), text)
    if not found:
        return [Detail(parse_pointer(pointer, body), text) for pointer, text in entries] or [Detail((), message)]
    return [detail for detail in dict.fromkeys(found) if not _is_misspelt(detail, found)]


def _faults(path: JsonPath, text: str) -> Iterator[Detail]:
    if match := _ADDITIONAL.match(text):
        for name in _names(match[1]):
            yield Detail((*path, name), f"unknown field '{name}'", name)
    elif match := _MISSING.match(text):
        for name in _names(match[1]):
            yield Detail(path, f"the field '{name}' is missing", missing=name)
    else:
        yield Detail(path, text.replace("null or ", ""))


def _is_misspelt(detail: Detail, found: list[Detail]) -> bool:
    """Whether a missing field is there under a name much like it: then that name is the fault."""
    beside = [other.unknown for other in found if other.unknown and other.path[:-1] == detail.path]
    return bool(detail.missing and close_names(detail.missing, beside))


def close_names(name: str, others: list[str]) -> list[str]:
    """Those of the other names that may be a misspelling of this one, the nearest first."""
    return difflib.get_close_matches(name, others, n=3, cutoff=0.7)


def _names(text: str) -> list[str]:
    return [name.replace("\\'", "'") for name in _QUOTED.findall(text)]
