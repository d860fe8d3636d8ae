"""How components work together: who is named is there, and listens on the port that is named."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from gitops.checks.evidence import EnvironmentEvidence
from gitops.checks.unit import Problem, Scope, check
from gitops.models.values import mapping, sequence
from gitops.repository.ingresses import class_of, ingress_classes

_DNS = "https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/"


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
    services = evidence.network.services
    for address in evidence.addresses:
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
    anywhere=True,
)
def no_port(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Addresses with a port that their Service does not serve; a headless Service leads to any port of its pods.

    A port that is no number is the schema's business.
    """
    services = evidence.network.services
    for address in evidence.addresses:
        service = services.get((address.namespace, address.name))
        spec = mapping(service.body.get("spec")) if service else {}
        if service is None or address.port is None or spec.get("clusterIP") == "None":
            continue
        ports = [mapping(port).get("port") for port in sequence(spec.get("ports"))]
        if address.port not in ports and all(isinstance(port, int) for port in ports):
            there = ", ".join(str(port) for port in ports) or "none"
            message = f"{address}: the Service has the ports {there}"
            yield Problem(message, address.resource, address.path, text=address.text)


@check(
    "NET006",
    "Component that dependsOn does not name",
    Scope.ENVIRONMENT,
    why="Promotion and the order of a release go by dependsOn: what it leaves out may be missing, or too old, where it runs.",
    fix="Add the component to dependsOn, unless it can do without; then it has to be the other that depends on this one.",
)
def not_declared(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Addresses of Services, and Ingresses of a class, of components that neither depend on this one nor are depended on.

    The issuer of a certificate is no such component: the Ingress is served before its certificate is there.
    """
    told: set[tuple[str, str]] = set()
    for problem, there in chain(_of_addresses(evidence), _of_classes(evidence)):
        here = problem.resource.overlay.component if problem.resource else ""
        if here in evidence.components and (here, there) not in told and not evidence.related(here, there):
            told.add((here, there))
            yield replace(problem, message=f"{problem.message} belongs to {there}, which {here} does not depend on")


def _of_addresses(evidence: EnvironmentEvidence) -> Iterator[tuple[Problem, str]]:
    for address in evidence.addresses:
        service = evidence.network.services.get((address.namespace, address.name))
        if service:
            yield Problem(str(address), address.resource, address.path, text=address.text), service.overlay.component


def _of_classes(evidence: EnvironmentEvidence) -> Iterator[tuple[Problem, str]]:
    classes = ingress_classes(evidence.resources)
    for route in evidence.routes:
        if ingress_class := classes.get(class_of(route.resource)):
            problem = Problem(str(ingress_class.identity), route.resource, ("metadata", "name"))
            yield problem, ingress_class.overlay.component


@check(
    "NET007",
    "NetworkPolicy in the way",
    Scope.ENVIRONMENT,
    why="A connection needs the policies of both ends; without one it hangs, and only in a cluster that enforces them.",
    fix="Name the other side in the policy of this one: egress at the client, ingress at the server.",
    reference="https://kubernetes.io/docs/concepts/services-networking/network-policies/",
)
def not_let_through(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Connections that the client's policies do not let out, or the server's do not let in.

    Connections are what addresses name, what Ingresses ask of the pods that serve their class, and what a Prometheus asks of
    the pods that say by a label that they are measured.
    """
    network = evidence.network
    for source, target, port, resource, path, text in evidence.connections:
        way = f"from {source} to {target} at port {port}"
        if not network.lets_out(source, target, port):
            yield Problem(f"no policy of the client lets a connection out {way}", resource, path, text=text)
        if not network.lets_in(source, target, port):
            yield Problem(f"no policy of the server lets a connection in {way}", resource, path, text=text)
