"""Ingress rules: one address once, under the domain, with TLS."""

import pytest

from gitops.models.resource import Resource
from tests.unit.checks.evidence_by_hand import DB, environment, messages
from tests.unit.repository.trees import made

HOST = "test.example.org"


def ingress(name: str = "web", host: str | None = HOST, path: str = "/", **options: object) -> Resource:
    kind = options.get("path_type", "Prefix")
    rule = {"http": {"paths": [{"path": path, "pathType": kind, "backend": {}}]}}
    spec = {
        "ingressClassName": options.get("ingress_class", "traefik"),
        "tls": [{"hosts": options.get("tls", [host])}],
        "rules": [{**({"host": host} if host else {}), **rule}],
    }
    overlay = {"overlay": DB} if options.get("elsewhere") else {}
    return made("Ingress", name, api="networking.k8s.io/v1", spec=spec, **overlay)


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
