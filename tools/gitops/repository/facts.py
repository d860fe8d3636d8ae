"""What one file says, found once per content: its defects, its references and, for our own files, its data.

Nothing here depends on where the file lies beside others, so that the answers can be kept by the hash of the bytes.
"""

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import ValidationError

from gitops.adapters.cache import Cache, Pack
from gitops.models.approval import Approvals
from gitops.models.paths import JsonPath
from gitops.models.schemas import OwnFile, own_file
from gitops.models.settings import FORMS
from gitops.repository import approvals, documents, kustomization, positions
from gitops.repository.complaints import close_names
from gitops.repository.documents import Node
from gitops.repository.kustomization import Reference

YAML_SUFFIXES = (".yaml", ".yml")
_SOUND = "sound"


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong inside a file: ``kind`` is a ``DefectKind``, ``unknown-field``, ``settings`` or ``open-name``."""

    kind: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file's bytes alone tell. ``data`` is only kept for our own files and None where they are defective; of approvals,
    which are many, it only says that they are sound: ``Tree.approvals`` reads them where somebody asks.

    ``remarks`` are about what does not keep anybody from using the file.
    """

    sha256: str
    complaints: tuple[Complaint, ...] = ()
    references: tuple[Reference, ...] = ()
    data: Any = None
    remarks: tuple[Complaint, ...] = ()


class FactReader:
    """Reads files into facts; what was found out about the same bytes before is in a pack of the cache."""

    def __init__(self, store: Cache, tools: str) -> None:
        """``tools`` is a hash of these tools, which decide what the facts of a file are."""
        self._pack = Pack(store, "facts", tools)

    def read(self, path: str, data: bytes) -> FileFacts:
        """The facts of the file at ``path`` (relative to the root) with these bytes."""
        sha256 = hashlib.sha256(data).hexdigest()
        name = path.rpartition("/")[2]
        is_kustomization = name in kustomization.FILE_NAMES
        if not is_kustomization and not name.endswith(YAML_SUFFIXES):
            return FileFacts(sha256)
        own = own_file(path)
        role = "kustomization" if is_kustomization else own.schema if own else "manifest"
        key = f"{role} {sha256}"
        known = self._pack.get(key)
        if known is None:
            known = _pack(_examine(path, data, is_kustomization))
            self._pack.put(key, known)
        return _unpack(sha256, known)

    def save(self) -> None:
        """Keeps what was found out; to be called once the whole tree was read."""
        self._pack.save()


def read_own(path: str, data: bytes) -> FileFacts:
    """The facts of one of our own files that is not in the tree: what it says in another revision."""
    return _examine(path, data, is_kustomization=False)


def _pack(facts: FileFacts) -> list[Any]:
    complaints = [[complaint.kind, complaint.line, complaint.message] for complaint in facts.complaints]
    remarks = [[remark.kind, remark.line, remark.message] for remark in facts.remarks]
    references = [list(reference) for reference in facts.references]
    packed = [complaints, references, facts.data, remarks]
    return packed if any(packed) else []


def _unpack(sha256: str, packed: list[Any]) -> FileFacts:
    if not packed:
        return FileFacts(sha256)
    complaints, references, data, remarks = packed
    return FileFacts(
        sha256,
        tuple(Complaint(*item) for item in complaints),
        tuple(Reference(*item) for item in references),
        data,
        tuple(Complaint(*item) for item in remarks),
    )


def _examine(path: str, data: bytes, is_kustomization: bool) -> FileFacts:
    if path.startswith(f"{approvals.FOLDER}/") and approvals.read_as_written(data) is not None:
        return FileFacts("", data=_SOUND)
    parsed = documents.parse(data)
    complaints = [Complaint(defect.kind.value, defect.line, defect.message) for defect in parsed.defects]
    if complaints:
        return FileFacts("", tuple(complaints))
    own = own_file(path)
    remarks = tuple(
        Complaint("open-name", line, f"{step} also finds what merely contains it")
        for document in (parsed.documents if own is None else ())
        for step, line in kustomization.open_names(document)
    )
    if own is None and not is_kustomization:
        return FileFacts("", remarks=remarks)
    if len(parsed.documents) != 1 or not isinstance(parsed.documents[0].value, dict):
        what = "kustomization" if is_kustomization else "file"
        fault = "is no single mapping" if parsed.documents else "is empty"
        return FileFacts("", (Complaint("settings", 1, f"the {what} {fault}"),))
    root = parsed.documents[0]
    if own is None:
        unknown = [
            Complaint("unknown-field", line, f"'{name}' is no field of a kustomization")
            for name, line in kustomization.unknown_fields(root)
        ]
        return FileFacts("", tuple(unknown), tuple(kustomization.references(root)), remarks=remarks)
    wrong = _complaints_about(own, root)
    kept = _SOUND if own.document is Approvals else root.value
    return FileFacts("", tuple(wrong), (), None if wrong else kept)


def _complaints_about(own: OwnFile, root: Node) -> list[Complaint]:
    """What is wrong with one of our own files: the schema's words where it has any, else the model's."""
    try:
        own.document.model_validate_json(json.dumps(root.value), strict=True)
    except ValidationError as error:
        return _schema_complaints(own, root) or _model_complaints(error, root)
    return []


def _schema_complaints(own: OwnFile, root: Node) -> list[Complaint]:
    errors = sorted(_validator(own).iter_errors(root.value), key=lambda error: [str(step) for step in error.path])
    complaints = []
    for error in errors:
        path: JsonPath = tuple(error.absolute_path)
        known = error.schema.get("properties", {})
        unknown = sorted(set(error.instance) - set(known)) if isinstance(error.instance, dict) else []
        if error.validator == "additionalProperties":
            for name in unknown:
                line = positions.find(root, (*path, name), root.value).line
                complaints.append(Complaint("unknown-field", line, f"'{name}' is no field here; {_advice(name, known)}"))
        elif error.validator != "required" or not close_names(_missing(error), unknown):
            line = positions.find(root, path, root.value).line
            complaints.append(Complaint("settings", line, f"{_place(path)}{_message(error)}"))
    return complaints


def _message(error: Any) -> str:
    form = FORMS.get(error.validator_value) if error.validator == "pattern" else None
    return f"'{error.instance}' is no {form}" if form else str(error.message)


def _missing(error: Any) -> str:
    """The required field that an error of jsonschema is about: one error for each that is missing."""
    names: list[str] = error.validator_value
    return next(name for name in names if name not in error.instance and repr(name) in error.message)


def _advice(name: str, known: dict[str, Any]) -> str:
    near = close_names(name, list(known))
    return f"did you mean '{near[0]}'?" if near else f"the fields are {', '.join(sorted(known))}"


def _model_complaints(error: ValidationError, root: Node) -> list[Complaint]:
    """What only the model knows: conditions between fields, and dates that no calendar has."""
    faults = error.errors()
    told = [fault for fault in faults if fault["type"] == "value_error"] or faults  # any other then only follows from it
    return [
        Complaint("settings", positions.find(root, fault["loc"], root.value).line, fault["msg"].removeprefix("Value error, "))
        for fault in told
    ]


def _place(path: JsonPath) -> str:
    return f"{'.'.join(str(step) for step in path)}: " if path else ""


@cache
def _validator(own: OwnFile) -> Any:
    from jsonschema import Draft202012Validator  # slow to import, and only needed to say what is wrong

    return Draft202012Validator(own.document.json_schema())
