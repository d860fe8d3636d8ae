"""Addresses in manifests: which texts are taken for one, and whether its Service is there."""

from dataclasses import replace

import pytest

from gitops.checks.evidence import EnvironmentEvidence
from gitops.models.component import Component
from gitops.models.resource import Overlay, Resource
from gitops.repository.hosts import addresses
from tests.unit.checks.evidence_by_hand import DB, NAMESPACES, environment, messages, problems
from tests.unit.repository.trees import WEB, made

NAMESPACE = made("Namespace", "dare", overlay=NAMESPACES)


def config(text: str) -> Resource:
    return made("ConfigMap", "settings", metadata={"name": "settings", "namespace": "dare"}, data={"a.conf": text})


def service(name: str = "db", *ports: int, **spec: object) -> Resource:
    listed = [{"port": port} for port in ports or (5432,)]
    return made("Service", name, metadata={"name": name, "namespace": "dare"}, spec={"ports": listed} | spec)


def named(text: str) -> list[str]:
    return [str(address) for address in addresses(config(text), frozenset({"dare", "keycloak"}))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("host = db.dare", ["db.dare"]),
        ("db.dare:5432", ["db.dare:5432"]),
        ("http://keycloak.keycloak.svc:8080/auth", ["keycloak.keycloak:8080"]),
        ("http://keycloak.keycloak.svc.cluster.local/auth.", ["keycloak.keycloak"]),
        ("amqp://user:%s@queue.dare:5672/", ["queue.dare:5672"]),
        ("mongodb://sprov:secret@sprov-db:27017/db", ["sprov-db.dare:27017"]),
        ("http://virtuoso:8890/sparql", ["virtuoso.dare:8890"]),
        ("x.other.svc", ["x.other"]),
        ("It is d4p-registry.dare.", ["d4p-registry.dare"]),
        ("a.dare, a.dare and b.dare", ["a.dare", "b.dare"]),
        ("http://db:543210/", ["db.dare:543210"]),
    ],
)
def test_a_text_names_these(text: str, found: list[str]) -> None:
    assert named(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "https://platform.dare.scai.fraunhofer.de/",
        "project-dare.eu",
        "db.elsewhere",
        "http://localhost:8080/ping",
        "static://202",
        "https://example.org",
        "os.environ",
        "a/b.dare",
        "user@mail.dare",
        "127.0.0.1:80",
        "db.dare-login",
    ],
)
def test_a_text_names_none(text: str) -> None:
    assert named(text) == []


def test_environment_variables_and_arguments_are_read_wherever_containers_are() -> None:
    container = {
        "name": "c",
        "env": [{"name": "A", "value": "db.dare"}],
        "args": ["--to", "http://db:1"],
        "command": ["x.dare"],
    }
    job = {"jobTemplate": {"spec": {"template": {"spec": {"initContainers": [container]}}}}}
    resource = made("CronJob", "x", api="batch/v1", metadata={"name": "x", "namespace": "dare"}, spec=job)
    found = {str(address): address.path[-3:] for address in addresses(resource, frozenset({"dare"}))}
    assert found == {"db.dare": ("env", 0, "value"), "db.dare:1": (0, "args", 1), "x.dare": (0, "command", 0)}


def test_a_service_that_is_not_there_is_caught() -> None:
    (problem,) = problems("NET004", environment(NAMESPACE, config("host = dbb.dare"), service()))
    assert (problem.message, problem.path) == ("dbb.dare is no Service of this environment", ("data", "a.conf"))


@pytest.mark.parametrize(
    "text", ["host = db.dare", "http://db:5432", "https://kubernetes.default.svc", "argocd-server.argocd.svc"]
)
def test_a_service_that_is_there_or_the_clusters_own_passes(text: str) -> None:
    assert problems("NET004", environment(NAMESPACE, config(text), service())) == []


def test_nothing_is_said_of_services_while_an_overlay_is_missing() -> None:
    assert problems("NET004", environment(NAMESPACE, config("dbb.dare"), blocked=[NAMESPACES])) == []


def test_a_port_that_the_service_does_not_have_is_caught() -> None:
    evidence = environment(NAMESPACE, config("db.dare:3306"), service("db", 5432, 9187))
    assert messages("NET005", evidence) == ["db.dare:3306: the Service has the ports 5432, 9187"]


@pytest.mark.parametrize(
    ("text", "made_service"),
    [
        pytest.param("db.dare:5432", service("db", 80, 5432), id="one of its ports"),
        pytest.param("db.dare", service(), id="no port named"),
        pytest.param("db.dare:3306", service("db", 5432, clusterIP="None"), id="headless"),
        pytest.param("db.dare:5432", service("db", ports=[{"port": "5432"}]), id="no number, which the schema reports"),
        pytest.param("other.dare:1", service(), id="no such Service"),
    ],
)
def test_a_port_that_is_there_passes(text: str, made_service: Resource) -> None:
    assert messages("NET005", environment(NAMESPACE, config(text), made_service)) == []


def app(name: str, overlay: Overlay, value: str = "") -> list[Resource]:
    """A Deployment with a Service in front of it; the first names what ``value`` says."""
    container = {"name": name, "env": [{"name": "A", "value": value}], "ports": [{"name": "http", "containerPort": 8080}]}
    template = {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}}
    placed = {"name": name, "namespace": "dare"}
    ports = [{"port": 80, "targetPort": "http"}]
    return [
        made("Deployment", name, api="apps/v1", overlay=overlay, metadata=placed, spec={"template": template}),
        made("Service", name, overlay=overlay, metadata=placed, spec={"selector": {"app": name}, "ports": ports}),
    ]


def component(*depends_on: str) -> Component:
    return Component.model_validate({"title": "x", "description": "x", "owner": "x", "dependsOn": depends_on})


def together(web: Component, db: Component, *more: Resource) -> EnvironmentEvidence:
    evidence = environment(NAMESPACE, *app("web", WEB, "http://db/"), *app("db", DB), *more)
    return replace(evidence, components={"web": web, "db": db})


def test_an_address_that_depends_on_does_not_name_is_caught_once() -> None:
    assert messages("NET006", together(component(), component())) == ["db.dare belongs to db, which web does not depend on"]


@pytest.mark.parametrize(
    ("web", "db"),
    [
        pytest.param(component("db"), component(), id="it does"),
        pytest.param(component(), component("web"), id="the other depends on this one"),
    ],
)
def test_an_address_that_depends_on_tells_passes(web: Component, db: Component) -> None:
    assert messages("NET006", together(web, db)) == []


def closed(name: str, **rules: object) -> Resource:
    spec = {"podSelector": {"matchLabels": {"app": name}}, "policyTypes": ["Ingress", "Egress"], **rules}
    return made("NetworkPolicy", name, api="networking.k8s.io/v1", metadata={"name": name, "namespace": "dare"}, spec=spec)


def test_policies_that_are_in_the_way_are_caught_at_both_ends() -> None:
    found = messages("NET007", together(component("db"), component(), closed("web"), closed("db")))
    way = "from Deployment dare/web to Deployment dare/db at port 8080"
    assert found == [
        f"no policy of the client lets a connection out {way}",
        f"no policy of the server lets a connection in {way}",
    ]


def test_policies_that_name_each_other_pass() -> None:
    out = closed("web", egress=[{"to": [{"podSelector": {"matchLabels": {"app": "db"}}}], "ports": [{"port": 8080}]}])
    into = closed("db", ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "web"}}}], "ports": [{"port": "http"}]}])
    assert messages("NET007", together(component("db"), component(), out, into)) == []


def test_pods_that_name_their_own_service_connect_to_nobody() -> None:
    evidence = environment(NAMESPACE, *app("web", WEB, "http://web/"), closed("web"))
    assert messages("NET007", evidence) == []
