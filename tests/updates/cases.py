"""Changes of objects, and whether the API server takes them: for the checks of a merge request and for a real API server.

A file is a YAML list; an entry has an ``object``, ``since`` (what controllers wrote into it afterwards), and changes of it
under ``refused``, ``kept`` (taken, but without effect) and ``taken``. A change has a ``title``, ``change`` (a JSON merge patch,
RFC 7386, of the object's manifest) and, unless it is taken, the ``field`` that can't be so, as the manifest spells it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from gitops.models.values import mapping

FOLDER = Path(__file__).parent
# The class that claims without one get. Others may be named, and are not there.
DEFAULT_CLASS = "growing"


class Verdict(StrEnum):
    REFUSED = "refused"
    KEPT = "kept"
    TAKEN = "taken"


@dataclass(frozen=True)
class Update:
    """One change of an object; ``field`` is empty where it is taken."""

    title: str
    verdict: Verdict
    old: dict[str, Any]
    new: dict[str, Any]
    field: str

    @property
    def id(self) -> str:
        return f"{self.old['kind']} {self.old['metadata']['name']}: {self.title}"


@dataclass(frozen=True)
class Entry:
    """An object with its changes."""

    object: dict[str, Any]
    since: dict[str, Any]
    updates: tuple[Update, ...]


@cache
def entries() -> tuple[Entry, ...]:
    """Every entry of every file."""
    files = sorted(FOLDER.glob("*.yaml"))
    return tuple(_entry(body) for file in files for body in yaml.safe_load(file.read_text(encoding="utf-8")))


def updates(*verdicts: Verdict) -> list[Update]:
    """Every change about which the API server says one of these."""
    return [update for entry in entries() for update in entry.updates if update.verdict in verdicts]


def _entry(body: dict[str, Any]) -> Entry:
    unknown = set(body) - {"object", "since", *Verdict}
    if unknown:
        raise ValueError(f"{body['object']['metadata']['name']}: unknown fields {', '.join(sorted(unknown))}")
    return Entry(body["object"], body.get("since", {}), tuple(_updates(body)))


def _updates(body: dict[str, Any]) -> Iterator[Update]:
    for verdict in Verdict:
        for change in body.get(verdict, []):
            new = merged(body["object"], change["change"])
            yield Update(change["title"], verdict, body["object"], new, change["field"] if verdict is not Verdict.TAKEN else "")


def merged(value: Any, change: Any) -> Any:
    """A JSON merge patch applied (RFC 7386)."""
    if not isinstance(change, dict):
        return change
    result = dict(mapping(value))
    for name, item in change.items():
        if item is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), item)
    return result
