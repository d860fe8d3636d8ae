"""How components work together: who is named is there, and listens on the port that is named."""

from collections.abc import Iterator

from gitops.checks.evidence import EnvironmentEvidence
from gitops.checks.unit import Problem, Scope, check
from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence
from gitops.repository.hosts import Address, addresses

_DNS = "https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/"
# Their Services come with the cluster, not from here.
_NOT_OURS = frozenset({"default", "kube-system"})


@check(
    "NET004",
    "Address of no Service",
    Scope.ENVIRONMENT,
    why="A name that no Service has is looked up in vain each time that it is used, often long after the start.",
    fix="Correct the name, or add the Service to the component that is meant.",
    reference=_DNS,
)
def no_service(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Names in environment variables, arguments and configuration files that no Service of the environment has."""
    services = _services(evidence)
    for address in _addresses(evidence):
        if (address.namespace, address.name) not in services:
            message = f"{address} is no Service of this environment"
            yield Problem(message, address.resource, address.path, text=address.text)


@check(
    "NET005",
    "Port that the Service does not have",
    Scope.ENVIRONMENT,
    why="A connection to a port that the Service does not open hangs or is refused.",
    fix="Correct the port, or add it to the Service.",
    reference=_DNS,
)
def no_port(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Addresses with a port that their Service does not serve; a headless Service leads to any port of its pods."""
    services = _services(evidence)
    for address in _addresses(evidence):
        service = services.get((address.namespace, address.name))
        spec = mapping(service.body.get("spec")) if service else {}
        if service is None or address.port is None or spec.get("clusterIP") == "None":
            continue
        ports = [mapping(port).get("port") for port in sequence(spec.get("ports"))]
        if address.port not in ports:
            there = ", ".join(str(port) for port in ports) or "none"
            message = f"{address}: the Service has the ports {there}"
            yield Problem(message, address.resource, address.path, text=address.text)


def _services(evidence: EnvironmentEvidence) -> dict[tuple[str, str], Resource]:
    return {
        (resource.namespace, resource.name): resource
        for resource in evidence.resources
        if (resource.group, resource.kind) == ("", "Service")
    }


def _addresses(evidence: EnvironmentEvidence) -> Iterator[Address]:
    """Every address that ought to be a Service of ours, once every overlay is there to say so."""
    if not evidence.rendered.complete:
        return
    rendered = {resource.name for resource in evidence.resources if (resource.group, resource.kind) == ("", "Namespace")}
    elsewhere = _NOT_OURS | {cluster.facts.argocd.namespace for cluster in evidence.clusters}
    for resource in evidence.resources:
        for address in addresses(resource, frozenset(rendered)):
            if address.namespace not in elsewhere:
                yield address
