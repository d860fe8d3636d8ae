"""Who may open a connection to whom, by the rendered NetworkPolicies.

Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/ (a pod that a policy selects for a direction
is isolated in it; rules add up; a connection needs both ends). A block of addresses is taken for the world outside: whether
pods have addresses in it is for the network plugin to say.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence

NAMESPACE_NAME = "kubernetes.io/metadata.name"  # the API server gives it to every namespace


class Pods(NamedTuple):
    """The pods of one workload: what policies and Services know of them."""

    workload: Resource
    labels: Mapping[str, Any]
    containers: tuple[Mapping[str, Any], ...]

    @property
    def namespace(self) -> str:
        return self.workload.namespace

    def port_number(self, port: Any) -> int | None:
        """The number of a port that may be given by the name that a container has for it; None where there is none."""
        if not isinstance(port, int):
            named = (mapping(entry) for container in self.containers for entry in sequence(container.get("ports")))
            port = next((entry.get("containerPort") for entry in named if entry.get("name") == port), None)
        return port if isinstance(port, int) else None


@dataclass
class Network:
    """The pods, Services and policies of one environment."""

    pods: list[Pods] = field(default_factory=list)
    services: dict[tuple[str, str], Resource] = field(default_factory=dict)
    _policies: dict[str, list[Resource]] = field(default_factory=dict)
    _namespaces: dict[str, dict[str, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> "Network":
        """Reads what matters for connections from all objects of an environment."""
        network = cls()
        for resource in resources:
            match resource.group, resource.kind:
                case "", "Namespace":
                    network._namespaces[resource.name] = mapping(resource.metadata.get("labels"))
                case "", "Service":
                    network.services[resource.namespace, resource.name] = resource
                case "networking.k8s.io", "NetworkPolicy":
                    network._policies.setdefault(resource.namespace, []).append(resource)
                case _:
                    network.pods += pods_of(resource)
        return network

    def behind(self, service: Resource) -> list[Pods]:
        """The pods that a Service selects."""
        selector = mapping(mapping(service.body.get("spec")).get("selector"))
        return [pods for pods in self.pods if pods.namespace == service.namespace and selector and _has(pods.labels, selector)]

    def lets_out(self, source: Pods, target: Pods, port: int) -> bool:
        """Whether the policies of the source let it open the connection."""
        return self._allowed("Egress", "to", source, target, target, port)

    def lets_in(self, source: Pods, target: Pods, port: int) -> bool:
        """Whether the policies of the target take the connection."""
        return self._allowed("Ingress", "from", target, source, target, port)

    def _allowed(self, direction: str, peers: str, isolated: Pods, other: Pods, target: Pods, port: int) -> bool:
        policies = [policy for policy in self._policies.get(isolated.namespace, ()) if _isolates(policy, isolated, direction)]
        rules = (mapping(rule) for policy in policies for rule in sequence(_spec(policy).get(direction.lower())))
        return not policies or any(
            self._has_peer(rule, peers, isolated.namespace, other) and _has_port(rule, target, port) for rule in rules
        )

    def _has_peer(self, rule: dict[str, Any], name: str, namespace: str, other: Pods) -> bool:
        listed = sequence(rule.get(name))
        return not listed or any(self._is_peer(mapping(peer), namespace, other) for peer in listed)

    def _is_peer(self, peer: dict[str, Any], namespace: str, other: Pods) -> bool:
        if "ipBlock" in peer:
            return False
        if "namespaceSelector" in peer:
            labels = {**self._namespaces.get(other.namespace, {}), NAMESPACE_NAME: other.namespace}
            if not selects(peer["namespaceSelector"], labels):
                return False
        elif other.namespace != namespace:
            return False
        return "podSelector" not in peer or selects(peer["podSelector"], other.labels)


def pods_of(resource: Resource) -> Iterator[Pods]:
    """The pods that an object of Kubernetes' own workload kinds makes, or another program from a PodTemplate."""
    if (resource.group, resource.kind) == ("", "PodTemplate"):
        holder = resource.body
    elif resource.group in ("apps", "batch"):
        holder = mapping(resource.body.get("spec"))
    else:
        return
    if resource.kind == "CronJob":
        holder = mapping(mapping(holder.get("jobTemplate")).get("spec"))
    template = mapping(holder.get("template"))
    spec = mapping(template.get("spec"))
    containers = tuple(map(mapping, sequence(spec.get("containers"))))
    yield Pods(resource, mapping(mapping(template.get("metadata")).get("labels")), containers)


def clients(pods: Iterable[Pods], resource: Resource) -> Iterator[Pods]:
    """The pods that read what an object says: those that it makes, or those that take a ConfigMap's data."""
    for candidate in pods:
        if candidate.workload is resource or (
            resource.kind == "ConfigMap"
            and candidate.namespace == resource.namespace
            and resource.name in _config_maps(candidate.workload.body)
        ):
            yield candidate


def _config_maps(value: Any) -> set[str]:
    """The names of the ConfigMaps that a value refers to, at any depth: volumes, projected sources, environment."""
    found: set[str] = set()
    if isinstance(value, list):
        return found.union(*map(_config_maps, value))
    for key, item in mapping(value).items():
        if key in ("configMap", "configMapRef", "configMapKeyRef"):
            found.add(str(mapping(item).get("name")))
        else:
            found |= _config_maps(item)
    return found


def selects(selector: Any, labels: Mapping[str, Any]) -> bool:
    """Whether a label selector (matchLabels, matchExpressions) chooses these labels; an empty one chooses all."""
    chosen = mapping(selector)
    expressions = map(mapping, sequence(chosen.get("matchExpressions")))
    return _has(labels, mapping(chosen.get("matchLabels"))) and all(expression_holds(one, labels) for one in expressions)


def expression_holds(expression: Mapping[str, Any], labels: Mapping[str, Any]) -> bool:
    """Whether labels meet one of a selector's matchExpressions; one without a known operator is the schema's business."""
    key, values = str(expression.get("key")), sequence(expression.get("values"))
    match expression.get("operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return True


def _isolates(policy: Resource, pods: Pods, direction: str) -> bool:
    spec = _spec(policy)
    types = sequence(spec.get("policyTypes")) or ["Ingress", *(["Egress"] if "egress" in spec else [])]
    return direction in types and selects(spec.get("podSelector"), pods.labels)


def _has_port(rule: dict[str, Any], target: Pods, number: int) -> bool:
    listed = [mapping(port) for port in sequence(rule.get("ports"))]
    return not listed or any(_covers(port, target, number) for port in listed)


def _covers(port: dict[str, Any], target: Pods, number: int) -> bool:
    if str(port.get("protocol", "TCP")) != "TCP":
        return False
    first = target.port_number(port.get("port")) if "port" in port else number
    last = port.get("endPort", first)
    return isinstance(first, int) and isinstance(last, int) and first <= number <= last


def _has(labels: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return all(labels.get(key) == value for key, value in wanted.items())


def _spec(resource: Resource) -> dict[str, Any]:
    return mapping(resource.body.get("spec"))
