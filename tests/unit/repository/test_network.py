"""Who may open a connection to whom, by NetworkPolicies."""

from typing import Any

import pytest

from gitops.models.resource import Resource
from gitops.repository.network import Network, pods_of
from gitops.repository.traffic import clients, label_path
from tests.unit.repository.trees import made


def placed(kind: str, name: str, namespace: str, spec: dict[str, Any], api: str = "v1") -> Resource:
    return made(kind, name, api=api, metadata={"name": name, "namespace": namespace}, spec=spec)


def workload(name: str, namespace: str = "a", **pod: Any) -> Resource:
    ports = [{"name": "http", "containerPort": 8080}]
    spec = {"containers": [{"name": name, "ports": ports}], **pod}
    return placed("Deployment", name, namespace, {"template": {"metadata": {"labels": {"app": name}}, "spec": spec}}, "apps/v1")


def policy(spec: dict[str, Any], namespace: str = "a") -> Resource:
    return placed("NetworkPolicy", "p", namespace, spec, "networking.k8s.io/v1")


def namespace(name: str, **labels: str) -> Resource:
    return made("Namespace", name, metadata={"name": name, "labels": labels})


CLIENT, SERVER, ABROAD = workload("client"), workload("server"), workload("server", "b")
FROM_CLIENT = {"podSelector": {"matchLabels": {"app": "client"}}}
DENY = {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


def lets_in(rule: dict[str, Any] | None, port: int = 8080, source: Resource = CLIENT, target: Resource = SERVER) -> bool:
    spec = {"podSelector": {"matchLabels": {"app": "server"}}, "policyTypes": ["Ingress"]}
    rules = {} if rule is None else {"ingress": [rule]}
    objects = [CLIENT, SERVER, ABROAD, namespace("a", team="x"), namespace("b"), policy({**spec, **rules}, target.namespace)]
    (one,), (other,) = pods_of(source), pods_of(target)
    return Network.of(objects).lets_in(one, other, port)


def test_without_a_policy_everything_passes() -> None:
    (client,), (server,) = pods_of(CLIENT), pods_of(SERVER)
    network = Network.of([CLIENT, SERVER])
    assert network.lets_out(client, server, 1)
    assert network.lets_in(client, server, 1)


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param({}, id="a rule without conditions"),
        pytest.param({"from": [FROM_CLIENT]}, id="the client's label"),
        pytest.param({"from": [{"podSelector": {}}]}, id="any pod of the namespace"),
        pytest.param({"from": [FROM_CLIENT], "ports": [{"port": 8080}]}, id="the port"),
        pytest.param({"ports": [{"port": "http"}]}, id="the port by name"),
        pytest.param({"ports": [{"port": 8000, "endPort": 8100}]}, id="a range of ports"),
        pytest.param({"ports": [{"protocol": "TCP"}]}, id="a protocol alone"),
        pytest.param({"from": [{"namespaceSelector": {"matchLabels": {"team": "x"}}}]}, id="the namespace's label"),
        pytest.param({"from": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "a"}}}]}, id="its name"),
        pytest.param(
            {"from": [{"podSelector": {"matchExpressions": [{"key": "app", "operator": "In", "values": ["client"]}]}}]},
            id="an expression",
        ),
    ],
)
def test_a_rule_that_means_the_client_lets_it_in(rule: dict[str, Any]) -> None:
    assert lets_in(rule)


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(None, id="no rule at all"),
        pytest.param({"from": [{"podSelector": {"matchLabels": {"app": "other"}}}]}, id="another label"),
        pytest.param({"from": [{"namespaceSelector": {"matchLabels": {"team": "y"}}}]}, id="another namespace"),
        pytest.param({"ports": [{"port": 9090}]}, id="another port"),
        pytest.param({"ports": [{"port": "grpc"}]}, id="a port of another name"),
        pytest.param({"ports": [{"port": 8080, "protocol": "UDP"}]}, id="another protocol"),
        pytest.param({"from": [{"ipBlock": {"cidr": "0.0.0.0/0"}}]}, id="addresses outside"),
        pytest.param({"from": [{"namespaceSelector": {}, "podSelector": {"matchLabels": {"app": "x"}}}]}, id="both must match"),
    ],
)
def test_a_rule_that_does_not_mean_it_keeps_it_out(rule: dict[str, Any] | None) -> None:
    assert not lets_in(rule)


@pytest.mark.parametrize("number", ["8080", None, [8080], {"port": 8080}])
def test_a_name_for_what_is_no_number_leads_to_no_port(number: object) -> None:
    ports = [{"name": "http", "containerPort": number}]
    (pods,) = pods_of(workload("server", containers=[{"name": "server", "ports": ports}]))
    assert pods.port_number("http") is None


def test_a_pod_selector_alone_means_the_policys_own_namespace() -> None:
    assert not lets_in({"from": [FROM_CLIENT]}, target=ABROAD)
    assert lets_in({"from": [{"namespaceSelector": {}, **FROM_CLIENT}]}, target=ABROAD)


def test_rules_of_several_policies_add_up() -> None:
    (client,), (server,) = pods_of(CLIENT), pods_of(SERVER)
    egress = {
        "podSelector": {"matchLabels": {"app": "client"}},
        "policyTypes": ["Egress"],
        "egress": [{"to": [{"podSelector": {}}]}],
    }
    assert not Network.of([CLIENT, SERVER, policy(DENY)]).lets_out(client, server, 8080)
    assert Network.of([CLIENT, SERVER, policy(DENY), policy(egress)]).lets_out(client, server, 8080)


def test_a_policy_without_types_is_for_ingress_and_for_egress_where_it_has_any() -> None:
    (client,), (server,) = pods_of(CLIENT), pods_of(SERVER)
    assert Network.of([policy({"podSelector": {}})]).lets_out(client, server, 1)
    assert not Network.of([policy({"podSelector": {}})]).lets_in(client, server, 1)
    assert not Network.of([policy({"podSelector": {}, "egress": []})]).lets_out(client, server, 1)


def test_a_service_leads_to_the_pods_that_it_selects_in_its_namespace() -> None:
    service = placed("Service", "server", "a", {"selector": {"app": "server"}})
    found = Network.of([CLIENT, SERVER, ABROAD]).behind(service)
    assert [pods.workload for pods in found] == [SERVER]
    assert Network.of([CLIENT]).behind(placed("Service", "x", "a", {})) == []


def test_a_config_map_speaks_for_the_pods_that_take_it() -> None:
    config = made("ConfigMap", "c", metadata={"name": "c", "namespace": "a"})
    mounting = workload("mounting", volumes=[{"name": "v", "configMap": {"name": "c"}}])
    elsewhere = workload("mounting", "b", volumes=[{"name": "v", "configMap": {"name": "c"}}])
    network = Network.of([CLIENT, mounting, elsewhere])
    assert [pods.workload for pods in clients(network, config, ("data", "x"))] == [mounting]
    assert [pods.workload for pods in clients(network, CLIENT, ("spec",))] == [CLIENT]


def test_a_pod_template_stands_for_the_pods_that_another_program_makes_of_it() -> None:
    config = made("ConfigMap", "c", metadata={"name": "c", "namespace": "a"})
    pod = {"containers": [{"name": "n", "envFrom": [{"configMapRef": {"name": "c"}}]}]}
    template = {"metadata": {"labels": {"app": "client"}}, "spec": pod}
    notebook = made("PodTemplate", "n", metadata={"name": "n", "namespace": "a"}, template=template)
    network = Network.of([notebook, SERVER, policy({**DENY, "policyTypes": ["Egress"]})])
    (client,) = clients(network, config, ("data", "x"))
    (server,) = pods_of(SERVER)
    assert client.workload is notebook
    assert label_path(client, "app") == ("template", "metadata", "labels", "app")
    assert not network.lets_out(client, server, 8080)
    assert network.lets_in(client, server, 8080)
