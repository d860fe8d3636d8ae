"""Ingresses: every address leads to one place, under the environment's domain, and never in clear text."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from gitops.checks.evidence import EnvironmentEvidence
from gitops.checks.unit import Problem, Scope, check
from gitops.models.paths import JsonPath
from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence

_INGRESS = "https://kubernetes.io/docs/concepts/services-networking/ingress/"


class _Route(NamedTuple):
    """One path of one rule; an absent host is every host."""

    resource: Resource
    host: str
    path: str
    exact: bool
    where: JsonPath

    @property
    def address(self) -> tuple[str, str, str, bool]:
        """What only one route may have: prefixes match whole parts of a path, so a slash at the end changes nothing."""
        ingress_class = str(mapping(self.resource.body.get("spec")).get("ingressClassName", ""))
        return ingress_class, self.host, self.path if self.exact else self.path.rstrip("/"), self.exact

    def __str__(self) -> str:
        return f"{self.host or '*'}{self.path}"


@check(
    "NET001",
    "Two Ingresses for one address",
    Scope.ENVIRONMENT,
    why="Which of the two gets the requests is for the controller to choose, and may change when either is touched.",
    fix="Give one of them another path or host.",
    reference=f"{_INGRESS}#multiple-matches",
)
def one_address(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Routes of one class with the same host and path; an exact path beside a prefix is none, since it goes first."""
    owners: dict[tuple[str, str, str, bool], _Route] = {}
    for route in _routes(evidence):
        owner = owners.setdefault(route.address, route)
        if owner is not route:
            message = f"{route} is also served by {owner.resource.identity} of {owner.resource.overlay.path}"
            yield Problem(message, route.resource, route.where)


@check(
    "NET002",
    "Host outside the environment's domain",
    Scope.ENVIRONMENT,
    why="A host that the environment does not own gets no certificate, and one environment must not answer for another.",
    fix="Let the environment's replacement set the host; its domain stands in overlays/<environment>/environment/.",
)
def foreign_host(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Rules without a host, or with one that is not under the domain of a cluster of this environment."""
    domains = [cluster.facts.domain for cluster in evidence.clusters]
    for route in _routes(evidence) if domains else ():
        host = route.host.removeprefix("*.")
        if not any(host == domain or host.endswith(f".{domain}") for domain in domains):
            what = f"'{route.host}' is not under {' or '.join(domains)}" if route.host else "the rule answers for every host"
            yield Problem(what, route.resource, (*route.where[:3], "host"))


@check(
    "NET003",
    "Host without TLS",
    Scope.ENVIRONMENT,
    why="Passwords and tokens of users would travel in clear text.",
    fix="Name the host under spec.tls with the Secret of its certificate.",
    reference=f"{_INGRESS}#tls",
)
def no_tls(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Rules whose host no entry of spec.tls covers, wildcards understood."""
    for route in _routes(evidence):
        entries = sequence(mapping(route.resource.body.get("spec")).get("tls"))
        hosts = [str(host) for entry in entries for host in sequence(mapping(entry).get("hosts"))]
        if not any(host in (route.host, f"*.{route.host.partition('.')[2]}") for host in hosts):
            yield Problem(f"{route.host or 'the rule'} has no TLS", route.resource, route.where[:3])


def _routes(evidence: EnvironmentEvidence) -> Iterator[_Route]:
    for resource in evidence.resources:
        if (resource.group, resource.kind) == ("networking.k8s.io", "Ingress"):
            for number, rule in enumerate(map(mapping, sequence(mapping(resource.body.get("spec")).get("rules")))):
                yield from _routes_of(resource, number, rule)


def _routes_of(resource: Resource, number: int, rule: dict[str, Any]) -> Iterator[_Route]:
    host = str(rule.get("host") or "")
    for index, path in enumerate(map(mapping, sequence(mapping(rule.get("http")).get("paths")))):
        where: JsonPath = ("spec", "rules", number, "http", "paths", index, "path")
        yield _Route(resource, host, str(path.get("path") or "/"), path.get("pathType") == "Exact", where)
