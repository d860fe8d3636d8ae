"""Ingresses: the addresses that they answer, the Services behind them, and the controllers that serve their classes."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from gitops.models.paths import JsonPath
from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence
from gitops.repository.network import Network, Pods


class Route(NamedTuple):
    """One path of one rule of an Ingress, or all that no rule answers; an absent host is every host."""

    resource: Resource
    host: str
    path: str
    exact: bool
    where: JsonPath
    backend: dict[str, Any]

    @property
    def address(self) -> tuple[str, str, str, bool]:
        """What only one route may have: prefixes match whole parts of a path, so a slash at the end changes nothing."""
        return class_of(self.resource), self.host, self.path if self.exact else self.path.rstrip("/"), self.exact

    def serves(self, host: str, path: str) -> bool:
        """Whether a request for this host and path may come here; a wildcard stands for one part of a name."""
        if self.host not in ("", host) and self.host != f"*.{host.partition('.')[2]}":
            return False
        prefix = self.path.rstrip("/")
        return path == self.path if self.exact else path == prefix or path.startswith(f"{prefix}/")

    def __str__(self) -> str:
        return f"{self.host or '*'}{self.path}"


def routes(resources: Iterable[Resource]) -> Iterator[Route]:
    """Every route of every Ingress among these objects."""
    for resource in resources:
        if (resource.group, resource.kind) == ("networking.k8s.io", "Ingress"):
            spec = mapping(resource.body.get("spec"))
            default = mapping(spec.get("defaultBackend"))
            if default:
                yield Route(resource, "", "/", False, ("spec", "defaultBackend"), default)
            for number, rule in enumerate(map(mapping, sequence(spec.get("rules")))):
                yield from _routes_of(resource, number, rule, default)


def _routes_of(resource: Resource, number: int, rule: dict[str, Any], default: dict[str, Any]) -> Iterator[Route]:
    """The routes of one rule; one without paths sends everything for its host to the Ingress's default."""
    host = str(rule.get("host") or "")
    if "http" not in rule:
        yield Route(resource, host, "/", False, ("spec", "rules", number), default)
    for index, path in enumerate(map(mapping, sequence(mapping(rule.get("http")).get("paths")))):
        where: JsonPath = ("spec", "rules", number, "http", "paths", index, "path")
        exact = path.get("pathType") == "Exact"
        yield Route(resource, host, str(path.get("path") or "/"), exact, where, mapping(path.get("backend")))


def class_of(ingress: Resource) -> str:
    """The name of an Ingress's class, empty where it leaves that to the cluster."""
    return str(mapping(ingress.body.get("spec")).get("ingressClassName") or "")


def ingress_classes(resources: Iterable[Resource]) -> dict[str, Resource]:
    """The IngressClasses among these objects by their names."""
    kind = ("networking.k8s.io", "IngressClass")
    return {resource.name: resource for resource in resources if (resource.group, resource.kind) == kind}


def controllers(ingress_class: Resource, network: Network) -> list[Pods]:
    """The pods that serve a class: those behind the Services that its own overlay renders."""
    services = [service for service in network.services.values() if service.overlay == ingress_class.overlay]
    behind = {id(pods): pods for service in services for pods in network.behind(service)}
    return list(behind.values())


def backend_service(route: Route) -> tuple[str, Any]:
    """The name of the Service behind a route and its port, by number or name; empty for a backend of another kind."""
    service = mapping(route.backend.get("service"))
    port = mapping(service.get("port"))
    return str(service.get("name") or ""), port.get("number", port.get("name"))
