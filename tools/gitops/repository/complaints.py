"""kubeconform's messages as single failures.

Its JSON tells details only inside ``msg``: ``- at '/spec/ports/0': additional properties 'prot' not allowed``, nested by
indentation, with a line for each enclosing value that only says that something inside is wrong. Form: the text output of
santhosh-tekuri/jsonschema v6, which kubeconform v0.8 passes on.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from gitops.models.paths import JsonPath, parse_pointer

_ENTRY = re.compile(r" - at '((?:[^'\\]|\\.)*)': (.*?)(?=\s+- at '|$)", re.DOTALL)
_ENCLOSING = re.compile(r"^(validation failed|'?(allOf|anyOf|oneOf)'? failed.*|'not' failed.*)$")
_ADDITIONAL = re.compile(r"^additional propert(?:y|ies) (.+) not allowed$")
_MISSING = re.compile(r"^missing propert(?:y|ies) (.+)$")
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'")


@dataclass(frozen=True, slots=True)
class Detail:
    """One fault of one object: ``unknown`` names a field that the schema does not have."""

    path: JsonPath
    message: str
    unknown: str = ""


def details(message: str, body: dict[str, Any]) -> list[Detail]:
    """Every fault that a message tells, without those that only enclose another; at least one."""
    entries = [(match[1].replace("\\'", "'"), match[2].strip()) for match in _ENTRY.finditer(message)]
    found: list[Detail] = []
    for pointer, text in entries:
        if not _ENCLOSING.match(text):
            found += _faults(parse_pointer(pointer, body), text)
    if not found:
        return [Detail(parse_pointer(pointer, body), text) for pointer, text in entries] or [Detail((), message)]
    return list(dict.fromkeys(found))


def _faults(path: JsonPath, text: str) -> Iterator[Detail]:
    if match := _ADDITIONAL.match(text):
        for name in _names(match[1]):
            yield Detail((*path, name), f"unknown field '{name}'", name)
    elif match := _MISSING.match(text):
        for name in _names(match[1]):
            yield Detail(path, f"the field '{name}' is missing")
    else:
        yield Detail(path, text.replace("null or ", ""))


def _names(text: str) -> list[str]:
    return [name.replace("\\'", "'") for name in _QUOTED.findall(text)]
