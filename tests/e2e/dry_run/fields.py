"""The fields that the API server names in what it says, as paths into the object.

It writes ``spec.template.spec.containers[0].image``, ``data[a.yaml]``, and where it speaks of a merge
``.spec.containers[name="web"].image``.
"""

import re
from typing import Any

from gitops.models.paths import JsonPath
from gitops.models.values import mapping

_STEP = re.compile(r"\.?([^.\[\]]+)|\[\"([^\"]*)\"\]|\[([^\]]*)\]")
_KEY = re.compile(r'(\w+)="?([^",]*)"?')
_UNDECLARED = re.compile(r"(\.[\w.\-/]+(?:\[[^\]]*\][\w.\-/]*)*): field not declared in schema")


def parse(field: str, body: Any) -> JsonPath:
    """The path that a field's name means in an object; as far as there is such a place, and one step on."""
    path: list[str | int] = []
    here = body
    for match in _STEP.finditer(field):
        step = _step(next(part for part in match.groups() if part is not None), here)
        path.append(step)
        try:
            here = here[step]
        except (LookupError, TypeError):
            break
    return tuple(path)


def causes(status: dict[str, Any], body: Any) -> list[tuple[JsonPath, str]]:
    """What is wrong by field, each once; empty where the answer names none. ``status`` is a ``Status`` of the API."""
    named = mapping(status.get("details")).get("causes")
    found: dict[tuple[JsonPath, str], None] = {}
    for cause in map(mapping, named if isinstance(named, list) else []):
        field, message = cause.get("field"), str(cause.get("message", ""))
        if isinstance(field, str) and field:
            found[parse(field, body), f"{field}: {message}"] = None
    if not found:
        for field in _UNDECLARED.findall(str(status.get("message", ""))):
            found[parse(field, body), f"{field}: field not declared in schema"] = None
    return list(found)


def _step(name: str, here: Any) -> str | int:
    if isinstance(here, list):
        if name.isdecimal():
            return int(name)
        wanted = dict(_KEY.findall(name))
        for index, item in enumerate(here):
            if wanted and all(str(mapping(item).get(key)) == value for key, value in wanted.items()):
                return index
    return name
