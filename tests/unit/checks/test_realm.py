"""Where a realm may send users."""

import json
from dataclasses import replace
from typing import Any

import pytest

from gitops.models.component import Component
from gitops.models.resource import Resource
from tests.unit.checks.evidence_by_hand import DB, environment, messages, problems
from tests.unit.repository.trees import made

HOST = "test.example.org"


def keycloak(*clients: dict[str, Any], **realm: object) -> list[Resource]:
    text = json.dumps({"realm": "dare", "clients": clients, **realm})
    placed = {"name": "realm", "namespace": "keycloak"}
    container = {"name": "k", "env": [{"name": "URL", "value": f"https://{HOST}"}, {"name": "SECRET", "valueFrom": {}}]}
    pod = {"containers": [container], "volumes": [{"name": "r", "configMap": {"name": "realm"}}]}
    return [
        made("ConfigMap", "realm", overlay=DB, metadata=placed, data={"realm.json": text}),
        made(
            "StatefulSet",
            "keycloak",
            api="apps/v1",
            overlay=DB,
            metadata={"name": "keycloak", "namespace": "keycloak"},
            spec={"template": {"spec": pod}},
        ),
    ]


def ingress(path: str = "/app", host: str = HOST, kind: str = "Prefix") -> Resource:
    rule = {"host": host, "http": {"paths": [{"path": path, "pathType": kind, "backend": {}}]}}
    return made("Ingress", "web", api="networking.k8s.io/v1", spec={"rules": [rule]})


def component(*depends_on: str) -> Component:
    return Component.model_validate({"title": "x", "description": "x", "owner": "x", "dependsOn": depends_on})


def told(*clients: dict[str, Any], depends_on: tuple[str, ...] = ("db",), served: Resource | None = None) -> list[str]:
    evidence = environment(*keycloak(*clients), served or ingress())
    return messages("NET013", replace(evidence, components={"web": component(*depends_on), "db": component()}))


def client(*uris: str, **more: object) -> dict[str, Any]:
    return {"clientId": "app", "rootUrl": "${URL}", "redirectUris": list(uris), **more}


@pytest.mark.parametrize(
    "uri",
    [
        pytest.param("/app/callback", id="a path below the root"),
        pytest.param("/app/*", id="any path"),
        pytest.param("/app", id="the path itself"),
        pytest.param(f"https://{HOST}/app/x", id="a whole address"),
        pytest.param("${URL}/app/x", id="a variable in the address"),
        pytest.param(f"${{MISSING:https://{HOST}}}/app/x", id="a default"),
        pytest.param("http://localhost:8000", id="the user's own machine"),
        pytest.param("http://127.0.0.1:*/callback", id="the same by its address"),
        pytest.param("https://argocd.example.org/auth/callback", id="Argo CD"),
        pytest.param("org.example.app:/callback", id="an app's own scheme"),
        pytest.param("+", id="as for logging in"),
    ],
)
def test_an_address_that_is_served_passes(uri: str) -> None:
    assert told(client(uri)) == []


@pytest.mark.parametrize(
    ("uri", "fault"),
    [
        (f"https://{HOST}/other", "is served by no Ingress of this environment"),
        (f"https://{HOST}/application", "is served by no Ingress of this environment"),
        ("https://app.example.com/app/x", "is served by no Ingress of this environment"),
        (f"http://{HOST}/app/x", "is not https"),
        ("${SECRET}/app", "has ${SECRET}, which no variable of the pods that read the realm answers"),
        ("https://[x/app", "is no address"),
        ("https:///app", "has no host"),
        ("*", "is relative, and the client has no rootUrl"),
    ],
)
def test_an_address_that_nothing_serves_is_caught(uri: str, fault: str) -> None:
    assert told(client(uri)) == [f"client app: {uri} {fault}"]


def test_a_problem_points_at_the_address_in_the_realm() -> None:
    (problem,) = problems("NET013", environment(*keycloak(client("/other"))))
    assert (problem.path, problem.text) == (("data", "realm.json"), "/other")


def test_an_address_after_logging_out_counts_too() -> None:
    attributes = {"post.logout.redirect.uris": "/app/##/other"}
    (found,) = told(client(attributes=attributes))
    assert found == f"client app: https://{HOST}/other is served by no Ingress of this environment"


def test_a_client_that_is_off_sends_nobody_anywhere() -> None:
    assert told(client("/other", enabled=False)) == []


def test_a_component_that_has_nothing_to_do_with_the_realm_is_caught() -> None:
    (found,) = told(client("/app/x"), depends_on=())
    assert found.endswith("is served by web, and neither it nor db depends on the other")


def test_the_longest_path_serves() -> None:
    other = made(
        "Ingress",
        "other",
        api="networking.k8s.io/v1",
        overlay=DB,
        spec={"rules": [{"host": HOST, "http": {"paths": [{"path": "/", "pathType": "Prefix", "backend": {}}]}}]},
    )
    evidence = environment(*keycloak(client("/app/x")), ingress(), other)
    assert len(messages("NET013", replace(evidence, components={"web": component(), "db": component()}))) == 1


@pytest.mark.parametrize(
    "served", [ingress(host=f"*.{HOST.partition('.')[2]}"), ingress("/app/x", kind="Exact"), ingress("/")], ids=str
)
def test_wildcards_exact_paths_and_the_root_serve(served: Resource) -> None:
    assert told(client("/app/x"), served=served) == []


@pytest.mark.parametrize("text", ['{"clients": [', '["clients"]', '{"clients": [{"redirectUris": ["/x"]}]}', "clients"])
def test_what_is_no_realm_sends_nobody_anywhere(text: str) -> None:
    assert messages("NET013", environment(made("ConfigMap", "realm", data={"realm.json": text}))) == []


@pytest.mark.parametrize(
    ("name", "host", "told"),
    [
        pytest.param("grafana", HOST, 0, id="its path at the domain"),
        pytest.param("grafana", f"grafana.{HOST}", 0, id="its host below the domain"),
        pytest.param("grafana", "grafana.example.net", 1, id="a host of somebody else"),
        pytest.param("other", HOST, 1, id="a client that is no component"),
    ],
)
def test_a_component_that_the_environment_does_without_may_have_a_client(name: str, host: str, told: int) -> None:
    evidence = environment(*keycloak({"clientId": name, "redirectUris": [f"https://{host}/grafana/login"]}), ingress())
    known = dict.fromkeys(("web", "db", "grafana"), component())
    assert len(messages("NET013", replace(evidence, components=known))) == told
