"""``policies/approvals/<environment>.yaml``: thousands of verdicts, read at once and written so that git can merge them.

A program writes these files. They are YAML in JSON's style after comment lines, so that the reader for JSON takes a tenth of a
second for what takes that for YAML two; a file that a person touched is read as any other YAML. The text follows from what it
says: writing what was read changes no byte.
"""

import gc
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from gitops.adapters.cache import write_atomically
from gitops.models.approval import Approval, Approvals
from gitops.models.vulnerability import Severity
from gitops.repository import documents, positions

FOLDER = "policies/approvals"
_HEAD = """\
# yaml-language-server: $schema=../schemas/approvals.json
# Which images were approved and which refused, and on what ground. Written by `tools/scan.py approve`: not by hand.
"""
# What JSON may hold as it is and YAML may not, or would read as the end of a line (https://yaml.org/spec/1.2.2/#51-character-set).
_NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_ENTRY = re.compile(r'^ +"image": "([^"]*)",\n(?: +"tag": "([^"]*)",\n)? +"digest": "([^"]*)"', re.MULTILINE)

Identity = tuple[str, str, str]
"""Image, tag and digest of an approval."""


def path_of(environment: str) -> str:
    """The file of an environment, from the repository's root."""
    return f"{FOLDER}/{environment}.yaml"


def read(data: bytes) -> Approvals | None:
    """What a file says, or None where it is defective: ``facts`` says what is wrong with it."""
    found = read_as_written(data)
    if found is not None:
        return found
    parsed = documents.parse(data)
    if parsed.defects or len(parsed.documents) != 1:
        return None
    return _validated(json.dumps(parsed.documents[0].value))


def read_as_written(data: bytes) -> Approvals | None:
    """The same of a file as ``text_of`` writes it, without reading YAML; None for any other, and for one that is defective."""
    try:
        text = _without_comments(data.decode())
        with _nothing_collected():
            json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError):
        return None
    return _validated(text)


def text_of(approvals: Approvals) -> str:
    """The file's text: sorted by image, tag and digest, what is empty left out."""
    ordered = Approvals(approvals=tuple(map(_ordered, sorted(approvals.approvals, key=lambda one: one.identity))))
    text = ordered.model_dump_json(indent=2, by_alias=True, exclude_defaults=True)
    return f"{_HEAD}{_NOT_IN_YAML.sub(_escaped, text)}\n"


def write(root: Path, environment: str, text: str) -> None:
    """Writes the file whole or not at all."""
    write_atomically(root / path_of(environment), text.encode())


def lines_of(data: bytes) -> dict[Identity, int]:
    """The line of each approval. Of a file as it is written the text tells: positions of every value would take seconds."""
    text = data.decode(errors="replace")
    lines: dict[Identity, int] = {}
    line, place = 1, 0
    for entry in _ENTRY.finditer(text):
        line += text.count("\n", place, entry.start())
        place = entry.start()
        lines.setdefault((entry[1], entry[2] or "", entry[3]), line)
    return lines or dict(_lines_by_yaml(text))


def _lines_by_yaml(text: str) -> Iterator[tuple[Identity, int]]:
    for root in documents.positions(text):
        entries = root.value.get("approvals") if isinstance(root.value, dict) else None
        for index, entry in enumerate(entries if isinstance(entries, list) else ()):
            if isinstance(entry, dict):
                key = (str(entry.get("image", "")), str(entry.get("tag", "")), str(entry.get("digest", "")))
                yield key, positions.find(root, ("approvals", index), root.value).line


def _ordered(approval: Approval) -> Approval:
    """Its mappings in one order: platforms by name, severities from the worst."""
    counts = sorted(approval.vulnerabilities.items(), key=lambda item: -Severity(item[0]).rank)
    return approval.model_copy(
        update={"platforms": dict(sorted(approval.platforms.items())), "vulnerabilities": dict(counts)},
    )


def _escaped(sign: re.Match[str]) -> str:
    return f"\\u{ord(sign[0]):04x}"


def _without_comments(text: str) -> str:
    place = 0
    while text.startswith("#", place):
        place = text.find("\n", place) + 1 or len(text)
    return text[place:]


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a key that stands twice the JSON reader would take the last in silence: a merge may leave two verdicts."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands twice")
    return found


def _validated(text: str) -> Approvals | None:
    try:
        with _nothing_collected():
            return Approvals.model_validate_json(text, strict=True)
    except ValidationError:
        return None


@contextmanager
def _nothing_collected() -> Iterator[None]:
    """Tens of thousands of objects come into being and all of them stay: to look for garbage among them doubles the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
