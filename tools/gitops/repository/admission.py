"""Admission policies as they lie in the tree, or in any other YAML."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import ValidationError

from gitops.models.admission import ANNOTATION, Binding, BindingSpec, Policy, PolicySpec
from gitops.models.paths import JsonPath
from gitops.models.resource import JsonObject
from gitops.models.values import mapping
from gitops.repository import documents, positions
from gitops.repository.facts import YAML_SUFFIXES
from gitops.repository.kustomization import FILE_NAMES
from gitops.repository.tree import Tree

FOLDER = "policies/admission"
_GROUP = "admissionregistration.k8s.io/"
_POLICY, _BINDING = "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"


class Mistake(NamedTuple):
    """Why a policy or binding can't be read."""

    file: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class PolicySet:
    """Policies, what lies beside them for them to look up (bindings, parameters), and policies and bindings that are none."""

    policies: tuple[Policy, ...] = ()
    beside: tuple[JsonObject, ...] = ()
    mistakes: tuple[Mistake, ...] = ()


def load_policies(tree: Tree) -> tuple[Policy, ...]:
    """The policies of ``policies/admission``."""
    return policies_of(tree).policies


def policies_of(tree: Tree) -> PolicySet:
    """All that ``policies/admission`` holds, by file."""
    files = [path for path, facts in tree.files.items() if path.startswith(f"{FOLDER}/") and not facts.complaints]
    chosen = [path for path in files if path.endswith(YAML_SUFFIXES) and path.rpartition("/")[2] not in FILE_NAMES]
    return read_policies({path: tree.text(path) for path in chosen})


def read_policies(texts: Mapping[str, str]) -> PolicySet:
    """The policies in YAML texts by name of file, and the objects beside them."""
    policies: list[Policy] = []
    beside: list[JsonObject] = []
    mistakes: list[Mistake] = []
    for file, text in texts.items():
        for root in documents.positions(text):
            body = mapping(root.value)
            kind = body.get("kind") if str(body.get("apiVersion", "")).startswith(_GROUP) else None
            try:
                if kind == _POLICY:
                    policy = policy_of(body, file)
                    policies.append(policy)
                    mistakes += _wrong_pointers(policy, root)
                    continue
                if kind == _BINDING:
                    binding_of(body)
                if body:
                    beside.append(body)
            except ValidationError as error:
                for detail in error.errors():
                    path = ("spec", *detail["loc"])
                    line = positions.find(root, path, root.value).line
                    mistakes.append(Mistake(file, line, f"{_shown(path)}: {detail['msg'].removeprefix('Value error, ')}"))
    return PolicySet(tuple(policies), tuple(beside), tuple(mistakes))


def bindings_of(bodies: Iterable[JsonObject]) -> tuple[Binding, ...]:
    """The bindings among rendered objects; one that can't be read is the schema check's business."""
    found = []
    for body in bodies:
        if body.get("kind") == _BINDING and str(body.get("apiVersion", "")).startswith(_GROUP):
            try:
                found.append(binding_of(body))
            except ValidationError:
                continue
    return tuple(found)


def policy_of(body: JsonObject, file: str = "") -> Policy:
    """A policy from its object; raises ``ValidationError`` about its spec."""
    metadata = mapping(body.get("metadata"))
    annotations = {str(key): str(value) for key, value in mapping(metadata.get("annotations")).items()}
    spec = PolicySpec.model_validate(_without_nulls(body.get("spec") or {}))
    return Policy(name=str(metadata.get("name", "")), spec=spec, annotations=annotations, file=file)


def binding_of(body: JsonObject) -> Binding:
    """A binding from its object; raises ``ValidationError`` about its spec."""
    spec = BindingSpec.model_validate(_without_nulls(body.get("spec") or {}))
    return Binding(name=str(mapping(body.get("metadata")).get("name", "")), spec=spec)


def _wrong_pointers(policy: Policy, root: documents.Node) -> Iterator[Mistake]:
    """The policy stays one: its refusals point at the object as a whole until the annotation is corrected."""
    annotation = f"{ANNOTATION}path"
    line = positions.find(root, ("metadata", "annotations", annotation), root.value).line
    for wrong in policy.pointers.mistakes:
        yield Mistake(policy.file, line, f"{policy.name}: annotation {annotation}: {wrong}")


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _shown(path: JsonPath) -> str:
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}"
    return text.lstrip(".")
