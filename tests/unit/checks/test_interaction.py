"""Addresses in manifests: which texts are taken for one, and whether its Service is there."""

from dataclasses import replace

import pytest

from gitops.checks.evidence import EnvironmentEvidence
from gitops.models.component import Component
from gitops.models.resource import Overlay, Resource
from gitops.repository.hosts import Names, addresses
from tests.unit.checks.evidence_by_hand import DB, NAMESPACES, environment, messages, problems
from tests.unit.repository.trees import WEB, made

NAMESPACE = made("Namespace", "dare", overlay=NAMESPACES)


def config(text: str) -> Resource:
    return made("ConfigMap", "settings", metadata={"name": "settings", "namespace": "dare"}, data={"a.conf": text})


def service(name: str = "db", *ports: int, **spec: object) -> Resource:
    listed = [{"port": port} for port in ports or (5432,)]
    return made("Service", name, metadata={"name": name, "namespace": "dare"}, spec={"ports": listed} | spec)


def named(text: str) -> list[str]:
    return [str(address) for address in addresses(config(text), Names(frozenset({"dare", "keycloak"})))]


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


@pytest.mark.parametrize("text", ["x" * 3_000_000, "a://" * 700_000, "http://db:5432 " + "a." * 1_500_000], ids=len)
def test_a_text_of_megabytes_without_a_break_is_read_once(text: str) -> None:
    """In seconds; were it gone through again from every character, this test would not end."""
    assert len(named(text)) < 2


SERVICES = Names(
    namespaces=frozenset({"dare", "keycloak"}),
    services=frozenset({("dare", "db"), ("dare", "db-headless"), ("keycloak", "keycloak")}),
    stateful_sets=frozenset({("dare", "db")}),
)


def short(resource: Resource) -> list[str]:
    return [str(address) for address in addresses(resource, SERVICES)]


def variables(**values: str) -> Resource:
    env = [{"name": name, "value": value} for name, value in values.items()]
    template = {"spec": {"containers": [{"name": "c", "env": env}]}}
    return made("Deployment", "x", api="apps/v1", metadata={"name": "x", "namespace": "dare"}, spec={"template": template})


@pytest.mark.parametrize(
    ("values", "found"),
    [
        pytest.param({"KC_DB_URL_HOST": "db"}, ["db.dare"], id="a host"),
        pytest.param({"DB_HOST": "db", "DB_PORT": "5432"}, ["db.dare:5432"], id="with its port in another variable"),
        pytest.param({"DB_HOST": "db", "WEB_PORT": "80"}, ["db.dare"], id="beside the port of something else"),
        pytest.param({"DB_ADDR": "db", "DB_ADDR_PORT": "1"}, ["db.dare:1"], id="with a port named after it"),
        pytest.param({"DB_HOST": "db.dare.svc", "DB_PORT": "1"}, ["db.dare:1"], id="a long name with its port"),
        pytest.param({"dbServer": "db:1"}, ["db.dare:1"], id="a server"),
        pytest.param({"BROKERS": "db:1, dbb:2"}, ["db.dare:1", "dbb.dare:2"], id="several"),
        pytest.param({"STORE": "db"}, ["db.dare"], id="a Service that is all a variable says"),
        pytest.param({"NODE_LIST": "db:1"}, ["db.dare:1"], id="a Service with a port"),
        pytest.param({"DB_HOST": "dbb"}, ["dbb.dare"], id="a name that is misspelt"),
        pytest.param({"PEER": "db-0.db-headless.dare.svc:1"}, ["db-headless.dare:1"], id="a pod of a headless Service"),
        pytest.param({"PEER_HOST": "db-0.db-headless"}, ["db-headless.dare"], id="the same in short"),
    ],
)
def test_a_variable_names_a_service_in_short(values: dict[str, str], found: list[str]) -> None:
    assert short(variables(**values)) == found


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"DB_NAME": "db"}, id="a name that is the Service's as well"),
        pytest.param({"LISTEN_HOST": "db"}, id="what it listens on"),
        pytest.param({"BIND_ADDRESS": "eth0"}, id="what it binds to"),
        pytest.param({"DB_HOST": "localhost"}, id="itself"),
        pytest.param({"DB_HOST": "0.0.0.0"}, id="any address"),
        pytest.param({"DB_HOST": "::"}, id="any address of IPv6"),
        pytest.param({"DB_HOST": "$(HOST)"}, id="another variable"),
        pytest.param({"DB_HOST": ""}, id="nothing"),
        pytest.param({"PUBLIC_HOST": "platform.example.org"}, id="a host outside"),
        pytest.param({"HOST": "db-0"}, id="a pod's own name"),
        pytest.param({"STRICT_HOST": "true"}, id="a switch"),
        pytest.param({"CHARACTER_SET_SERVER": "utf8mb4"}, id="a server's setting"),
        pytest.param({"HOSTNAME_MODE": "word"}, id="a key that is about a host"),
        pytest.param({"MODE": "word"}, id="any word"),
        pytest.param({"TARGET": "prod"}, id="a target of another sort"),
        pytest.param({"WINDOW": "12:30"}, id="a time"),
        pytest.param({"DB_IMAGE": "db:5432"}, id="an image with a version"),
    ],
)
def test_a_variable_names_none(values: dict[str, str]) -> None:
    assert short(variables(**values)) == []


@pytest.mark.parametrize(
    ("name", "text", "found", "written"),
    [
        ("a.yaml", "# db\nstore:\n  host: db\n  port: 1\n", "db.dare:1", "host: db"),
        ("a.py", "DB = {\n'HOST': 'db',\n'PORT': '5432'}\n", "db.dare:5432", "'HOST': 'db',"),
        ("a.conf", "# host = db\nhost = dbb\n", "dbb.dare", "host = dbb"),
        ("a.yaml", "env:\n- name: X_HOST\n  value: db\n", "db.dare", "value: db"),
        ("a.js", "connect('db:5432', {host: 'db'})", "db.dare", "connect('db:5432', {host: 'db'})"),
        ("DB_HOST", "db", "db.dare", "db"),
    ],
)
def test_a_file_names_a_service_in_short(name: str, text: str, found: str, written: str) -> None:
    placed = {"name": "settings", "namespace": "dare"}
    (address,) = addresses(made("ConfigMap", "settings", metadata=placed, data={name: text}), SERVICES)
    assert (str(address), address.text) == (found, written)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "store: db\nurl: page\nrules: [{host: '*'}]\n"),
        ("a.json", '{"host": "$host", "server": "nginx"}'),
        ("a.sh", "# --host dbb\nrun --host dbb\n"),
        ("sshd_config", "Port 2222\nHost *\n"),
    ],
)
def test_a_file_names_none(name: str, text: str) -> None:
    placed = {"name": "settings", "namespace": "dare"}
    assert short(made("ConfigMap", "settings", metadata=placed, data={name: text})) == []


def test_probes_and_hooks_are_command_lines_too() -> None:
    probe = {"exec": {"command": ["pg_isready", "--host=db"]}}
    hook = {"preStop": {"exec": {"command": ["leave", "--host", "db:5432"]}}}
    container = {"name": "c", "readinessProbe": probe, "lifecycle": hook}
    placed = {"name": "x", "namespace": "dare"}
    resource = made("Deployment", "x", metadata=placed, spec={"template": {"spec": {"containers": [container]}}})
    assert short(resource) == ["db.dare", "db.dare:5432"]


@pytest.mark.parametrize(
    "resource",
    [
        made(
            "ValidatingWebhookConfiguration",
            "w",
            api="admissionregistration.k8s.io/v1",
            webhooks=[{"clientConfig": {"service": {"name": "hook", "namespace": "dare", "port": 443}}}, {}],
        ),
        made(
            "CustomResourceDefinition",
            "c",
            api="apiextensions.k8s.io/v1",
            spec={"conversion": {"webhook": {"clientConfig": {"service": {"name": "hook", "namespace": "dare"}}}}},
        ),
        made("APIService", "a", api="apiregistration.k8s.io/v1", spec={"service": {"name": "hook", "namespace": "dare"}}),
    ],
    ids=lambda resource: resource.kind,
)
def test_what_the_api_server_is_told_to_call_is_an_address(resource: Resource) -> None:
    assert short(resource) == ["hook.dare:443"]


def test_environment_variables_and_arguments_are_read_wherever_containers_are() -> None:
    container = {
        "name": "c",
        "env": [{"name": "A", "value": "db.dare"}],
        "args": ["--to", "http://db:1"],
        "command": ["x.dare"],
    }
    job = {"jobTemplate": {"spec": {"template": {"spec": {"initContainers": [container]}}}}}
    resource = made("CronJob", "x", api="batch/v1", metadata={"name": "x", "namespace": "dare"}, spec=job)
    found = {str(address): address.path[-3:] for address in addresses(resource, Names(frozenset({"dare"})))}
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


def test_an_ingress_needs_the_component_of_its_class() -> None:
    spec = {"ingressClassName": "nginx", "rules": [{"host": "x"}]}
    ingress = made("Ingress", "web", api="networking.k8s.io/v1", spec=spec)
    served = made("IngressClass", "nginx", api="networking.k8s.io/v1", overlay=DB, spec={"controller": "x/y"})
    alone = replace(environment(ingress, served), components={"web": component(), "db": component()})
    assert messages("NET006", alone) == ["IngressClass nginx belongs to db, which web does not depend on"]
    assert messages("NET006", replace(alone, components={"web": component("db"), "db": component()})) == []


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


def test_an_ingress_asks_for_a_way_from_the_pods_of_its_class() -> None:
    served = made("IngressClass", "nginx", api="networking.k8s.io/v1", overlay=DB, spec={"controller": "x/y"})
    backend = {"service": {"name": "web", "port": {"number": 80}}}
    rule = {"host": "x", "http": {"paths": [{"path": "/", "backend": backend}]}}
    spec = {"ingressClassName": "nginx", "rules": [rule]}
    ingress = made("Ingress", "web", api="networking.k8s.io/v1", metadata={"name": "web", "namespace": "dare"}, spec=spec)
    open_web = environment(NAMESPACE, *app("web", WEB), *app("db", DB), served, ingress)
    assert messages("NET007", open_web) == []
    closed_web = environment(NAMESPACE, *app("web", WEB), *app("db", DB), served, ingress, closed("web"))
    (problem,) = problems("NET007", closed_web)
    assert problem.message == (
        "no policy of the server lets a connection in from Deployment dare/db to Deployment dare/web at port 8080"
    )
    assert problem.path == ("spec", "rules", 0, "http", "paths", 0, "path")


JOB = """\
apiVersion: kubeflow.org/v2beta1
kind: MPIJob
spec: {template: {metadata: {labels: {app: job}}, spec: {env: [{name: DB_HOST, value: db}]}}}
"""


def test_a_manifest_in_a_config_map_speaks_for_the_pods_that_a_policy_knows_by_its_api() -> None:
    config = made("ConfigMap", "job", metadata={"name": "job", "namespace": "dare"}, data={"job.yaml": JOB})
    labels = {"training.kubeflow.org/operator-name": "mpi-operator"}
    spec = {"podSelector": {"matchLabels": labels}, "policyTypes": ["Egress"]}
    placed = {"name": "jobs", "namespace": "dare"}
    policy = made("NetworkPolicy", "jobs", api="networking.k8s.io/v1", metadata=placed, spec=spec)
    from_jobs = closed("db", ingress=[{"from": [{"podSelector": {"matchLabels": {"app": "job"}}}]}])
    (found,) = messages("NET007", environment(NAMESPACE, config, policy, from_jobs, *app("db", DB)))
    way = "from the pods of NetworkPolicy dare/jobs to Deployment dare/db at port 8080"
    assert found == f"no policy of the client lets a connection out {way}"
