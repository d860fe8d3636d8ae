"""Paths inside a JSON value, as kubeconform, JSON Schema and our findings write them (RFC 6901)."""

import re
from typing import Any

JsonPath = tuple[str | int, ...]
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)


def format_pointer(path: JsonPath) -> str:
    """``('spec', 'ports', 0)`` as the pointer ``/spec/ports/0``; the root is the empty string."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def parse_pointer(pointer: str, value: Any = None) -> JsonPath:
    """The steps of an RFC 6901 pointer; a step into a list of ``value`` becomes a number.

    Without ``value`` (or where it has no such place) a step of digits stays text: only the value knows whether
    ``0`` is a key or an index.
    """
    steps: list[str | int] = []
    here = value
    for raw in pointer.split("/")[1:]:
        name = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(here, list) and _INDEX.fullmatch(name):
            steps.append(int(name))
            here = here[int(name)] if int(name) < len(here) else None
        else:
            steps.append(name)
            here = here.get(name) if isinstance(here, dict) else None
    return tuple(steps)


def value_at(value: Any, path: JsonPath) -> Any:
    """What stands at ``path``; raises ``LookupError`` where nothing does."""
    for step in path:
        try:
            value = value[step]
        except (LookupError, TypeError):
            raise LookupError(format_pointer(path)) from None
    return value
