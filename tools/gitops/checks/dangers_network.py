"""DANGER007 and DANGER008: who may reach more than before, and who finds nobody any more."""

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, NamedTuple

from gitops.checks.diff_evidence import DiffEvidence, is_a
from gitops.checks.unit import Problem, Scope, check
from gitops.models.difference import ChangeKind, Delivery
from gitops.models.paths import JsonPath
from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence

_NETWORKING = "networking.k8s.io"
_PEERS = {"ingress": "from", "egress": "to"}
_TYPES = {"ingress": "Ingress", "egress": "Egress"}
_EVERYBODY = ("0.0.0.0/0", "::/0")


class Opening(NamedTuple):
    """One connection that a policy allows: a peer (None: anybody) and a port (None: any)."""

    peer: Any
    port: Any

    def covers(self, other: "Opening") -> bool:
        """Whether this allows all that the other does, as far as the two alone can tell."""
        return _peer_covers(self.peer, other.peer) and _port_covers(self.port, other.port)

    def __str__(self) -> str:
        return f"{_peer(self.peer)} on {_port(self.port)}"


@check(
    "DANGER007",
    "NetworkPolicy widened",
    Scope.DIFF,
    why="A pod that is taken over reaches whatever the policies let it reach.",
    fix="Name the peer by its namespace and labels, and the port; a policy that denies stays where it is.",
    reference="https://kubernetes.io/docs/concepts/services-networking/network-policies/",
)
def policy_widened(evidence: DiffEvidence) -> Iterator[Problem]:
    """Policies that allow a peer or port that they did not allow before, isolate in fewer directions or other pods, policies
    that deny and go, and new ones that let anybody in or out."""
    for old, new in evidence.both(_NETWORKING, "NetworkPolicy"):
        if _selector(old) != _selector(new):
            yield Problem("is for other pods than before", new, ("spec", "podSelector"))
        for direction in _PEERS:
            yield from _more(old, new, direction)
    for change in evidence.gone(_NETWORKING, "NetworkPolicy"):
        denied = [direction for direction in _PEERS if change.old and _denies(change.old, direction)]
        if change.old and denied and change.kind is ChangeKind.REMOVED and not _with_its_namespace(evidence, change.old):
            yield Problem(f"denied all {' and '.join(denied)}, and is deleted", change.old)
    for policy in evidence.new(_NETWORKING, "NetworkPolicy"):
        yield from _to_everybody(policy)


def _to_everybody(policy: Resource) -> Iterator[Problem]:
    for direction in _PEERS:
        for opening in openings(policy, direction):
            if _is_everybody(opening.peer):
                yield Problem(f"{direction}: allows {opening}", policy, ("spec", direction))


def _denies(policy: Resource, direction: str) -> bool:
    return _isolates(policy, direction) and not openings(policy, direction)


def _more(old: Resource, new: Resource, direction: str) -> Iterator[Problem]:
    path: JsonPath = ("spec", direction)
    if _isolates(old, direction) and not _isolates(new, direction):
        yield Problem(f"no longer isolates for {direction}", new, ("spec", "policyTypes"))
        return
    before = openings(old, direction) if _isolates(old, direction) else [Opening(None, None)]
    for opening in openings(new, direction):
        if not any(have.covers(opening) for have in before):
            told = "; ".join(map(str, before)) or "nobody"
            yield Problem(f"{direction}: now also {opening}; before: {told}", new, path)


def openings(policy: Resource, direction: str) -> list[Opening]:
    """Every pair of peer and port that a policy allows in one direction."""
    found = []
    for rule in map(mapping, sequence(mapping(policy.body.get("spec")).get(direction))):
        for peer in sequence(rule.get(_PEERS[direction])) or [None]:
            found += [Opening(peer, port) for port in sequence(rule.get("ports")) or [None]]
    return found


def _isolates(policy: Resource, direction: str) -> bool:
    """Without policyTypes a policy is for ingress, and for egress where it has rules for it."""
    spec = mapping(policy.body.get("spec"))
    types = sequence(spec.get("policyTypes"))
    if types:
        return _TYPES[direction] in types
    return direction == "ingress" or bool(sequence(spec.get("egress")))


def _selector(policy: Resource) -> Any:
    return mapping(mapping(policy.body.get("spec")).get("podSelector"))


def _with_its_namespace(evidence: DiffEvidence, policy: Resource) -> bool:
    return any(change.old and change.old.name == policy.namespace for change in evidence.gone("", "Namespace"))


def _is_everybody(peer: Any) -> bool:
    if peer is None:
        return True
    block = mapping(mapping(peer).get("ipBlock"))
    return str(block.get("cidr")) in _EVERYBODY and not sequence(block.get("except"))


def _peer_covers(one: Any, other: Any) -> bool:
    if one is None or one == other:
        return True
    if other is None:
        return False
    block, narrower = mapping(mapping(one).get("ipBlock")), mapping(mapping(other).get("ipBlock"))
    if block and narrower:
        return _block_covers(block, narrower)
    if block or narrower:
        return False
    pods = _labels_cover(mapping(one).get("podSelector"), mapping(other).get("podSelector"))
    namespaces = _namespaces_cover(mapping(one).get("namespaceSelector"), mapping(other).get("namespaceSelector"))
    return pods and namespaces


def _block_covers(block: dict[str, Any], narrower: dict[str, Any]) -> bool:
    """Addresses that were left out stay left out, or lie in none that are asked for."""
    try:
        wide, narrow = (ip_network(str(each.get("cidr")), strict=False) for each in (block, narrower))
        kept = [ip_network(str(each), strict=False) for each in sequence(narrower.get("except"))]
        left_out = [ip_network(str(each), strict=False) for each in sequence(block.get("except"))]
    except ValueError:
        return False
    return _within(narrow, wide) and all(
        not narrow.overlaps(hole) or any(_within(hole, each) for each in kept) for hole in left_out
    )  # fmt: skip


def _within(narrow: IPv4Network | IPv6Network, wide: IPv4Network | IPv6Network) -> bool:
    return narrow.version == wide.version and narrow.subnet_of(wide)  # type: ignore[arg-type]  # of one version both


def _labels_cover(one: Any, other: Any) -> bool:
    """A selector covers one that asks for the same labels and more; none is every pod."""
    if one is None or mapping(one) == {}:
        return True
    if other is None:
        return False
    wide, narrow = mapping(one), mapping(other)
    labels = mapping(wide.get("matchLabels")).items() <= mapping(narrow.get("matchLabels")).items()
    expressions = sequence(narrow.get("matchExpressions"))
    return labels and all(each in expressions for each in sequence(wide.get("matchExpressions")))


def _namespaces_cover(one: Any, other: Any) -> bool:
    """No selector of namespaces is the policy's own namespace alone."""
    if one is None or other is None:
        return one is other
    return _labels_cover(one, other)


def _port_covers(one: Any, other: Any) -> bool:
    if one is None:
        return True
    if other is None:
        return False
    wide, narrow = mapping(one), mapping(other)
    if wide.get("protocol", "TCP") != narrow.get("protocol", "TCP"):
        return False
    start, asked = wide.get("port"), narrow.get("port")
    if start is None or (start == asked and "endPort" not in narrow):
        return True
    if not isinstance(start, int) or not isinstance(asked, int):
        return bool(wide == narrow)
    return start <= asked and _last(narrow, asked) <= _last(wide, start)


def _last(port: dict[str, Any], start: int) -> int:
    end = port.get("endPort")
    return end if isinstance(end, int) else start


def _peer(peer: Any) -> str:
    if peer is None:
        return "anybody"
    entry = mapping(peer)
    block = mapping(entry.get("ipBlock"))
    if block:
        left_out = ", ".join(map(str, sequence(block.get("except"))))
        return f"{block.get('cidr')}{f' but {left_out}' if left_out else ''}"
    pods = _labels(entry.get("podSelector"), "all pods")
    return f"{pods} in {_labels(entry.get('namespaceSelector'), 'every namespace')}" if "namespaceSelector" in entry else pods


def _labels(selector: Any, every: str) -> str:
    told = [f"{name}={value}" for name, value in mapping(mapping(selector).get("matchLabels")).items()]
    told += [
        " ".join([str(each.get("key")), str(each.get("operator")), *map(str, sequence(each.get("values")))])
        for each in map(mapping, sequence(mapping(selector).get("matchExpressions")))
    ]
    return ",".join(told) or every


def _port(port: Any) -> str:
    entry = mapping(port)
    if entry.get("port") is None:
        return f"any port ({entry['protocol']})" if entry.get("protocol") else "any port"
    end = f"-{entry['endPort']}" if "endPort" in entry else ""
    return f"{entry['port']}{end}/{entry.get('protocol', 'TCP')}"


@check(
    "DANGER008",
    "Service or address gone",
    Scope.DIFF,
    why="Clients that know the name or the address get nothing any more: other components, users' bookmarks, other projects.",
    fix="Keep the old name beside the new one until nobody uses it: a second Service, or a redirect of the old path.",
)
def nobody_there(evidence: DiffEvidence) -> Iterator[Problem]:
    """Services that go or lose a port, and hosts and paths that no Ingress serves any more."""
    for change in evidence.gone("", "Service"):
        if change.old:
            yield Problem(f"{change.old.identity} is gone", change.subject)
    for old, new in evidence.both("", "Service"):
        for port in sorted(_ports(old) - _ports(new)):
            yield Problem(f"port {port} is gone", new, ("spec", "ports"))
    for delivery in evidence.deliveries:
        yield from _addresses_gone(delivery)


def _ports(service: Resource) -> set[str]:
    listed = map(mapping, sequence(mapping(service.body.get("spec")).get("ports")))
    return {f"{port.get('port')}/{port.get('protocol', 'TCP')}" for port in listed}


def _addresses_gone(delivery: Delivery) -> Iterator[Problem]:
    """What one Ingress gives up another may have taken over."""
    changes = [change for change in delivery.objects if is_a(change.subject, _NETWORKING, "Ingress")]
    after = {address for change in changes if change.new for address in _addresses(change.new)}
    for change in changes:
        if change.old:
            for host, path in sorted(_addresses(change.old) - after):
                yield Problem(f"{host}{path} is served no more", change.subject, ("spec", "rules"))


def _addresses(ingress: Resource) -> set[tuple[str, str]]:
    found = set()
    for rule in map(mapping, sequence(mapping(ingress.body.get("spec")).get("rules"))):
        paths = sequence(mapping(rule.get("http")).get("paths")) or [{}]
        found |= {(str(rule.get("host", "*")), str(mapping(entry).get("path", ""))) for entry in paths}
    return found
