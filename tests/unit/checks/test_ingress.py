"""Ingress rules: one address once, under the domain, with TLS."""

import pytest

from gitops.models.resource import Resource
from tests.unit.checks.evidence_by_hand import DB, NAMESPACES, environment, messages, problems
from tests.unit.repository.trees import made

HOST = "test.example.org"


def ingress(name: str = "web", host: str | None = HOST, path: str = "/", **options: object) -> Resource:
    kind = options.get("path_type", "Prefix")
    rule = {"http": {"paths": [{"path": path, "pathType": kind, "backend": options.get("backend", {})}]}}
    spec = {
        "ingressClassName": options.get("ingress_class", "traefik"),
        "tls": [{"hosts": options.get("tls", [host]), "secretName": options.get("secret", "web-tls")}],
        "rules": [{**({"host": host} if host else {}), **rule}],
    }
    overlay = {"overlay": DB} if options.get("elsewhere") else {}
    placed = {"name": name, "namespace": options.get("namespace", "dare")}
    return made("Ingress", name, api="networking.k8s.io/v1", metadata=placed, spec=spec, **overlay)


@pytest.mark.parametrize("path", ["/a", "/a/"])
def test_one_prefix_twice_is_caught(path: str) -> None:
    found = messages("NET001", environment(ingress(path="/a"), ingress("other", path=path, elsewhere=True)))
    assert len(found) == 1
    assert "is also served by Ingress" in found[0]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"path": "/b"}, id="another path"),
        pytest.param({"path": "/a/b"}, id="a longer prefix"),
        pytest.param({"path": "/ab"}, id="a path that only begins alike"),
        pytest.param({"path": "/a", "path_type": "Exact"}, id="an exact path beside a prefix"),
        pytest.param({"path": "/a", "host": f"*.{HOST}"}, id="a wildcard beside a host"),
        pytest.param({"path": "/a", "ingress_class": "internal"}, id="another controller"),
    ],
)
def test_two_addresses_pass(other: dict[str, str]) -> None:
    assert messages("NET001", environment(ingress(path="/a"), ingress("other", elsewhere=True, **other))) == []


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("test.example.com", "'test.example.com' is not under test.example.org"),
        ("nottest.example.org", "'nottest.example.org' is not under test.example.org"),
        ("example.org", "'example.org' is not under test.example.org"),
        (None, "the rule answers for every host"),
    ],
)
def test_a_host_outside_the_domain_is_caught(host: str | None, message: str) -> None:
    assert messages("NET002", environment(ingress(host=host))) == [message]


@pytest.mark.parametrize("host", [HOST, f"a.{HOST}", f"*.{HOST}"])
def test_a_host_under_the_domain_passes(host: str) -> None:
    assert messages("NET002", environment(ingress(host=host))) == []


@pytest.mark.parametrize("tls", [[], [f"a.{HOST}"], ["*.org"], [f"*.{HOST}"]])
def test_a_host_that_no_entry_of_tls_covers_is_caught(tls: list[str]) -> None:
    assert messages("NET003", environment(ingress(tls=tls))) == [f"{HOST} has no TLS"]


@pytest.mark.parametrize(("host", "tls"), [(HOST, [HOST]), (f"a.{HOST}", [f"*.{HOST}"]), (f"*.{HOST}", [f"*.{HOST}"])])
def test_a_host_that_tls_covers_passes(host: str, tls: list[str]) -> None:
    assert messages("NET003", environment(ingress(host=host, tls=tls))) == []


def test_tls_without_a_secret_is_caught() -> None:
    assert messages("NET003", environment(ingress(secret=None))) == [
        f"{HOST} has TLS without a Secret, so with nobody's certificate"
    ]


def everything(**spec: object) -> Resource:
    return made("Ingress", "all", api="networking.k8s.io/v1", spec={"defaultBackend": {"service": {"name": "x"}}, **spec})


def test_an_ingress_that_takes_whatever_is_left_answers_for_every_host() -> None:
    assert messages("NET002", environment(everything())) == ["the rule answers for every host"]
    assert messages("NET003", environment(everything())) == ["the rule has no TLS"]


def test_a_rule_without_paths_is_one_for_all_paths() -> None:
    found = messages("NET003", environment(everything(rules=[{"host": HOST}])))
    assert found == ["the rule has no TLS", f"{HOST} has no TLS"]


def leading_to(service: str, port: dict[str, object], *more: Resource, **options: object) -> list[str]:
    backend = {"service": {"name": service, "port": port}}
    return messages("NET008", environment(ingress(backend=backend, **options), *more))


def service() -> Resource:
    ports = [{"name": "http", "port": 80, "targetPort": 8080}]
    placed = {"name": "web", "namespace": "dare"}
    return made("Service", "web", metadata=placed, spec={"selector": {"app": "web"}, "ports": ports})


def pods() -> Resource:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web"}]}}
    placed = {"name": "web", "namespace": "dare"}
    return made("Deployment", "web", api="apps/v1", metadata=placed, spec={"template": template})


def test_a_backend_that_is_not_there_is_caught() -> None:
    assert leading_to("wbe", {"number": 80}, service(), pods()) == [f"{HOST}/ leads to the Service wbe, which is not in dare"]


@pytest.mark.parametrize("port", [{"number": 8080}, {"name": "https"}])
def test_a_port_that_the_backend_does_not_have_is_caught(port: dict[str, object]) -> None:
    (found,) = leading_to("web", port, service(), pods())
    assert found == f"{HOST}/ leads to port {next(iter(port.values()))}, which the Service web does not have"


@pytest.mark.parametrize("port", [{"number": 80}, {"name": "http"}])
def test_a_backend_that_is_there_passes(port: dict[str, object]) -> None:
    assert leading_to("web", port, service(), pods()) == []


def test_a_backend_that_the_installation_of_argo_cd_brings_passes() -> None:
    assert leading_to("argocd-server", {"name": "http"}, namespace="argocd") == []


def test_a_rule_without_any_backend_is_caught() -> None:
    assert messages("NET008", environment(ingress())) == [f"{HOST}/ leads to no backend"]


def test_a_backend_of_another_kind_is_for_the_controller_to_know() -> None:
    assert messages("NET008", environment(ingress(backend={"resource": {"kind": "Bucket", "name": "b"}}))) == []


def ingress_class(name: str) -> Resource:
    spec = {"controller": "example.org/controller"}
    return made("IngressClass", name, api="networking.k8s.io/v1", overlay=NAMESPACES, spec=spec)


def test_a_class_that_nobody_has_is_caught() -> None:
    assert leading_to("web", {"number": 80}, service(), pods(), ingress_class="nginx") == ["no IngressClass is called 'nginx'"]


def test_a_class_that_is_rendered_passes() -> None:
    more = (service(), pods(), ingress_class("nginx"))
    assert leading_to("web", {"number": 80}, *more, ingress_class="nginx") == []


def test_nothing_is_said_of_backends_while_an_overlay_is_missing() -> None:
    assert messages("NET008", environment(ingress(), blocked=[DB])) == []


FILE = "http:\n  middlewares:\n    strip: {}\n"


def asking(middlewares: str, file: str = FILE) -> list[str]:
    annotations = {"traefik.ingress.kubernetes.io/router.middlewares": middlewares}
    metadata = {"name": "web", "namespace": "dare", "annotations": annotations}
    spec = {"ingressClassName": "traefik", "rules": [{"host": HOST}]}
    asked = made("Ingress", "web", api="networking.k8s.io/v1", metadata=metadata, spec=spec)
    config = made("ConfigMap", "traefik", overlay=NAMESPACES, data={"dynamic.yaml": file})
    found = problems("NET009", environment(asked, ingress_class("traefik"), config))
    assert all(problem.path == ("metadata", "annotations", *annotations) for problem in found)
    return [problem.message for problem in found]


def test_a_middleware_that_no_file_has_is_caught() -> None:
    assert asking("strip@file, srtip@file") == ["no file has the middleware 'srtip'"]
    assert asking("strip@file", "http: [\n# middlewares:\n") == ["no file has the middleware 'strip'"]


@pytest.mark.parametrize("middlewares", ["strip@file", "dare-x@kubernetescrd", ""])
def test_a_middleware_that_is_there_or_elsewhere_passes(middlewares: str) -> None:
    assert asking(middlewares) == []
