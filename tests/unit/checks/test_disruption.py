"""Budgets, autoscalers and the Services of StatefulSets."""

from typing import Any

import pytest

from gitops.models.resource import Resource
from tests.unit.checks.evidence_by_hand import DB, environment, messages
from tests.unit.checks.workloads_by_hand import placed, workload


def budget(name: str = "web", selector: Any = None, **spec: Any) -> Resource:
    chosen = {"matchLabels": {"app": "web"}} if selector is None else selector
    return placed("PodDisruptionBudget", name, api="policy/v1", spec={"selector": chosen, **spec})


def replicated(number: int | None = None, **options: Any) -> Resource:
    return workload(own={} if number is None else {"replicas": number}, **options)


def scaler(name: str = "web", kind: str = "Deployment", **spec: Any) -> Resource:
    target = {"apiVersion": "apps/v1", "kind": kind, "name": name}
    return placed("HorizontalPodAutoscaler", api="autoscaling/v2", spec={"scaleTargetRef": target, "maxReplicas": 9, **spec})


def test_a_budget_for_no_pods_is_caught() -> None:
    lost = budget(selector={"matchLabels": {"app": "wbe"}})
    assert messages("REL009", environment(lost, replicated())) == ["no pods of dare are selected"]


@pytest.mark.parametrize("selector", [None, {}, {"matchExpressions": [{"key": "app", "operator": "In", "values": ["web"]}]}])
def test_a_budget_for_pods_passes(selector: Any) -> None:
    assert messages("REL009", environment(budget(selector=selector), replicated())) == []


@pytest.mark.parametrize(
    ("spec", "replicas", "told"),
    [
        ({"minAvailable": 1}, None, "minAvailable 1, the only pod may never be evicted"),
        ({"maxUnavailable": 0}, 3, "maxUnavailable 0, none of the 3 pods may ever be evicted"),
        ({"maxUnavailable": "0%"}, 3, "maxUnavailable 0%, none of the 3 pods may ever be evicted"),
        ({"minAvailable": "100%"}, 3, "minAvailable 100%, none of the 3 pods may ever be evicted"),
        ({"minAvailable": "67%"}, 3, "minAvailable 67%, none of the 3 pods may ever be evicted"),
        ({"minAvailable": 4}, 3, "minAvailable 4, none of the 3 pods may ever be evicted"),
    ],
)
def test_a_budget_that_blocks_every_drain_is_caught(spec: dict[str, Any], replicas: int | None, told: str) -> None:
    assert messages("REL010", environment(budget(**spec), replicated(replicas))) == [f"with {told}"]


@pytest.mark.parametrize(
    ("spec", "resources"),
    [
        pytest.param({"minAvailable": 1}, [replicated(2)], id="one of two"),
        pytest.param({"maxUnavailable": 1}, [replicated()], id="the only one"),
        pytest.param({"maxUnavailable": "1%"}, [replicated(3)], id="a percentage, rounded up"),
        pytest.param({"minAvailable": "66%"}, [replicated(3)], id="a percentage that leaves one"),
        pytest.param({"minAvailable": 1}, [replicated(0)], id="nothing that runs"),
        pytest.param({"minAvailable": 2}, [replicated(2), replicated(1, name="b")], id="two workloads together"),
        pytest.param({"minAvailable": 1}, [workload(kind="DaemonSet")], id="one on every node"),
        pytest.param({"minAvailable": 1}, [replicated(), scaler(minReplicas=2)], id="what an autoscaler keeps at two"),
        pytest.param({"minAvailable": "most"}, [replicated()], id="what the schema reports"),
    ],
)
def test_a_budget_that_leaves_room_passes(spec: dict[str, Any], resources: list[Resource]) -> None:
    assert messages("REL010", environment(budget(**spec), *resources)) == []


def test_an_autoscaler_that_may_go_down_to_one_leaves_no_room() -> None:
    assert len(messages("REL010", environment(budget(minAvailable=1), replicated(3), scaler()))) == 1


def test_pods_of_two_budgets_are_caught() -> None:
    two = [budget(maxUnavailable=1), budget("other", selector={}, maxUnavailable=1)]
    assert messages("REL010", environment(*two, replicated(2))) == ["Deployment dare/web has the budget web too"]


@pytest.mark.parametrize(("name", "kind"), [("wbe", "Deployment"), ("web", "StatefulSet")])
def test_an_autoscaler_of_nothing_is_caught(name: str, kind: str) -> None:
    assert messages("REL011", environment(scaler(name, kind), replicated())) == [f"no overlay renders the {kind} dare/{name}"]
    assert messages("REL011", environment(scaler(), replicated())) == []


def test_an_autoscaler_against_a_number_is_caught() -> None:
    found = messages("REL012", environment(scaler(), replicated(2)))
    assert found == ["replicas is 2, while the HorizontalPodAutoscaler dare/web chooses the number"]
    assert messages("REL012", environment(scaler(), replicated())) == []
    assert messages("REL012", environment(scaler("other"), replicated(2))) == []


def headless(**spec: Any) -> Resource:
    return placed("Service", spec={"clusterIP": "None", "selector": {"app": "web"}, **spec})


@pytest.mark.parametrize(
    ("service", "fault"),
    [
        (placed("Service", namespace="other"), "is not rendered"),
        (headless(clusterIP=None), "is not headless"),
        (headless(selector={"app": "other"}), "does not select its pods"),
        (headless(), None),
    ],
)
def test_a_stateful_set_needs_a_headless_service(service: Resource, fault: str | None) -> None:
    found = messages("REL013", environment(service, workload(kind="StatefulSet", own={"serviceName": "web"})))
    assert found == ([f"the Service dare/web {fault}"] if fault else [])


def test_a_stateful_set_may_do_without_names_for_its_pods() -> None:
    assert messages("REL013", environment(workload(kind="StatefulSet"))) == []


@pytest.mark.parametrize("rule", ["REL009", "REL010", "REL011", "REL012", "REL013"])
def test_nothing_is_said_while_an_overlay_is_not_rendered(rule: str) -> None:
    lost = [budget(maxUnavailable=0), budget("b", {"matchLabels": {"a": "b"}}), scaler("wbe"), scaler(), replicated(1)]
    lost.append(workload(kind="StatefulSet", name="s", own={"serviceName": "web"}))
    assert messages(rule, environment(*lost, blocked=[DB])) == []
