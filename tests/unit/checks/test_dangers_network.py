"""DANGER007 and DANGER008: who may reach more, and who finds nobody any more."""

from typing import Any

import pytest

from gitops.models.resource import Resource
from tests.unit.checks.dangers_by_hand import evidence, thing, told
from tests.unit.checks.evidence_by_hand import messages

WEB = {"podSelector": {"matchLabels": {"app": "web"}}}


def policy(*ingress: Any, **spec: Any) -> Resource:
    body = {"podSelector": {}, "policyTypes": ["Ingress"], "ingress": list(ingress), **spec}
    return thing("NetworkPolicy", api="networking.k8s.io/v1", spec=body)


def rule(*peers: Any, ports: Any = None) -> dict[str, Any]:
    return {"from": list(peers), **({"ports": ports} if ports else {})}


def block(cidr: str, *left_out: str) -> dict[str, Any]:
    return {"ipBlock": {"cidr": cidr, **({"except": list(left_out)} if left_out else {})}}


@pytest.mark.parametrize(
    ("old", "new", "told_of"),
    [
        (rule(WEB), rule(WEB, {"podSelector": {}}), "now also all pods on any port; before: app=web on any port"),
        (rule(WEB), rule(), "now also anybody on any port; before: app=web on any port"),
        (
            rule(WEB),
            rule({**WEB, "namespaceSelector": {}}),
            "now also app=web in every namespace on any port; before: app=web on any port",
        ),
        (rule(WEB, ports=[{"port": 80}]), rule(WEB), "now also app=web on any port; before: app=web on 80/TCP"),
        (
            rule(WEB, ports=[{"port": 80, "endPort": 90}]),
            rule(WEB, ports=[{"port": 80, "endPort": 91}]),
            "now also app=web on 80-91/TCP; before: app=web on 80-90/TCP",
        ),
        (
            rule(block("10.0.0.0/16")),
            rule(block("10.0.0.0/8")),
            "now also 10.0.0.0/8 on any port; before: 10.0.0.0/16 on any port",
        ),
        (
            rule(block("10.0.0.0/8", "10.1.0.0/16")),
            rule(block("10.0.0.0/8")),
            "now also 10.0.0.0/8 on any port; before: 10.0.0.0/8 but 10.1.0.0/16 on any port",
        ),
    ],
)
def test_a_policy_that_allows_more(old: Any, new: Any, told_of: str) -> None:
    assert told("DANGER007", policy(old), policy(new)) == [f"ingress: {told_of}"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rule(), rule(WEB)),
        (rule({"podSelector": {}}), rule(WEB)),
        (rule(WEB), rule({"podSelector": {"matchLabels": {"app": "web", "tier": "front"}}})),
        (rule(WEB, ports=[{"port": 80}]), rule(WEB, ports=[{"port": 80, "protocol": "TCP"}])),
        (rule(WEB, ports=[{"port": 80, "endPort": 90}]), rule(WEB, ports=[{"port": 85}])),
        (rule(block("10.0.0.0/8", "10.1.0.0/16")), rule(block("10.2.0.0/16"))),
        (rule(block("10.0.0.0/8", "10.1.0.0/16")), rule(block("10.0.0.0/8", "10.1.0.0/16", "10.3.0.0/16"))),
    ],
)
def test_a_policy_that_allows_no_more(old: Any, new: Any) -> None:
    assert told("DANGER007", policy(old), policy(new)) == []


def test_pods_that_a_policy_no_longer_isolates() -> None:
    both = policy(rule(WEB), policyTypes=["Ingress", "Egress"])
    assert told("DANGER007", both, policy(rule(WEB))) == ["no longer isolates for egress"]
    assert told("DANGER007", policy(rule(WEB)), policy(rule(WEB), **WEB)) == ["is for other pods than before"]


def test_a_policy_that_denies_and_goes() -> None:
    assert told("DANGER007", policy(), None) == ["denied all ingress, and is deleted"]
    assert told("DANGER007", policy(rule(WEB)), None) == []
    namespace = thing("Namespace", "dare", metadata={"namespace": ""})
    assert messages("DANGER007", evidence([policy(), namespace], [])) == []


def test_a_new_policy_for_everybody() -> None:
    assert told("DANGER007", None, policy(rule(block("0.0.0.0/0")))) == ["ingress: allows 0.0.0.0/0 on any port"]
    assert told("DANGER007", None, policy(rule(block("0.0.0.0/0", "10.0.0.0/8")))) == []
    assert told("DANGER007", None, policy()) == []


def service(*ports: int) -> Resource:
    return thing("Service", spec={"ports": [{"port": port} for port in ports]})


def test_services_that_go() -> None:
    assert told("DANGER008", service(80), None) == ["Service dare/web is gone"]
    assert told("DANGER008", service(80, 443), service(443)) == ["port 80/TCP is gone"]
    assert told("DANGER008", service(80), service(80, 443)) == []


def ingress(name: str, *addresses: str) -> Resource:
    rules = []
    for address in addresses:
        host, _, path = address.partition("/")
        rules.append({"host": host, "http": {"paths": [{"path": f"/{path}"}]}})
    return thing("Ingress", name, "networking.k8s.io/v1", spec={"rules": rules})


def test_addresses_that_nobody_serves_any_more() -> None:
    old = ingress("web", "a.org/x", "b.org/")
    assert told("DANGER008", old, ingress("web", "a.org/y", "b.org/")) == ["a.org/x is served no more"]
    assert told("DANGER008", old, None) == ["a.org/x is served no more", "b.org/ is served no more"]


def test_an_address_that_another_ingress_takes_over() -> None:
    old = [ingress("web", "a.org/x", "b.org/")]
    new = [ingress("web", "b.org/"), ingress("other", "a.org/x")]
    assert messages("DANGER008", evidence(old, new)) == []
