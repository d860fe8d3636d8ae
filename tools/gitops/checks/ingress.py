"""Ingresses: every address leads to one place that is there, under the environment's domain, and never in clear text."""

from collections.abc import Iterator
from typing import Any

from gitops.checks.evidence import EnvironmentEvidence
from gitops.checks.unit import Problem, Scope, check
from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence
from gitops.repository import documents
from gitops.repository.ingresses import Route, backend_service, class_of, ingress_classes

_MIDDLEWARES = "traefik.ingress.kubernetes.io/router.middlewares"
_INGRESS = "https://kubernetes.io/docs/concepts/services-networking/ingress/"


@check(
    "NET001",
    "Two Ingresses for one address",
    Scope.ENVIRONMENT,
    why="Which of the two gets the requests is for the controller to choose, and may change when either is touched.",
    fix="Give one of them another path or host.",
    reference=f"{_INGRESS}#multiple-matches",
    anywhere=True,
)
def one_address(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Routes of one class with the same host and path; an exact path beside a prefix is none, since it goes first."""
    owners: dict[tuple[str, str, str, bool], Route] = {}
    for route in evidence.routes:
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
    for route in evidence.routes if domains else ():
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
    anywhere=True,
)
def no_tls(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Rules whose host no entry of spec.tls covers, wildcards understood, or only one that names no Secret."""
    for route in evidence.routes:
        entries = [mapping(entry) for entry in sequence(mapping(route.resource.body.get("spec")).get("tls"))]
        covering = [entry for entry in entries if _covers(entry, route.host)]
        where = route.where[:3]
        if not covering:
            yield Problem(f"{route.host or 'the rule'} has no TLS", route.resource, where)
        elif not any(entry.get("secretName") for entry in covering):
            yield Problem(f"{route.host} has TLS without a Secret, so with nobody's certificate", route.resource, where)


@check(
    "NET008",
    "Ingress that leads nowhere",
    Scope.ENVIRONMENT,
    why="Users get 404 or 503 for an address that is published.",
    fix="Name a class, a Service and a port of it that are there.",
    reference=f"{_INGRESS}#the-ingress-resource",
    anywhere=True,
)
def leads_nowhere(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Ingresses of a class that is neither rendered nor the cluster's, and backends without such a Service or port.

    A Service that is there and selects no pods is NET017's. Of manifests from anywhere only the port is looked for, in a
    Service that is given.
    """
    if not evidence.rendered.complete:
        return
    classes = {*ingress_classes(evidence.resources), *(cluster.facts.ingress_class for cluster in evidence.clusters)}
    for route in evidence.routes:
        name = class_of(route.resource)
        if name and name not in classes and evidence.closed:
            yield Problem(f"no IngressClass is called '{name}'", route.resource, ("spec", "ingressClassName"))
        if "resource" not in route.backend and (fault := _fault(evidence, route)):
            yield Problem(f"{route} leads to {fault}", route.resource, (*route.where[:-1], "backend"))


def _fault(evidence: EnvironmentEvidence, route: Route) -> str:
    """What is wrong with the backend of a route; a port that is no number and no name is the schema's business."""
    name, wanted = backend_service(route)
    if not name:
        return "no backend"
    service = evidence.network.services.get((route.resource.namespace, name))
    if service is None and (not evidence.closed or route.resource.namespace in evidence.environment.argocd_namespaces):
        return ""  # somebody else's, or Argo CD's own, which its installation brings
    if service is None:
        return f"the Service {name}, which is not in {route.resource.namespace}"
    ports = [mapping(port) for port in sequence(mapping(service.body.get("spec")).get("ports"))]
    if isinstance(wanted, str | int) and wanted not in [port.get(key) for port in ports for key in ("port", "name")]:
        return f"port {wanted}, which the Service {name} does not have"
    return ""


@check(
    "NET009",
    "Middleware that Traefik's file does not have",
    Scope.ENVIRONMENT,
    why="Traefik serves nothing at all at an address whose middleware it does not know.",
    fix="Correct the name, or add the middleware to the file of the component that serves the class.",
    reference="https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/ingress/",
)
def no_middleware(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Middlewares NAME@file of an Ingress that no file with http.middlewares beside its IngressClass has."""
    classes = ingress_classes(evidence.resources)
    known = {name: _middlewares(evidence, ingress_class) for name, ingress_class in classes.items()}
    for ingress in {id(route.resource): route.resource for route in evidence.routes}.values():
        named = str(mapping(ingress.metadata.get("annotations")).get(_MIDDLEWARES) or "")
        for middleware in (name.strip() for name in named.split(",")):
            name, _, provider = middleware.partition("@")
            if provider == "file" and name not in known.get(class_of(ingress), {name}):
                yield Problem(f"no file has the middleware '{name}'", ingress, ("metadata", "annotations", _MIDDLEWARES))


def _middlewares(evidence: EnvironmentEvidence, ingress_class: Resource) -> set[str]:
    """The names under http.middlewares of the files in the overlay that renders a class."""
    found: set[str] = set()
    for resource in evidence.resources:
        if resource.overlay == ingress_class.overlay and resource.kind == "ConfigMap":
            for text in mapping(resource.body.get("data")).values():
                if isinstance(text, str) and "middlewares:" in text:
                    found |= {str(name) for http in _sections(text) for name in mapping(http.get("middlewares"))}
    return found


def _sections(text: str) -> list[dict[str, Any]]:
    try:
        return [mapping(mapping(document).get("http")) for document in documents.values(text)]
    except ValueError:
        return []


def _covers(entry: dict[str, Any], host: str) -> bool:
    return any(name in (host, f"*.{host.partition('.')[2]}") for name in map(str, sequence(entry.get("hosts"))))
