"""Secrets: which fields name one, and what is said of those that nothing makes or reads."""

from dataclasses import replace
from typing import Any

import pytest

from gitops.checks.evidence import EnvironmentEvidence
from gitops.models.component import Component
from gitops.models.resource import Resource
from gitops.repository.secret_uses import made_from, uses
from tests.unit.checks.evidence_by_hand import DB, environment, messages, problems
from tests.unit.repository.trees import WEB, made

PLACED = {"name": "web", "namespace": "dare"}
GENERATED = {"name": "password", "generate": {"length": 32}}


def pod(**spec: Any) -> Resource:
    """A CronJob, whose pod template lies deepest."""
    template = {"spec": {"containers": [], **spec}}
    body = {"jobTemplate": {"spec": {"template": template}}}
    return made("CronJob", "web", api="batch/v1", metadata=PLACED, spec=body)


def env(key: str, secret: str = "web", **more: Any) -> Resource:
    value = {"valueFrom": {"secretKeyRef": {"name": secret, "key": key, **more}}}
    return pod(containers=[{"name": "c", "env": [{"name": "A", **value}]}])


def component(*secrets: dict[str, Any]) -> Component:
    return Component.model_validate({"title": "x", "description": "x", "owner": "x", "secrets": list(secrets)})


def secret(name: str, *keys: dict[str, Any], namespace: str = "dare") -> dict[str, Any]:
    return {"name": name, "namespace": namespace, "why": "x", "keys": list(keys) or [GENERATED]}


def evidence(*resources: Resource, **components: Component) -> EnvironmentEvidence:
    """Of two components, web and db; of the last one nothing is rendered unless a resource is."""
    every = {"web": component(), "db": component(), **components}
    return replace(environment(*resources, empty=(WEB, DB)), components=every)


def shown(resource: Resource) -> list[str]:
    return [f"{use.secret}:{use.key or '*'}" for use in uses(resource)]


@pytest.mark.parametrize(
    ("resource", "found"),
    [
        pytest.param(env("password"), ["dare/web:password"], id="variable"),
        pytest.param(
            pod(initContainers=[{"envFrom": [{"secretRef": {"name": "a"}}, {"configMapRef": {"name": "b"}}]}]),
            ["dare/a:*"],
            id="all variables",
        ),
        pytest.param(pod(volumes=[{"name": "v", "secret": {"secretName": "a"}}]), ["dare/a:*"], id="volume"),
        pytest.param(
            pod(volumes=[{"secret": {"secretName": "a", "items": [{"key": "k", "path": "p"}, {"key": "l", "path": "q"}]}}]),
            ["dare/a:k", "dare/a:l"],
            id="some keys in a volume",
        ),
        pytest.param(
            pod(volumes=[{"projected": {"sources": [{"secret": {"name": "a"}}, {"configMap": {"name": "b"}}]}}]),
            ["dare/a:*"],
            id="projection",
        ),
        pytest.param(
            pod(volumes=[{"csi": {"driver": "d", "nodePublishSecretRef": {"name": "a"}}}]), ["dare/a:*"], id="CSI volume"
        ),
        pytest.param(pod(imagePullSecrets=[{"name": "a"}]), ["dare/a:*"], id="image pull secret"),
        pytest.param(
            made("ServiceAccount", "x", metadata=PLACED, imagePullSecrets=[{"name": "a"}], secrets=[{"name": "b"}]),
            ["dare/a:*", "dare/b:*"],
            id="service account",
        ),
        pytest.param(
            made("Ingress", "x", api="networking.k8s.io/v1", metadata=PLACED, spec={"tls": [{"secretName": "a"}]}),
            ["dare/a:*"],
            id="Ingress",
        ),
        pytest.param(
            made("ClusterIssuer", "x", api="cert-manager.io/v1", spec={"acme": {"privateKeySecretRef": {"name": "a"}}}),
            ["cert-manager/a:*"],
            id="issuer",
        ),
        pytest.param(
            made(
                "StorageClass",
                "x",
                api="storage.k8s.io/v1",
                parameters={
                    "pool": "p",
                    "csi.storage.k8s.io/provisioner-secret-name": "a",
                    "csi.storage.k8s.io/provisioner-secret-namespace": "rook-ceph",
                    "csi.storage.k8s.io/node-publish-secret-name": "${pvc.name}",
                    "csi.storage.k8s.io/node-publish-secret-namespace": "rook-ceph",
                },
            ),
            ["rook-ceph/a:*"],
            id="storage class",
        ),
        pytest.param(
            made("X", "x", api="x.io/v1", metadata={"annotations": {"cert-manager.io/inject-ca-from-secret": "n/a"}}),
            ["n/a:*"],
            id="injected authority",
        ),
        pytest.param(
            made("X", "x", api="x.io/v1", metadata=PLACED, spec={"tokenSecretRef": {"name": "a", "key": "k"}}),
            ["dare/a:k"],
            id="custom resource",
        ),
        pytest.param(
            made("PersistentVolume", "x", spec={"csi": {"nodeStageSecretRef": {"name": "a", "namespace": "n"}}}),
            ["n/a:*"],
            id="reference into a namespace",
        ),
        pytest.param(made("ConfigMap", "x", metadata=PLACED, data={"secretName": "a"}), [], id="configuration"),
        pytest.param(pod(volumes=[{"secret": {"secretName": ["a"]}}, {"secret": "a"}]), [], id="malformed"),
    ],
)
def test_an_object_names_these_secrets(resource: Resource, found: list[str]) -> None:
    assert shown(resource) == found


@pytest.mark.parametrize(
    ("annotations", "found"), [({"cert-manager.io/cluster-issuer": "x"}, ["dare/a"]), ({"cert-manager.io/foo": "x"}, [])]
)
def test_an_ingress_with_an_issuer_gets_its_certificate_made(annotations: dict[str, str], found: list[str]) -> None:
    spec = {"tls": [{"secretName": "a"}]}
    ingress = made("Ingress", "x", api="networking.k8s.io/v1", metadata={**PLACED, "annotations": annotations}, spec=spec)
    assert [str(name) for name, _ in made_from(ingress)] == found


def test_what_is_declared_or_made_or_optional_passes() -> None:
    certificate = made("Certificate", "c", api="cert-manager.io/v1", metadata=PLACED, spec={"secretName": "tls"})
    objects = (env("password"), certificate, env("tls.crt", "tls"), env("a", "elsewhere", optional=True))
    assert messages("SECRET001", evidence(*objects, db=component(secret("web")))) == []


def made_of(kind: str, api: str = "v1", **body: Any) -> Resource:
    return made(kind, "m", api=api, metadata={"name": "m", "namespace": "dare"}, **body)


@pytest.mark.parametrize(
    ("maker", "keys"),
    [
        (made_of("Certificate", "cert-manager.io/v1", spec={"secretName": "m"}), {"ca.crt", "tls.crt", "tls.key"}),
        (
            made_of(
                "Certificate",
                "cert-manager.io/v1",
                spec={
                    "secretName": "m",
                    "keystores": {"jks": {"create": True}, "pkcs12": {"create": False}},
                    "additionalOutputFormats": [{"type": "DER"}],
                },
            ),
            {"ca.crt", "tls.crt", "tls.key", "keystore.jks", "truststore.jks", "key.der"},
        ),
        (made_of("Issuer", "cert-manager.io/v1", spec={"acme": {"privateKeySecretRef": {"name": "m"}}}), {"tls.key"}),
        (made_of("Secret", data={"a": "eA=="}, stringData={"b": "x"}), {"a", "b"}),
        (made_of("Secret", type="kubernetes.io/service-account-token"), {"ca.crt", "namespace", "token"}),
    ],
)
def test_a_secret_that_is_made_has_the_keys_of_its_maker(maker: Resource, keys: set[str]) -> None:
    for key in sorted(keys):
        assert messages("SECRET001", evidence(env(key, "m"), maker)) == []
    there = ", ".join(sorted(keys))
    assert messages("SECRET001", evidence(env("passwort", "m"), maker)) == [
        f"no component declares the key 'passwort' of the Secret dare/m; it has {there}"
    ]


def test_a_rendered_secret_without_keys_may_get_any() -> None:
    assert messages("SECRET001", evidence(env("any", "m"), made_of("Secret"))) == []


def test_what_nothing_makes_is_caught_once_per_object() -> None:
    twice = pod(volumes=[{"secret": {"secretName": "a"}}], imagePullSecrets=[{"name": "a"}])
    assert messages("SECRET001", evidence(twice)) == ["no component declares the Secret dare/a"]


def test_a_declaration_holds_in_its_namespace_alone() -> None:
    elsewhere = component(secret("web", namespace="other"))
    assert messages("SECRET001", evidence(env("password"), web=elsewhere)) == ["no component declares the Secret dare/web"]


def test_a_component_without_an_overlay_here_makes_nothing_here() -> None:
    found = evidence(env("password"), local=component(secret("web")))
    assert messages("SECRET001", found) == ["no component declares the Secret dare/web"]


def test_a_key_that_nothing_makes_is_caught_at_the_key() -> None:
    (problem,) = problems("SECRET001", evidence(env("passwort"), web=component(secret("web"))))
    assert problem.message == "no component declares the key 'passwort' of the Secret dare/web; it has password"
    assert problem.path[-1] == "key"


def test_nothing_is_said_while_a_declaration_or_an_object_is_unknown() -> None:
    unread = replace(evidence(env("password")), components={"web": component()})
    assert messages("SECRET001", unread) == messages("SECRET003", unread) == []
    blocked = replace(environment(env("password"), blocked=[DB]), components={"web": component(secret("x"))})
    assert messages("SECRET001", blocked) == messages("SECRET002", blocked) == []


def test_what_nothing_reads_is_caught_whole_or_by_key() -> None:
    web = component(secret("web", GENERATED, {"name": "old", "given": "x"}), secret("idle"))
    found = problems("SECRET002", evidence(env("password"), web=web))
    assert [problem.message for problem in found] == [
        "nothing reads the key 'old' of the Secret dare/web",
        "nothing reads the Secret dare/idle",
    ]
    assert [(problem.file, problem.path) for problem in found] == [
        ("base/web/component.yaml", ("secrets", 0, "keys", 1)),
        ("base/web/component.yaml", ("secrets", 1)),
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"name": "b", "copy": {"secret": "a", "namespace": "dare", "key": "password"}},
        {"name": "b", "generate": {"length": 32}},
    ],
    ids=["copied from", "not copied from"],
)
def test_a_key_that_another_is_made_of_is_read(other: dict[str, Any]) -> None:
    declared = component(secret("a"), secret("web", other))
    told = [] if "copy" in other else ["nothing reads the Secret dare/a"]
    assert messages("SECRET002", evidence(env("b"), web=declared)) == told


def test_the_password_of_an_htpasswd_is_read() -> None:
    entry = {"name": "htpasswd", "htpasswd": {"user": "harbor", "key": "password"}}
    assert messages("SECRET002", evidence(env("htpasswd"), web=component(secret("web", GENERATED, entry)))) == []


def copy(secret_name: str, key: str = "password") -> dict[str, Any]:
    return {"name": "password", "copy": {"secret": secret_name, "namespace": "dare", "key": key}}


def test_a_copy_of_nothing_is_caught() -> None:
    found = evidence(web=component(secret("web", copy("db", "pasword"))), db=component(secret("db")))
    assert messages("SECRET003", found) == ["dare/web:password is a copy of dare/db:pasword, which no component declares"]


def test_copies_in_a_circle_are_caught_and_what_leads_there_is_not() -> None:
    found = evidence(web=component(secret("a", copy("b")), secret("b", copy("c")), secret("c", copy("b"))))
    assert messages("SECRET003", found) == [
        "dare/b:password is in the end a copy of itself",
        "dare/c:password is in the end a copy of itself",
    ]


def test_a_secret_that_is_declared_twice_is_caught() -> None:
    found = evidence(web=component(secret("a"), secret("a"), secret("b")), db=component(secret("b")))
    assert messages("SECRET004", found) == [
        "the Secret dare/a is declared twice",
        "the Secret dare/b is declared by db too",
    ]


def test_a_value_in_git_is_caught_and_an_empty_secret_passes() -> None:
    full = made("Secret", "web", metadata=PLACED, data={"a": "eA==", "b": ""}, stringData={"c": "x"})
    assert messages("SECRET005", full) == [
        "the value of 'a' of the Secret dare/web is in Git",
        "the value of 'c' of the Secret dare/web is in Git",
    ]
    assert messages("SECRET005", made("Secret", "x", type="kubernetes.io/service-account-token")) == []
