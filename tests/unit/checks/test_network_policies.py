"""NetworkPolicies that open nothing, or what nobody asks for."""

from dataclasses import replace
from typing import Any

import pytest

from gitops.checks.evidence import EnvironmentEvidence
from gitops.models.component import Component
from gitops.models.resource import Overlay, Resource
from tests.unit.checks.evidence_by_hand import DB, NAMESPACES, environment, messages, problems
from tests.unit.repository.trees import WEB, made

NAMESPACE = made("Namespace", "dare", overlay=NAMESPACES)
DEFAULT_DENY = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def workload(name: str, overlay: Overlay, *, links: bool = True, **labels: str) -> Resource:
    container = {"name": name, "ports": [{"name": "http", "containerPort": 8080}]}
    template = {
        "metadata": {"labels": {"x.org/name": name, **labels}},
        "spec": {"enableServiceLinks": links, "containers": [container]},
    }
    placed = {"name": name, "namespace": "dare"}
    return made("Deployment", name, api="apps/v1", overlay=overlay, metadata=placed, spec={"template": template})


def policy(name: str, spec: dict[str, Any], overlay: Overlay = WEB) -> Resource:
    placed = {"name": name, "namespace": "dare"}
    return made("NetworkPolicy", name, api="networking.k8s.io/v1", overlay=overlay, metadata=placed, spec=spec)


def pods(**labels: str) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": {key.replace("__", "."): value for key, value in labels.items()}}}


def named(name: str) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": {"x.org/name": name}}}


PORT = [{"protocol": "TCP", "port": 8080}]
OUT = policy("web", {**named("web"), "policyTypes": ["Egress"], "egress": [{"to": [named("db")], "ports": PORT}]})
IN = policy("db", {**named("db"), "policyTypes": ["Ingress"], "ingress": [{"from": [named("web")], "ports": PORT}]}, DB)
PODS = (NAMESPACE, workload("web", WEB), workload("db", DB), policy("deny", DEFAULT_DENY, NAMESPACES))


def opens(*resources: Resource) -> list[str]:
    return messages("NET010", environment(*PODS, *resources))


def test_two_policies_that_name_each_other_open_something() -> None:
    assert opens(OUT, IN) == []


def test_a_policy_for_pods_that_are_not_there_is_caught() -> None:
    (problem,) = problems("NET010", environment(*PODS, policy("p", named("wbe"))))
    assert (problem.message, problem.path) == ("no pod of dare is selected: x.org/name=wbe", ("spec", "podSelector"))


@pytest.mark.parametrize(
    ("peer", "message"),
    [
        pytest.param(named("dbb"), "no pod of dare is selected: x.org/name=dbb", id="a label with another value"),
        pytest.param(pods(**{"x.org/nmae": "db"}), "no pod of dare is selected: x.org/nmae=db", id="a misspelt label"),
        pytest.param(
            {"podSelector": {"matchExpressions": [{"key": "x.org/name", "operator": "In", "values": ["db", "dbb"]}]}},
            "no pod of dare is selected: x.org/name=dbb",
            id="one of several values",
        ),
        pytest.param({"namespaceSelector": {"matchLabels": {"a": "b"}}}, "no namespace is selected", id="no namespace"),
        pytest.param(
            {"namespaceSelector": {}, **named("dbb")}, "no pod of dare is selected: x.org/name=dbb", id="in any namespace"
        ),
        pytest.param(named("web"), "no policy of Deployment dare/web lets that in", id="pods that let nobody in"),
    ],
)
def test_a_peer_that_takes_no_part_is_caught(peer: dict[str, Any], message: str) -> None:
    rule = {"to": [named("db"), peer], "ports": PORT}
    found = opens(policy("web", {**named("web"), "policyTypes": ["Egress"], "egress": [rule]}), IN)
    assert found == [message]


def test_a_door_that_the_other_side_never_uses_is_caught() -> None:
    assert opens(IN) == ["no policy of Deployment dare/web lets that out"]


KUBE_SYSTEM = {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}}


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param({"ports": PORT}, id="anybody"),
        pytest.param({"to": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}, id="the world"),
        pytest.param({"to": [{"namespaceSelector": KUBE_SYSTEM, **pods(a="dns")}]}, id="the cluster's own pods"),
        pytest.param({"to": [pods(**{"operator.example.org/job": "x"})]}, id="an operator's label"),
        pytest.param({"to": [named("db")]}, id="all ports"),
    ],
)
def test_a_rule_that_can_not_be_judged_or_opens_something_passes(rule: dict[str, Any]) -> None:
    assert opens(policy("web", {**named("web"), "policyTypes": ["Egress"], "egress": [rule]}), OUT, IN) == []


def test_what_pods_that_nobody_renders_answer_can_not_be_told() -> None:
    jobs = pods(**{"operator.example.org/job": "x"})
    rule = {"from": [named("web")], "ports": [{"port": 22}]}
    assert opens(policy("jobs", {**jobs, "policyTypes": ["Ingress"], "ingress": [rule]})) == []


PLACED = {"name": "hub", "namespace": "dare"}


@pytest.mark.parametrize(
    "speaking",
    [
        made("ConfigMap", "hub", data={"hub.py": "labels = {'x.org/name': 'notebook'}"}),
        made("ConfigMap", "hub", overlay=DB, metadata=PLACED, data={"hub.py": "labels = {'x.org/name': 'notebook'}"}),
        made("Hub", "hub", api="x.org/v1", spec={"labels": {"x.org/name": "notebook"}}),
    ],
    ids=["a ConfigMap of the component", "a ConfigMap of the namespace", "a custom resource"],
)
def test_pods_that_a_program_makes_are_known_by_what_it_is_told(speaking: Resource) -> None:
    own = policy("notebooks", {**named("notebook"), "policyTypes": ["Egress"]})
    assert opens(own, speaking) == []
    labelled = {"name": "hub", "labels": {"x.org/name": "notebook"}}
    assert len(opens(own, made("ConfigMap", "hub", metadata=labelled))) == 1
    assert len(opens(own, made("ConfigMap", "hub", overlay=DB, data=speaking.body.get("data")))) == 1


def test_an_operator_labels_its_pods_as_it_likes() -> None:
    cluster = made("CephCluster", "c", api="ceph.rook.io/v1", metadata={"name": "c", "namespace": "dare"})
    own = policy("osd", pods(app="rook-ceph-osd"))
    labelled = workload("operator", DB, app="rook-ceph-operator")
    assert opens(own, labelled, cluster) == []
    assert len(opens(own, labelled)) == 1


@pytest.mark.parametrize("port", [9090, "https"])
def test_a_port_that_nobody_names_is_caught(port: int | str) -> None:
    rule = {"from": [named("web")], "ports": [*PORT, {"port": port}]}
    found = opens(OUT, policy("db", {**named("db"), "policyTypes": ["Ingress"], "ingress": [rule]}))
    assert found == [f"port {port} is named by no container of Deployment dare/db"]


@pytest.mark.parametrize("port", [{"port": 53, "protocol": "UDP"}, {"port": 8000, "endPort": 8100}, {"protocol": "TCP"}])
def test_other_protocols_and_ranges_pass(port: dict[str, Any]) -> None:
    rule = {"from": [named("web")], "ports": [*PORT, port]}
    assert opens(OUT, policy("db", {**named("db"), "policyTypes": ["Ingress"], "ingress": [rule]})) == []


def test_nothing_is_said_of_policies_while_an_overlay_is_missing() -> None:
    evidence = environment(*PODS, policy("p", named("wbe")), OUT, IN, blocked=[DB])
    assert messages("NET010", evidence) == messages("NET011", evidence) == []


def component(*depends_on: str) -> Component:
    return Component.model_validate({"title": "x", "description": "x", "owner": "x", "dependsOn": depends_on})


@pytest.mark.parametrize(("name", "told"), [("prometheus", 0), ("backup-db", 0), ("prometheu", 1), ("web", 1)])
def test_a_component_that_the_environment_does_without_may_be_named(name: str, told: int) -> None:
    peer = {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}},
        "podSelector": {"matchLabels": {"app.kubernetes.io/name": name}},
    }
    door = policy("door", {**named("db"), "policyTypes": ["Ingress"], "ingress": [{"from": [peer], "ports": PORT}]}, DB)
    known = dict.fromkeys(("web", "db", "prometheus", "backup"), component())
    assert len(messages("NET010", replace(environment(*PODS, door), components=known))) == told


def asked(*resources: Resource, web: Component | None = None) -> list[str]:
    evidence: EnvironmentEvidence = environment(*resources, policy("deny", DEFAULT_DENY, NAMESPACES), OUT, IN)
    return messages("NET011", replace(evidence, components={"web": web or component(), "db": component()}))


def test_a_connection_that_nothing_asks_for_is_caught() -> None:
    message = "nothing tells why Deployment dare/web connects to Deployment dare/db at port 8080"
    assert asked(NAMESPACE, workload("web", WEB), workload("db", DB)) == [message]


def service() -> Resource:
    spec = {"selector": {"x.org/name": "db"}, "ports": [{"port": 80, "targetPort": 8080}]}
    return made("Service", "db", overlay=DB, metadata={"name": "db", "namespace": "dare"}, spec=spec)


def test_an_address_asks() -> None:
    client = workload("web", WEB)
    client.body["spec"]["template"]["spec"]["containers"][0]["env"] = [{"name": "DB_HOST", "value": "db"}]
    assert asked(NAMESPACE, client, workload("db", DB), service()) == []


def test_the_variables_of_kubernetes_ask_where_depends_on_tells_so() -> None:
    assert asked(NAMESPACE, workload("web", WEB), workload("db", DB), web=component("db")) == []
    assert len(asked(NAMESPACE, workload("web", WEB, links=False), workload("db", DB), web=component("db"))) == 1


def test_what_is_open_to_all_or_in_one_component_is_not_looked_at() -> None:
    anybody = policy("db", {**named("db"), "policyTypes": ["Ingress"], "ingress": [{"ports": PORT}]})
    evidence = environment(NAMESPACE, workload("web", WEB), workload("db", DB), OUT, anybody)
    assert messages("NET011", evidence) == []
    assert messages("NET011", environment(NAMESPACE, workload("web", WEB), workload("db", WEB), OUT, IN)) == []
