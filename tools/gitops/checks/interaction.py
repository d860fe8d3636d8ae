"""How components work together: who is named is there, and listens on the port that is named."""

from collections.abc import Iterator

from gitops.checks.evidence import EnvironmentEvidence
from gitops.checks.unit import Problem, Scope, check
from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence
from gitops.repository.hosts import Address
from gitops.repository.network import Network, Pods, clients

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
    services = evidence.network.services
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
    """Addresses with a port that their Service does not serve; a headless Service leads to any port of its pods.

    A port that is no number is the schema's business.
    """
    services = evidence.network.services
    for address in _addresses(evidence):
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
    "Address of a component that dependsOn does not name",
    Scope.ENVIRONMENT,
    why="Promotion and the order of a release go by dependsOn: what it leaves out may be missing, or too old, where it runs.",
    fix="Add the component to dependsOn, unless it can do without; then it has to be the other that depends on this one.",
)
def not_declared(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Addresses of Services of components that neither depend on this one nor are depended on."""
    services = evidence.network.services
    told: set[tuple[str, str]] = set()
    for address in _addresses(evidence):
        service = services.get((address.namespace, address.name))
        here, there = address.resource.overlay.component, service.overlay.component if service else ""
        if not service or here == there or (here, there) in told or here not in evidence.components:
            continue
        if there not in _needs(evidence, here) and here not in _needs(evidence, there):
            told.add((here, there))
            message = f"{address} belongs to {there}, which {here} does not depend on"
            yield Problem(message, address.resource, address.path, text=address.text)


@check(
    "NET007",
    "NetworkPolicy in the way",
    Scope.ENVIRONMENT,
    why="A connection needs the policies of both ends; without one it hangs, and only in a cluster that enforces them.",
    fix="Name the other side in the policy of this one: egress at the client, ingress at the server.",
    reference="https://kubernetes.io/docs/concepts/services-networking/network-policies/",
)
def not_let_through(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Addresses that the client's policies do not let out to, or the server's do not let in from.

    Pods that name their own Service say what they are called (a list of hosts, an advertised address) and connect to nobody.
    """
    network = evidence.network
    for address in _addresses(evidence):
        service = network.services.get((address.namespace, address.name))
        if service is None:
            continue
        for source in clients(network.pods, address.resource):
            for target in network.behind(service):
                if target.workload is not source.workload:
                    for port in _target_ports(service, target, address.port):
                        yield from _blocked(network, address, source, target, port)


def _blocked(network: Network, address: Address, source: Pods, target: Pods, port: int) -> Iterator[Problem]:
    way = f"from {source.workload.identity} to {target.workload.identity} at port {port}"
    if not network.lets_out(source, target, port):
        yield Problem(f"no policy of the client lets a connection out {way}", address.resource, address.path, text=address.text)
    if not network.lets_in(source, target, port):
        yield Problem(f"no policy of the server lets a connection in {way}", address.resource, address.path, text=address.text)


def _target_ports(service: Resource, target: Pods, wanted: int | None) -> Iterator[int]:
    """The pods' ports behind a Service's port, all of them where none is wanted; a headless Service changes none."""
    spec = mapping(service.body.get("spec"))
    if spec.get("clusterIP") == "None" and wanted is not None:
        yield wanted
        return
    for port in map(mapping, sequence(spec.get("ports"))):
        number = target.port_number(port.get("targetPort", port.get("port")))
        if number is not None and wanted in (None, port.get("port")):
            yield number


def _needs(evidence: EnvironmentEvidence, component: str) -> set[str]:
    """The components that one depends on, directly or through others."""
    found: set[str] = set()
    waiting = [component]
    while waiting:
        known = evidence.components.get(waiting.pop())
        fresh = set(known.depends_on) - found if known else set()
        found |= fresh
        waiting.extend(fresh)
    return found


def _addresses(evidence: EnvironmentEvidence) -> Iterator[Address]:
    """Every address that ought to be a Service of ours, once every overlay is there to say so."""
    elsewhere = _NOT_OURS | evidence.environment.argocd_namespaces
    for address in evidence.addresses if evidence.rendered.complete else ():
        if address.namespace not in elsewhere:
            yield address
