"""kubeconform: validates objects against the schemas in one folder."""

import json
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gitops.adapters import command
from gitops.models.values import mapping

# Group, kind and version name a schema without doubt; kubeconform's own layout keeps only the group's first label.
SCHEMA_LAYOUT = "{{ .Group }}/{{ .ResourceKind }}_{{ .ResourceAPIVersion }}.json"
_WORKERS = "2"
_ESCAPED_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Complaint:
    """What kubeconform said of one object: ``index`` counts in the list that was given, ``invalid`` tells a schema's
    verdict from a failure to reach one."""

    index: int
    invalid: bool
    message: str


class Kubeconform:
    """One process per call, whatever the number of objects; offline, since the schemas are a folder."""

    def __init__(self, program: Path, identity: str, scratch: Path) -> None:
        self.identity = identity
        self._program = program
        self._scratch = scratch

    def validate(self, objects: Sequence[dict[str, Any]], schemas: Path) -> list[Complaint]:
        """The complaints about ``objects``; none means that every one of them was validated and found right.

        Raises ``command.CommandFailed`` where the program crashes, prints something else than its JSON or answers for
        more or fewer objects than it was given (an empty input is "valid" to it, and its exit code says nothing).
        """
        if not objects:
            return []
        self._scratch.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._scratch, prefix="objects-") as folder:
            names = _write_files(objects, Path(folder))
            options = ["-strict", "-output", "json", "-summary", "-n", _WORKERS]
            location = ["-schema-location", f"{schemas}/{SCHEMA_LAYOUT}"]
            files = sorted({str(file) for file, _ in names})
            output = command.run(
                [self._program, *options, *location, *files], limit=command.time_limit(), accept=frozenset({0, 1})
            )
        return _read_answer(output, names, len(objects))


_Signature = tuple[Path, tuple[str, str, str]]


def _write_files(objects: Sequence[dict[str, Any]], folder: Path) -> dict[_Signature, int]:
    """Writes the objects so that file, apiVersion, kind and name tell them apart: that is all an answer says of one."""
    documents: dict[Path, list[str]] = defaultdict(list)
    indexes: dict[_Signature, int] = {}
    seen: dict[tuple[str, str, str], int] = defaultdict(int)
    for index, body in enumerate(objects):
        signature = _signature(body)
        file = folder / f"{seen[signature]}.yaml"
        seen[signature] += 1
        indexes[file, signature] = index
        documents[file].append(_as_yaml(body))
    for file, texts in documents.items():
        file.write_text("\n---\n".join(texts), encoding="utf-8")
    return indexes


def _as_yaml(body: dict[str, Any]) -> str:
    """JSON that is YAML too: YAML has no pairs of surrogates, and takes some characters only escaped."""
    return _ESCAPED_IN_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(body, ensure_ascii=False))


def _signature(body: dict[str, Any]) -> tuple[str, str, str]:
    metadata = mapping(body.get("metadata"))
    name, generated = metadata.get("name"), metadata.get("generateName")
    if isinstance(generated, str):
        name = generated + "{{ generateName }}"
    return (str(body.get("apiVersion", "")), str(body.get("kind", "")), name if isinstance(name, str) else "")


def _read_answer(output: command.Output, indexes: dict[_Signature, int], expected: int) -> list[Complaint]:
    try:
        answer = json.loads(output.stdout)
        entries = answer["resources"] or []
        answered = sum(int(answer["summary"][count]) for count in ("valid", "invalid", "errors"))
        complaints = [
            Complaint(
                indexes[Path(entry["filename"]), (entry["version"], entry["kind"], entry["name"])],
                entry["status"] == "statusInvalid",
                entry["msg"],
            )
            for entry in entries
        ]
    except (ValueError, KeyError, TypeError) as error:
        said = output.stderr.strip() or output.stdout.strip()[:200] or "nothing"
        raise command.CommandFailed("kubeconform", f"gave no usable answer; it printed: {said}") from error
    if answered != expected:
        raise command.CommandFailed("kubeconform", f"answered for {answered} of {expected} objects")
    return sorted(complaints, key=lambda complaint: complaint.index)
