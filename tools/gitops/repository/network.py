"""Who may open a connection to whom, by the rendered NetworkPolicies.

Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/ (a pod that a policy selects for a direction
is isolated in it; rules add up; a connection needs both ends). A block of addresses is taken for the world outside: whether
pods have addresses in it is for the network plugin to say.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from gitops.models.paths import JsonPath
from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence
from gitops.repository.workloads import workload_of

NAMESPACE_NAME = "kubernetes.io/metadata.name"  # the API server gives it to every namespace


class Direction(StrEnum):
    """The two directions of a policy, named as its fields are."""

    INGRESS = "ingress"
    EGRESS = "egress"

    @property
    def peers(self) -> str:
        """The field that lists the other side."""
        return "from" if self is Direction.INGRESS else "to"


class Pods(NamedTuple):
    """The pods of one workload: what policies and Services know of them.

    Of pods that an operator makes, nobody renders a workload: what is known of them is the policy that is written for them,
    which then stands in the workload's place.
    """

    workload: Resource
    labels: Mapping[str, Any]
    containers: tuple[Mapping[str, Any], ...]
    service_links: bool = False
    """Whether the pods are told the addresses of all Services of their namespace, as Kubernetes does unless asked not to."""

    @property
    def namespace(self) -> str:
        return self.workload.namespace

    @property
    def is_rendered(self) -> bool:
        """Whether a workload makes them, and not an operator at its own time."""
        return self.workload.kind != "NetworkPolicy"

    def __str__(self) -> str:
        return f"{'' if self.is_rendered else 'the pods of '}{self.workload.identity}"

    @property
    def ports(self) -> frozenset[int]:
        """The numbers of the TCP ports that the containers name."""
        named = (mapping(entry) for container in self.containers for entry in sequence(container.get("ports")))
        numbers = (entry.get("containerPort") for entry in named if entry.get("protocol", "TCP") == "TCP")
        return frozenset(number for number in numbers if isinstance(number, int))

    def port_number(self, port: Any) -> int | None:
        """The number of a port that may be given by the name that a container has for it; None where there is none."""
        if not isinstance(port, int):
            named = (mapping(entry) for container in self.containers for entry in sequence(container.get("ports")))
            port = next((entry.get("containerPort") for entry in named if entry.get("name") == port), None)
        return port if isinstance(port, int) else None


class Rule(NamedTuple):
    """One rule of a policy in one direction, and where it stands in the policy."""

    policy: Resource
    path: JsonPath
    peers: list[Any]
    ports: list[Any]


class _Index:
    """The pods of namespaces by their labels, so that a selector need not try all of them: there are thousands."""

    def __init__(self) -> None:
        self._all: dict[str, list[Pods]] = {}
        self._labelled: dict[tuple[str, str, str], list[Pods]] = {}

    def add(self, pods: Pods) -> None:
        self._all.setdefault(pods.namespace, []).append(pods)
        for key, value in pods.labels.items():
            if isinstance(value, str):
                self._labelled.setdefault((pods.namespace, key, value), []).append(pods)

    def everything(self, namespace: str) -> list[Pods]:
        """All pods of a namespace."""
        return self._all.get(namespace, [])

    def chosen(self, namespace: str, selector: Any) -> list[Pods]:
        """The pods of a namespace that a selector chooses."""
        wanted = mapping(mapping(selector).get("matchLabels"))
        keys = [(namespace, key, value) for key, value in wanted.items() if isinstance(value, str)]
        candidates = min((self._labelled.get(key, []) for key in keys), key=len, default=self.everything(namespace))
        return [pods for pods in candidates if selects(selector, pods.labels)]


@dataclass
class Network:
    """The pods, Services and policies of one environment; ``declared`` are the pods that only policies speak of."""

    pods: list[Pods] = field(default_factory=list)
    declared: list[Pods] = field(default_factory=list)
    services: dict[tuple[str, str], Resource] = field(default_factory=dict)
    policies: list[Resource] = field(default_factory=list)
    namespaces: dict[str, dict[str, Any]] = field(default_factory=dict)
    _index: _Index = field(default_factory=_Index)
    _policies_for: dict[tuple[str, str, str], list[Resource]] = field(default_factory=dict)
    _made: dict[Resource, list[Pods]] = field(default_factory=dict)
    _readers: dict[tuple[str, str], list[Pods]] = field(default_factory=dict)
    _behind: dict[tuple[str, str], list[Pods]] = field(default_factory=dict)
    _rules: dict[tuple[int, Direction], tuple[Pods, list[Rule] | None]] = field(default_factory=dict)

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> "Network":
        """Reads what matters for connections from all objects of an environment."""
        network = cls()
        for resource in resources:
            match resource.group, resource.kind:
                case "", "Namespace":
                    labels = mapping(resource.metadata.get("labels"))
                    network.namespaces[resource.name] = {**labels, NAMESPACE_NAME: resource.name}
                case "", "Service":
                    network.services[resource.namespace, resource.name] = resource
                case "networking.k8s.io", "NetworkPolicy":
                    network.policies.append(resource)
                    network._policies_for.setdefault(_first_label(resource), []).append(resource)
                case _:
                    for pods in pods_of(resource):
                        network._add(pods)
        network._declare()
        return network

    def _add(self, pods: Pods) -> None:
        self.pods.append(pods)
        self._index.add(pods)
        self._made.setdefault(pods.workload, []).append(pods)
        for name in sorted(_config_maps(pods.workload.body)):
            self._readers.setdefault((pods.namespace, name), []).append(pods)

    def _declare(self) -> None:
        """Notes the pods that a policy is written for and nobody renders."""
        for policy in self.policies:
            labels = mapping(mapping(_spec(policy).get("podSelector")).get("matchLabels"))
            if labels and not self.selected_by(policy):
                self.declared.append(Pods(policy, labels, ()))
        for pods in self.declared:
            self._index.add(pods)

    def made_by(self, workload: Resource) -> list[Pods]:
        """The pods that an object makes."""
        return self._made.get(workload, [])

    def readers(self, config_map: Resource) -> list[Pods]:
        """The pods that take data from a ConfigMap."""
        return self._readers.get((config_map.namespace, config_map.name), [])

    def chosen(self, namespace: str, selector: Any) -> list[Pods]:
        """The pods of a namespace that a selector chooses, those that only policies speak of included."""
        return self._index.chosen(namespace, selector)

    def selected_by(self, policy: Resource) -> list[Pods]:
        """The pods that a policy is about."""
        return self._index.chosen(policy.namespace, _spec(policy).get("podSelector"))

    def behind(self, service: Resource) -> list[Pods]:
        """The rendered pods that a Service selects."""
        key = (service.namespace, service.name)
        if key not in self._behind:
            selector = mapping(_spec(service).get("selector"))
            there = self._index.chosen(service.namespace, {"matchLabels": selector}) if selector else []
            self._behind[key] = [pods for pods in there if pods.is_rendered]
        return self._behind[key]

    def peers(self, peer: Any, namespace: str) -> list[Pods]:
        """The pods that a peer of a policy in this namespace selects; none for a block of addresses."""
        chosen = mapping(peer)
        if "ipBlock" in chosen:
            return []
        there = [namespace] if "namespaceSelector" not in chosen else self.namespaces_of(chosen["namespaceSelector"])
        return [pods for name in there for pods in self._index.chosen(name, chosen.get("podSelector"))]

    def namespaces_of(self, selector: Any) -> list[str]:
        """The rendered namespaces that a selector chooses."""
        return [name for name, labels in self.namespaces.items() if selects(selector, labels)]

    def isolates(self, pods: Pods, direction: Direction) -> bool:
        """Whether any policy selects these pods for a direction; whoever none selects is free."""
        return any(_isolates(policy, pods, direction) for policy in self._near(pods))

    def lets_out(self, source: Pods, target: Pods, port: int) -> bool:
        """Whether the policies of the source let it open the connection."""
        return self._allowed(Direction.EGRESS, source, target, target, port)

    def lets_in(self, source: Pods, target: Pods, port: int) -> bool:
        """Whether the policies of the target take the connection."""
        return self._allowed(Direction.INGRESS, target, source, target, port)

    def names(self, direction: Direction, isolated: Pods, other: Pods, port: int) -> bool:
        """Whether a policy of the one opens the connection with the other by name, not merely for everybody."""
        target = other if direction is Direction.EGRESS else isolated
        rules = self._rules_for(isolated, direction) or []
        return any(rule.peers and self._has_peer(rule, other) and has_port(rule, target, port) for rule in rules)

    def _allowed(self, direction: Direction, isolated: Pods, other: Pods, target: Pods, port: int) -> bool:
        rules = self._rules_for(isolated, direction)
        return rules is None or any(self._has_peer(rule, other) and has_port(rule, target, port) for rule in rules)

    def _rules_for(self, pods: Pods, direction: Direction) -> list[Rule] | None:
        """The rules that count for pods in a direction; None where no policy isolates them."""
        key = (id(pods), direction)
        if key not in self._rules:
            policies = [policy for policy in self._near(pods) if _isolates(policy, pods, direction)]
            rules = [rule for policy in policies for rule in rules_of(policy, direction)]
            self._rules[key] = (pods, rules if policies else None)  # with the pods, whose id it goes by as long as they live
        return self._rules[key][1]

    def _near(self, pods: Pods) -> Iterator[Resource]:
        """The policies that may select some pods, those first that ask for no label."""
        labels = (("", ""), *((key, value) for key, value in pods.labels.items() if isinstance(value, str)))
        return (policy for label in labels for policy in self._policies_for.get((pods.namespace, *label), ()))

    def _has_peer(self, rule: Rule, other: Pods) -> bool:
        return not rule.peers or any(self._is_peer(mapping(peer), rule.policy.namespace, other) for peer in rule.peers)

    def _is_peer(self, peer: dict[str, Any], namespace: str, other: Pods) -> bool:
        if "ipBlock" in peer:
            return False
        if "namespaceSelector" in peer:
            labels = self.namespaces.get(other.namespace, {NAMESPACE_NAME: other.namespace})
            if not selects(peer["namespaceSelector"], labels):
                return False
        elif other.namespace != namespace:
            return False
        return "podSelector" not in peer or selects(peer["podSelector"], other.labels)


def rules_of(policy: Resource, direction: Direction) -> Iterator[Rule]:
    """The rules of one policy in one direction."""
    for index, rule in enumerate(map(mapping, sequence(_spec(policy).get(direction.value)))):
        yield Rule(policy, ("spec", direction.value, index), sequence(rule.get(direction.peers)), sequence(rule.get("ports")))


def pods_of(resource: Resource) -> Iterator[Pods]:
    """The pods that an object of Kubernetes' own workload kinds makes, or another program from a PodTemplate."""
    workload = workload_of(resource)
    if workload:
        running = tuple(container.body for container in workload.containers() if not container.passing)
        yield Pods(resource, workload.labels, running, workload.spec.get("enableServiceLinks") is not False)


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


def _first_label(policy: Resource) -> tuple[str, str, str]:
    """A label that the pods of a policy must have, with its namespace; empty where it asks for none."""
    labels = mapping(mapping(_spec(policy).get("podSelector")).get("matchLabels"))
    asked = ((key, value) for key, value in labels.items() if isinstance(value, str))
    return (policy.namespace, *next(asked, ("", "")))


def _isolates(policy: Resource, pods: Pods, direction: Direction) -> bool:
    spec = _spec(policy)
    types = sequence(spec.get("policyTypes")) or ["Ingress", *(["Egress"] if "egress" in spec else [])]
    return direction.value.capitalize() in types and selects(spec.get("podSelector"), pods.labels)


def has_port(rule: Rule, target: Pods, number: int) -> bool:
    """Whether a rule opens a TCP port of the target; one without ports opens all."""
    return not rule.ports or any(_covers(mapping(port), target, number) for port in rule.ports)


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
