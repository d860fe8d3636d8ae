"""DANGER001: what its words are, and what it leaves to Argo CD and to other rules.

Which fields it is about hold ``tests/updates`` and ``test_dangers_updates.py``.
"""

from typing import Any

import pytest

from gitops.models.resource import Resource
from tests.unit.checks.dangers_by_hand import evidence, thing, told
from tests.unit.checks.evidence_by_hand import problems

RULE = "DANGER001"


def job(image: str, **annotations: str) -> Resource:
    template = {"spec": {"containers": [{"name": "fill", "image": image}]}}
    return thing("Job", api="batch/v1", metadata={"annotations": annotations}, spec={"template": template})


def stateful_set(size: str, storage_class: str = "standard", pods: str = "OrderedReady") -> Resource:
    claim = {"storageClassName": storage_class, "resources": {"requests": {"storage": size}}}
    templates = [{"metadata": {"name": "data"}, "spec": claim}]
    return thing("StatefulSet", api="apps/v1", spec={"podManagementPolicy": pods, "volumeClaimTemplates": templates})


def claim(**spec: Any) -> Resource:
    return thing("PersistentVolumeClaim", spec={"accessModes": ["ReadWriteOnce"], **spec})


def test_the_field_is_named_with_the_advice_of_its_kind() -> None:
    (problem,) = problems(RULE, evidence([job("fill:1")], [job("fill:2")]))
    assert (problem.message, problem.path) == ("spec.template can't be changed", ("spec", "template"))
    assert problem.fix.startswith("Give the Job a new name")


def test_a_default_that_stays_has_advice_of_its_own() -> None:
    old, new = (
        thing("Deployment", api="apps/v1", spec={}),
        thing("Deployment", api="apps/v1", spec={"strategy": {"type": "Recreate"}}),
    )
    (problem,) = problems(RULE, evidence([old], [new]))
    assert problem.message == "spec.strategy.type can't become Recreate while rollingUpdate is the API server's own"
    assert problem.fix.startswith("Write the strategy's rollingUpdate out")


def test_every_field_is_named() -> None:
    old, new = stateful_set("1Gi"), stateful_set("1Gi", "fast", "Parallel")
    assert told(RULE, old, new) == ["spec.podManagementPolicy can't be changed", "spec.volumeClaimTemplates can't be changed"]


def test_templates_that_only_shrink_are_another_rules() -> None:
    old, new = stateful_set("1Gi"), stateful_set("512Mi")
    assert told(RULE, old, new) == []
    assert told("DANGER004", old, new) == ["the claims of 'data' from 1Gi to 512Mi"]
    assert told(RULE, old, stateful_set("512Mi", "fast")) == ["spec.volumeClaimTemplates can't be changed"]


@pytest.mark.parametrize(
    "annotations",
    [{"argocd.argoproj.io/hook": "PreSync"}, {"argocd.argoproj.io/sync-options": "Force=true, Replace=true"}],
)
def test_a_job_that_argo_cd_makes_anew_may_change(annotations: dict[str, str]) -> None:
    assert told(RULE, job("fill:1", **annotations), job("fill:2", **annotations)) == []


def test_a_class_is_given_where_no_default_is_known() -> None:
    assert told(RULE, claim(), claim(storageClassName="fast")) == []


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        ({"clusterIP": "None"}, {}, ["spec.clusterIP stays None: only a new Service is given an address"]),
        ({"clusterIP": "10.0.0.1"}, {"clusterIP": "10.0.0.2"}, ["spec.clusterIP can't be changed, from 10.0.0.1 to 10.0.0.2"]),
        ({}, {"clusterIP": "None"}, ["spec.clusterIP can't be changed, from one that the cluster chose to None"]),
    ],
)
def test_a_services_address(old: Any, new: Any, messages: list[str]) -> None:
    assert told(RULE, thing("Service", spec=old), thing("Service", spec=new)) == messages


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_what_is_immutable_stays_so(kind: str) -> None:
    old = thing(kind, immutable=True, data={"a": "b"})
    assert told(RULE, old, thing(kind, immutable=True, data={"a": "c"})) == [f"data of an immutable {kind} can't be changed"]
    assert told(RULE, old, thing(kind, data={"a": "b"})) == [f"a {kind} that is immutable stays so"]


def test_no_value_of_a_secret_is_told() -> None:
    old, new = (thing("Secret", immutable=True, stringData={"a": value}) for value in ("HUSH1", "HUSH2"))
    assert told(RULE, old, new) == ["data of an immutable Secret can't be changed"]


def test_what_goes_and_comes_under_another_name_is_no_update() -> None:
    assert told(RULE, thing("Secret", "old", type="Opaque"), thing("Secret", "new", type="kubernetes.io/tls")) == []
