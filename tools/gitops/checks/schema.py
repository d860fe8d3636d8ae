"""Schemas: every object has the fields, and the types, that its API knows."""

import difflib
from collections.abc import Iterator

from gitops.checks.api_lifecycle import removed_in
from gitops.checks.evidence import EnvironmentEvidence, SchemaFailure
from gitops.checks.unit import Problem, Scope, check
from gitops.models.resource import Resource
from gitops.models.values import mapping
from gitops.repository.crds import is_crd

_API = "https://kubernetes.io/docs/reference/kubernetes-api/"
_CRD = "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/"


@check(
    "SCHEMA001",
    "Object does not fit its schema",
    Scope.ENVIRONMENT,
    why="A field that the API does not know is dropped without a word, and a wrong type fails the sync.",
    fix="Correct the field; 'kubectl explain <kind>.<path>' tells what is allowed.",
    reference=_API,
    anywhere=True,
)
def invalid(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Misspelt fields, wrong types, missing fields; each as a problem of its own."""
    for verdict in evidence.schema_verdicts:
        for failure in verdict.failures:
            yield Problem(failure.message, verdict.resource, failure.path, fix=_nearest(failure))


@check(
    "SCHEMA002",
    "Kind has no schema",
    Scope.ENVIRONMENT,
    why="An object of an unknown kind is checked by nobody, and a cluster without that kind refuses it.",
    fix="Correct apiVersion and kind, or bring the kind's CustomResourceDefinition into an overlay of this environment.",
    reference=_CRD,
    anywhere=True,
)
def missing(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Kinds that neither Kubernetes nor a rendered CustomResourceDefinition knows."""
    for verdict in evidence.schema_verdicts:
        resource = verdict.resource
        if verdict.missing and not removed_in(resource.api_version, resource.kind, verdict.kubernetes):
            kind = f"{resource.kind} of {resource.api_version}"
            message = f"Kubernetes {verdict.kubernetes} has no kind {kind}, and no CRD here defines it"
            yield Problem(message, resource, ("kind",))


@check(
    "SCHEMA003",
    "Schema does not compile",
    Scope.ENVIRONMENT,
    why="A broken definition checks nothing, and the API server refuses it.",
    fix="Correct the schema in the CustomResourceDefinition.",
    reference=_CRD,
    anywhere=True,
)
def broken(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Kinds whose schema is there and can't be used; told once, at their CustomResourceDefinition where it is rendered."""
    definitions = {_defined(resource): resource for resource in evidence.resources if is_crd(resource.body)}
    told: set[tuple[str, str, str]] = set()
    for verdict in evidence.schema_verdicts:
        resource = verdict.resource
        kind = (verdict.kubernetes, resource.api_version, resource.kind)
        if verdict.broken and kind not in told:
            told.add(kind)
            message = f"the schema of {resource.kind} ({resource.api_version}) does not compile: {verdict.broken}"
            definition = definitions.get((resource.group, resource.kind))
            yield Problem(message, definition or resource, ("spec", "versions") if definition else ("kind",))


def _defined(crd: Resource) -> tuple[str, str]:
    """Group and kind that a CustomResourceDefinition defines."""
    spec = mapping(crd.body.get("spec"))
    return str(spec.get("group")), str(mapping(spec.get("names")).get("kind"))


@check(
    "SCHEMA004",
    "Schemas could not be applied",
    Scope.ENVIRONMENT,
    why="Without an answer for every object nothing is known of any of them; that must not look like a clean run.",
    fix="Repair kubeconform, or choose a Kubernetes version that there are schemas for.",
    waivable=False,
    anywhere=True,
)
def engine_failed(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """kubeconform crashed, printed nothing usable or left objects out."""
    for failure in evidence.schema_engine:
        name = evidence.environment.name
        yield Problem(failure.message, file=failure.file, line=failure.line, environment=name, fix=failure.fix)


def _nearest(failure: SchemaFailure) -> str:
    near = difflib.get_close_matches(failure.field, failure.known, n=1) if failure.field else []
    if near:
        return f"Did you mean '{near[0]}'?"
    return f"The fields here are: {', '.join(failure.known)}." if failure.field and failure.known else ""
