"""SCHEMA: what kubeconform said of the objects."""

from typing import Any

import pytest

from gitops.checks.evidence import EngineFailure, SchemaFailure, SchemaVerdict
from tests.unit.checks.evidence_by_hand import environment, messages, problems
from tests.unit.repository.trees import made

WEB = made("Deployment", "web", api="apps/v1")
THING = made("Thing", "x", api="example.org/v1")
OTHER = made("Thing", "y", api="example.org/v1")
FIELDS = ("image", "name", "ports")


def _verdict(resource: Any = WEB, *failures: SchemaFailure, **more: Any) -> SchemaVerdict:
    return SchemaVerdict(resource, more.pop("kubernetes", "1.36.3"), failures, **more)


def test_each_failure_is_a_problem_at_its_path() -> None:
    failures = (SchemaFailure(("spec", "a"), "got string, want integer"), SchemaFailure(("spec", "b"), "missing"))
    found = problems("SCHEMA001", environment(WEB, verdicts=[_verdict(WEB, *failures)]))
    assert [(problem.resource, problem.path, problem.message) for problem in found] == [
        (WEB, ("spec", "a"), "got string, want integer"),
        (WEB, ("spec", "b"), "missing"),
    ]


@pytest.mark.parametrize(
    ("failure", "fix"),
    [
        (SchemaFailure((), "m", "imagee", FIELDS), "Did you mean 'image'?"),
        (SchemaFailure((), "m", "zzz", FIELDS), "The fields here are: image, name, ports."),
        (SchemaFailure((), "m", "zzz", ()), ""),
        (SchemaFailure((), "m"), ""),
    ],
    ids=["near one", "near none", "no fields known", "no field"],
)
def test_an_unknown_field_is_answered_with_the_ones_there_are(failure: SchemaFailure, fix: str) -> None:
    (problem,) = problems("SCHEMA001", environment(WEB, verdicts=[_verdict(WEB, failure)]))
    assert problem.fix == fix


def test_a_verdict_without_failures_is_no_misfit() -> None:
    assert problems("SCHEMA001", environment(WEB, verdicts=[_verdict(missing=True), _verdict(broken="x")])) == []


def test_a_kind_without_a_schema_is_caught() -> None:
    (problem,) = problems("SCHEMA002", environment(THING, verdicts=[_verdict(THING, missing=True)]))
    assert problem.message == "Kubernetes 1.36.3 has no kind Thing of example.org/v1, and no CRD here defines it"
    assert (problem.resource, problem.path) == (THING, ("kind",))


def test_a_kind_with_a_schema_passes() -> None:
    failure = SchemaFailure((), "m")
    assert problems("SCHEMA002", environment(WEB, verdicts=[_verdict(WEB, failure), _verdict(THING, broken="x")])) == []


@pytest.mark.parametrize(("kubernetes", "caught"), [("1.36.3", 0), ("1.24.0", 1)], ids=["removed", "still served"])
def test_a_kind_that_was_removed_is_told_by_another_check(kubernetes: str, caught: int) -> None:
    cron = made("CronJob", "x", api="batch/v1beta1")
    verdict = _verdict(cron, missing=True, kubernetes=kubernetes)
    assert len(problems("SCHEMA002", environment(cron, verdicts=[verdict]))) == caught


CRD = made(
    "CustomResourceDefinition",
    "things.example.org",
    api="apiextensions.k8s.io/v1",
    spec={"group": "example.org", "names": {"kind": "Thing"}},
)
BROKEN = [_verdict(THING, broken="bad pattern"), _verdict(OTHER, broken="bad pattern")]


def test_a_schema_that_does_not_compile_is_caught_once_at_its_definition() -> None:
    (problem,) = problems("SCHEMA003", environment(THING, OTHER, CRD, verdicts=BROKEN))
    assert (problem.resource, problem.path) == (CRD, ("spec", "versions"))
    assert problem.message == "the schema of Thing (example.org/v1) does not compile: bad pattern"


@pytest.mark.parametrize(
    "spec",
    [{"group": "other.org", "names": {"kind": "Thing"}}, {"group": "example.org"}, None],
    ids=["another", "no kind", "none"],
)
def test_without_its_definition_it_is_caught_once_at_the_first_object(spec: Any) -> None:
    crd = made("CustomResourceDefinition", "x", api="apiextensions.k8s.io/v1", spec=spec)
    (problem,) = problems("SCHEMA003", environment(THING, OTHER, crd, verdicts=BROKEN))
    assert (problem.resource, problem.path) == (THING, ("kind",))


def test_each_kubernetes_version_has_its_own_verdict() -> None:
    verdicts = [_verdict(THING, broken="x"), _verdict(THING, broken="x", kubernetes="1.37.0")]
    assert len(problems("SCHEMA003", environment(THING, verdicts=verdicts))) == 2


def test_a_schema_that_compiles_passes() -> None:
    verdicts = [_verdict(THING, SchemaFailure((), "m")), _verdict(OTHER, missing=True)]
    assert problems("SCHEMA003", environment(THING, CRD, verdicts=verdicts)) == []


def test_an_engine_that_failed_is_caught_with_what_to_do() -> None:
    failure = EngineFailure("kubeconform: crashed", "Run it again.", "overlays/test", 3)
    (problem,) = problems("SCHEMA004", environment(WEB, engine=[failure]))
    assert (problem.message, problem.fix) == ("kubeconform: crashed", "Run it again.")
    assert (problem.file, problem.line, problem.environment) == ("overlays/test", 3, "test")


def test_an_engine_that_answered_passes() -> None:
    assert messages("SCHEMA004", environment(WEB, verdicts=[_verdict(missing=True)])) == []
