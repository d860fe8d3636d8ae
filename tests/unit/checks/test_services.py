"""Services and the pods behind them; and pods that no policy isolates."""

from typing import Any

import pytest

from gitops.models.resource import Resource
from tests.unit.checks.evidence_by_hand import DB, environment, messages
from tests.unit.checks.workloads_by_hand import namespace, placed, workload

LISTED = {"ports": [{"name": "http", "containerPort": 8080}, {"name": "dns", "containerPort": 53, "protocol": "UDP"}]}


def service(selector: Any = None, *ports: dict[str, Any], **spec: Any) -> Resource:
    return placed("Service", spec={"selector": {"app": "web"} if selector is None else selector, "ports": list(ports), **spec})


def policy(*types: str, **spec: Any) -> Resource:
    return placed("NetworkPolicy", api="networking.k8s.io/v1", spec={"podSelector": {}, "policyTypes": list(types), **spec})


def test_a_service_without_pods_is_caught() -> None:
    found = messages("NET017", environment(service({"app": "wbe", "tier": "front"}), workload()))
    assert found == ["no pods of dare have app=wbe, tier=front"]


@pytest.mark.parametrize(
    ("asked", "others"),
    [
        pytest.param(service(), [workload()], id="pods"),
        pytest.param(service({}), [workload()], id="addresses by hand"),
        pytest.param(service({"app": "x"}, type="ExternalName"), [workload()], id="a name elsewhere"),
        pytest.param(
            service({"app": "x"}),
            [workload(), policy("Ingress", podSelector={"matchLabels": {"app": "x"}})],
            id="pods that a policy is written for",
        ),
        pytest.param(
            service({"app": "x"}), [workload(), placed("Cluster", api="example.org/v1", spec={})], id="pods of an operator"
        ),
        pytest.param(service({"operator.example.org/x": "y"}), [workload()], id="labels that no rendered pod has the like of"),
    ],
)
def test_a_service_of_pods_passes(asked: Resource, others: list[Resource]) -> None:
    assert messages("NET017", environment(asked, *others)) == []


@pytest.mark.parametrize(
    ("port", "told"),
    [
        ({"port": 80, "targetPort": "web"}, "TCP port web"),
        ({"port": 80, "targetPort": 8081}, "TCP port 8081"),
        ({"port": 80}, "TCP port 80"),
        ({"port": 53, "protocol": "UDP", "targetPort": 8080}, "UDP port 8080"),
        ({"port": 53, "targetPort": "dns"}, "TCP port dns"),
    ],
)
def test_a_port_that_the_pods_do_not_have_is_caught(port: dict[str, Any], told: str) -> None:
    found = messages("NET018", environment(service(None, port), workload(LISTED)))
    assert found == [f"no container of Deployment dare/web lists the {told}"]


@pytest.mark.parametrize(
    ("port", "pods"),
    [
        pytest.param({"port": 80, "targetPort": "http"}, [workload(LISTED)], id="by name"),
        pytest.param({"port": 8080}, [workload(LISTED)], id="by the same number"),
        pytest.param({"port": 53, "targetPort": "dns", "protocol": "UDP"}, [workload(LISTED)], id="of another protocol"),
        pytest.param({"port": 80}, [workload()], id="of pods that list none"),
        pytest.param({"port": 80, "targetPort": "http"}, [workload(LISTED), workload(name="b")], id="of some of the pods"),
        pytest.param(
            {"port": 80, "targetPort": "http"},
            [workload({}, initContainers=[{"name": "proxy", "restartPolicy": "Always", **LISTED}])],
            id="of a container that stays beside the others",
        ),
    ],
)
def test_a_port_that_the_pods_have_passes(port: dict[str, Any], pods: list[Resource]) -> None:
    assert messages("NET018", environment(service(None, port), *pods)) == []


def test_a_port_of_an_init_container_that_ends_is_none() -> None:
    pods = workload({}, initContainers=[{"name": "init", **LISTED}])
    assert len(messages("NET018", environment(service(None, {"port": 80, "targetPort": "http"}), pods))) == 1


@pytest.mark.parametrize(
    ("policies", "told"),
    [
        ([], "ingress and egress"),
        ([policy("Ingress")], "egress"),
        ([policy("Egress")], "ingress"),
        ([policy("Ingress", "Egress", podSelector={"matchLabels": {"app": "other"}})], "ingress and egress"),
    ],
)
def test_pods_that_no_policy_isolates_are_caught(policies: list[Resource], told: str) -> None:
    found = messages("NET019", environment(workload(), namespace(), *policies))
    assert found == [f"no NetworkPolicy isolates the pods of Deployment dare/web for {told}"]


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param([workload(), policy("Ingress"), policy("Egress")], id="two policies together"),
        pytest.param([workload(hostNetwork=True)], id="pods in their node's network"),
    ],
)
def test_pods_that_a_policy_isolates_pass(resources: list[Resource]) -> None:
    assert messages("NET019", environment(namespace(), *resources)) == []


def test_of_a_namespace_that_is_not_there_another_rule_speaks() -> None:
    assert messages("NET019", environment(workload())) == []


@pytest.mark.parametrize("rule", ["NET017", "NET018", "NET019"])
def test_nothing_is_said_while_an_overlay_is_not_rendered(rule: str) -> None:
    lost = [service({"app": "x"}), service(None, {"port": 1}), workload(LISTED), namespace()]
    assert messages(rule, environment(*lost, blocked=[DB])) == []
