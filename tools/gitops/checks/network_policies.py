"""NetworkPolicies by themselves: what they open is there, answered, and asked for."""

import json
from collections.abc import Iterator
from typing import Any

from gitops.checks.evidence import EnvironmentEvidence
from gitops.checks.unit import Problem, Scope, check
from gitops.models.paths import JsonPath
from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence
from gitops.repository.ingresses import controllers, ingress_classes
from gitops.repository.network import NAMESPACE_NAME, Direction, Network, Pods, Rule, has_port, rules_of, selects
from gitops.repository.references import is_custom

_NAME = "app.kubernetes.io/name"
_POLICIES = "https://kubernetes.io/docs/concepts/services-networking/network-policies/"


@check(
    "NET010",
    "NetworkPolicy that opens nothing",
    Scope.ENVIRONMENT,
    why="What it was meant to let through hangs; and if it is only left over, the next pod that fits its labels gets in.",
    fix="Correct the label, port or namespace, open the other side too, or take the rule out.",
    reference=_POLICIES,
)
def opens_nothing(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Selectors that select no pods or namespace, ports that nobody listens on, and connections that the other side refuses.

    A component that this environment does without, and others run, may be named: a base opens for all environments alike. Pods
    that an operator makes are not rendered: a label counts for theirs if no rendered pod has one of its domain, or if a
    ConfigMap or custom resource near them speaks of it.
    """
    if not evidence.rendered.complete:
        return
    network = evidence.network
    for policy in network.policies:
        selector = mapping(policy.body.get("spec")).get("podSelector")
        is_rendered = any(pods.is_rendered for pods in network.selected_by(policy))
        if mapping(selector) and not is_rendered and not may_select(evidence, policy, selector, [policy.namespace]):
            message = f"no pod of {policy.namespace} is selected: {_told(selector)}"
            yield Problem(message, policy, ("spec", "podSelector"))
            continue
        for direction in Direction:
            for rule in rules_of(policy, direction):
                yield from _dead_peers(evidence, rule, direction)
                yield from _dead_ports(network, rule, direction)


def _dead_peers(evidence: EnvironmentEvidence, rule: Rule, direction: Direction) -> Iterator[Problem]:
    network = evidence.network
    for index, peer in enumerate(map(mapping, rule.peers)):
        path: JsonPath = (*rule.path, direction.peers, index)
        if "ipBlock" in peer or _is_elsewhere(evidence, peer) or _is_missing(evidence, peer):
            continue
        namespaces = (
            network.namespaces_of(peer["namespaceSelector"]) if "namespaceSelector" in peer else [rule.policy.namespace]
        )
        if not namespaces:
            yield Problem("no namespace is selected", rule.policy, (*path, "namespaceSelector"))
            continue
        for selector in _parts(peer.get("podSelector")):
            found = network.peers({**peer, "podSelector": selector}, rule.policy.namespace)
            if not found and not may_select(evidence, rule.policy, selector, namespaces):
                yield Problem(f"no pod of {', '.join(namespaces)} is selected: {_told(selector)}", rule.policy, path)
            elif found and not any(_is_answered(network, rule, direction, other) for other in found):
                what = "lets that out" if direction is Direction.INGRESS else "lets that in"
                yield Problem(f"no policy of {' or '.join(map(str, found))} {what}", rule.policy, path)


def _is_answered(network: Network, rule: Rule, direction: Direction, other: Pods) -> bool:
    """Whether the other side takes part in a connection that the rule opens, at one port at least, as far as can be told.

    Of pods that nobody renders it can't: they may have labels that no policy of theirs speaks of.
    """
    for isolated in network.selected_by(rule.policy):
        if not (isolated.is_rendered and other.is_rendered):
            return True
        source, target = (other, isolated) if direction is Direction.INGRESS else (isolated, other)
        ports = _opened_ports(rule, target)
        if ports is None:
            return True
        lets = network.lets_out if direction is Direction.INGRESS else network.lets_in
        if any(lets(source, target, port) for port in ports):
            return True
    return False


def _opened_ports(rule: Rule, target: Pods) -> list[int] | None:
    """The ports of the target that a rule opens; None where they can't be told, for lack of a container that names them."""
    listed = [mapping(port) for port in rule.ports]
    numbers = [port["port"] for port in listed if isinstance(port.get("port"), int) and port.get("protocol", "TCP") == "TCP"]
    known = [number for number in sorted(target.ports) if has_port(rule, target, number)]
    if any(port.get("protocol", "TCP") != "TCP" for port in listed) or not (known or numbers):
        return None
    return [*known, *(number for number in numbers if number not in known)]


def _dead_ports(network: Network, rule: Rule, direction: Direction) -> Iterator[Problem]:
    """Ports that no container of the pods at the receiving end names, though they name some."""
    if direction is Direction.INGRESS:
        targets = network.selected_by(rule.policy)
    else:
        targets = [pods for peer in rule.peers for pods in network.peers(peer, rule.policy.namespace)]
    if not targets or not all(pods.is_rendered for pods in targets) or not any(pods.ports for pods in targets):
        return
    for index, port in enumerate(map(mapping, rule.ports)):
        single = rule._replace(ports=[port])
        listening = any(has_port(single, pods, number) for pods in targets for number in pods.ports)
        if "port" in port and port.get("protocol", "TCP") == "TCP" and not listening:
            message = f"port {port['port']} is named by no container of {' or '.join(map(str, targets))}"
            yield Problem(message, rule.policy, (*rule.path, "ports", index, "port"))


@check(
    "NET011",
    "Connection that nothing asks for",
    Scope.ENVIRONMENT,
    why="Who gets into one of the two pods gets on to the other; and a door that no manifest explains is never shut again.",
    fix="Take it out of both policies, or write down who needs it: an address, or the other component in dependsOn.",
    reference=_POLICIES,
)
def not_asked_for(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Connections between components that policies of both ends open by name, and no manifest asks for.

    What asks is an address, an Ingress, the label of a pod that is measured, or dependsOn together with the variables by which
    Kubernetes tells pods the Services of their namespace. Whatever is open to everybody, such as the Ingress controller, is not
    looked at, nor are pods that an operator makes: nobody knows their manifests.
    """
    network = evidence.network
    asked = {(id(connection.source), id(connection.target), connection.port) for connection in evidence.connections}
    entries = {id(pods) for found in ingress_classes(evidence.resources).values() for pods in controllers(found, network)}
    for policy in network.policies if evidence.rendered.complete else ():
        targets = [pods for pods in network.selected_by(policy) if pods.is_rendered and id(pods) not in entries]
        for rule in rules_of(policy, Direction.INGRESS):
            for index, peer in enumerate(rule.peers):
                sources = [pods for pods in network.peers(peer, policy.namespace) if pods.is_rendered]
                for source, target, port in _opened(network, rule, sources, targets):
                    if (id(source), id(target), port) not in asked and not _is_told(evidence, source, target):
                        path: JsonPath = (*rule.path, Direction.INGRESS.peers, index)
                        yield Problem(f"nothing tells why {source} connects to {target} at port {port}", policy, path)


def _opened(network: Network, rule: Rule, sources: list[Pods], targets: list[Pods]) -> Iterator[tuple[Pods, Pods, int]]:
    """The connections between components that a rule of the target and one of the source open by name."""
    for target in targets:
        for source in sources:
            if source.workload.overlay.component != target.workload.overlay.component:
                for port in _opened_ports(rule, target) or ():
                    if network.names(Direction.EGRESS, source, target, port):
                        yield source, target, port


def _is_told(evidence: EnvironmentEvidence, source: Pods, target: Pods) -> bool:
    """Whether variables of Kubernetes tell the source where the target is, and dependsOn that it wants to know."""
    linked = source.service_links and source.namespace == target.namespace
    return linked and evidence.related(source.workload.overlay.component, target.workload.overlay.component)


def _is_elsewhere(evidence: EnvironmentEvidence, peer: dict[str, Any]) -> bool:
    """Whether a peer is in a namespace that comes with the cluster or with Argo CD."""
    selector = peer.get("namespaceSelector")
    return bool(selector) and any(selects(selector, {NAMESPACE_NAME: name}) for name in evidence.elsewhere)


def _is_missing(evidence: EnvironmentEvidence, peer: dict[str, Any]) -> bool:
    """Whether a peer is a component that this environment does without: a base opens for all environments alike."""
    return evidence.is_missing(str(mapping(mapping(peer.get("podSelector")).get("matchLabels")).get(_NAME)))


def _parts(selector: Any) -> list[dict[str, Any]]:
    """A selector, taken apart where an expression lists several values, so that each has to select something."""
    chosen = mapping(selector)
    parts = [chosen]
    for index, expression in enumerate(map(mapping, sequence(chosen.get("matchExpressions")))):
        if expression.get("operator") == "In":
            values = sequence(expression.get("values"))
            parts = [_with_value(part, index, value) for part in parts for value in values]
    return parts


def _with_value(selector: dict[str, Any], index: int, value: Any) -> dict[str, Any]:
    expressions = list(selector["matchExpressions"])
    expressions[index] = {**expressions[index], "values": [value]}
    return {**selector, "matchExpressions": expressions}


def _wanted(selector: Any) -> Iterator[tuple[str, str]]:
    """The labels that a selector asks for; without a value where any will do."""
    chosen = mapping(selector)
    yield from ((str(key), str(value)) for key, value in mapping(chosen.get("matchLabels")).items())
    for expression in map(mapping, sequence(chosen.get("matchExpressions"))):
        if expression.get("operator") in ("In", "Exists"):
            yield from ((str(expression.get("key")), str(value)) for value in sequence(expression.get("values")) or [""])


def _told(selector: Any) -> str:
    return ", ".join(f"{key}={value}" if value else key for key, value in _wanted(selector)) or "there are none"


def may_select(evidence: EnvironmentEvidence, asking: Resource, selector: Any, namespaces: list[str]) -> bool:
    """Whether pods that nobody renders may have the labels that a selector asks for."""
    wanted = list(_wanted(selector))
    domains = {_domain(key) for pods in evidence.network.pods for key in pods.labels}
    near = (one for one in evidence.resources if one.namespace in namespaces or one.overlay == asking.overlay)
    speaking = [resource for resource in near if is_custom(resource) or resource.kind == "ConfigMap"]
    if any(map(is_custom, speaking)):
        domains.discard("")  # an operator at work there labels its pods as it likes
    if any(_domain(key) not in domains for key, _ in wanted):
        return True
    said = ({key: value for key, value in resource.body.items() if key != "metadata"} for resource in speaking if wanted)
    texts = map(json.dumps, said)
    return any(all(key in text and value in text for key, value in wanted) for text in texts)


def _domain(key: str) -> str:
    return key.rpartition("/")[0]
