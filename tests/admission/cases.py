"""Cases of admission policies: files that the offline evaluator and a real API server are both held against.

A file is a YAML list; a case has ``title``, ``operation`` (CREATE unless given), ``object``, ``oldObject`` (of an UPDATE),
``namespace`` (labels of its namespace), ``params`` (an object, or several), ``binding`` (more of the binding's spec: how it
refers to the parameters, where that is not by the one object's name) and ``expect``. Cases of ``evaluator/`` bring their
``policy`` (a spec) along; cases of ``cases/<rule>.yaml`` are about the policy of that rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from gitops.checks.admission.compiled import compile_policy
from gitops.checks.admission.evaluate import Subject, evaluate_bound, params_of
from gitops.models.admission import Binding, BindingSpec, ParamRef, Policy
from gitops.models.admission_request import AdmissionRequest, Verdict
from gitops.repository.kinds import Kinds
from gitops.repository.stored import stored

FOLDER = Path(__file__).parent
NAMESPACE = "place"
CREATED = "2026-11-24T12:00:00Z"  # on a real API server it is the time of the test: no case may depend on which it is


@dataclass(frozen=True)
class Case:
    """One case; ``body`` is what its file says of it."""

    name: str
    body: dict[str, Any]

    @property
    def title(self) -> str:
        return str(self.body["title"])

    @property
    def params(self) -> list[dict[str, Any]]:
        given = self.body.get("params") or []
        return given if isinstance(given, list) else [given]

    @property
    def binding(self) -> dict[str, Any]:
        """The binding's spec but for its policy; one parameter object is referred to by its name unless the case says how."""
        given = dict(self.body.get("binding") or {})
        if "params" in self.body and "paramRef" not in given:
            given["paramRef"] = {"name": self.params[0]["metadata"]["name"], "parameterNotFoundAction": "Deny"}
        return given

    @property
    def allowed(self) -> bool:
        return bool(self.body["expect"]["allowed"])

    @property
    def message(self) -> str:
        return str(self.body["expect"].get("message", ""))


def load(file: Path) -> Iterator[Case]:
    """The cases of a file."""
    for index, body in enumerate(yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)):
        yield Case(f"{file.stem}-{index}", body)


def offline(case: Case, policy: Policy) -> list[Verdict]:
    """What the evaluator says, one verdict for each parameter object."""
    kinds = Kinds()
    named = case.body["object"]["metadata"].get("namespace") or NAMESPACE
    labels = {**(case.body.get("namespace") or {}), "kubernetes.io/metadata.name": named}
    space = stored({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": named, "labels": labels}})
    resource = kinds.find(case.body["object"]["apiVersion"], case.body["object"]["kind"])

    def placed(body: dict[str, Any] | None) -> dict[str, Any] | None:
        if body is None:
            return None
        metadata = {"namespace": NAMESPACE, **body["metadata"]} if resource.namespaced else body["metadata"]
        return stored({**body, "metadata": metadata})

    request = AdmissionRequest(
        resource=resource,
        body=placed(case.body["object"]),
        old_body=placed(case.body.get("oldObject")),
        namespace=space if resource.namespaced else None,
        operation=case.body.get("operation", "CREATE"),
        equivalents=kinds.equivalents(resource),
        created=CREATED,
    )
    binding = Binding(name="binding", spec=BindingSpec.model_validate({"policyName": policy.name, **case.binding}))

    def lookup(asked: Binding, *_: object) -> tuple[dict[str, Any] | None, ...]:
        reference = asked.spec.param_ref
        if reference is None or policy.spec.param_kind is None:
            return (None,)
        return params_of(asked, (stored(body) for body in case.params if _meant(reference, body)))

    return [verdict for _, verdict in evaluate_bound(compile_policy(policy), [binding], Subject(request), lookup)]


def _meant(reference: ParamRef, body: dict[str, Any]) -> bool:
    if reference.selector is not None:
        return reference.selector.takes(body["metadata"].get("labels") or {})
    return bool(body["metadata"]["name"] == reference.name)
