"""What an environment asks of a cluster, and what the cluster can give."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from gitops.models.cluster import Cluster, NodeGroup
from gitops.models.quantity import parse_quantity
from gitops.models.resource import GroupKind, Resource
from gitops.models.values import mapping, sequence
from gitops.repository.demand import NOTHING, Demand, claim_size, count, pod_demand
from gitops.repository.operated import operated_pods
from gitops.repository.workloads import MAKERS

# Ceph warns, and clients feel it, once disks are fuller than this (its default mon_osd_nearfull_ratio).
FULLEST = Decimal("0.85")


@dataclass(frozen=True, slots=True)
class Supply:
    """What a cluster gives to pods while its largest node is away; storage is what claims may hold, every copy counted."""

    cpu: Decimal
    memory: Decimal
    storage: Decimal


def supply(cluster: Cluster) -> Supply:
    """The supply of a cluster with one node lost, or of its only one."""
    nodes = [_of_node(group) for group in cluster.nodes for _ in range(group.count)]
    lost = 0 if len(nodes) == 1 else 1
    raw = parse_quantity(cluster.storage.raw)
    return Supply(
        sum((cpu for cpu, _ in nodes), NOTHING) - lost * max(cpu for cpu, _ in nodes),
        sum((memory for _, memory in nodes), NOTHING) - lost * max(memory for _, memory in nodes),
        raw * FULLEST / cluster.storage.copies,
    )


def _of_node(group: NodeGroup) -> tuple[Decimal, Decimal]:
    """The cores and the memory that one node gives to pods."""
    cpu, memory = parse_quantity(group.cpu), parse_quantity(group.memory)
    if group.reserved:
        cpu, memory = cpu - parse_quantity(group.reserved.cpu), memory - parse_quantity(group.reserved.memory)
    return cpu, memory


def demand_by_namespace(resources: Iterable[Resource], cluster: Cluster) -> dict[str, Demand]:
    """The demand of each namespace, with what operators will start there; a DaemonSet runs on each of the cluster's nodes.

    Quantities that are none count as nothing: the schema check reports them.
    """
    listed = list(resources)
    nodes = cluster.node_count
    found: dict[str, Demand] = defaultdict(Demand)
    for namespace, demand in [
        *((resource.namespace, _demand(resource, nodes)) for resource in listed),
        *operated_pods(listed, nodes, cluster.storage.disks or nodes),
    ]:
        if demand != Demand():
            found[namespace] += demand
    return dict(found)


def _demand(resource: Resource, nodes: int) -> Demand:
    if (resource.group, resource.kind) == ("", "PersistentVolumeClaim"):
        return Demand(storage=claim_size(resource.body))
    path = MAKERS.get(GroupKind(resource.group, resource.kind))
    if path is None:
        return Demand()
    pod: Any = resource.body
    for step in (*path, "spec"):
        pod = mapping(pod).get(str(step))
    spec = mapping(resource.body.get("spec"))
    number = nodes if resource.kind == "DaemonSet" else count(spec.get("replicas", spec.get("parallelism")))
    claims = sum((claim_size(mapping(template)) for template in sequence(spec.get("volumeClaimTemplates"))), NOTHING)
    return pod_demand(mapping(pod)).times(number, claims)


def total(demands: Iterable[Demand]) -> Demand:
    """The demands together."""
    return sum(demands, Demand())


def tight(demand: Demand, given: Supply) -> Iterator[tuple[str, Decimal, Decimal]]:
    """Each of cpu, memory and storage that is asked for beyond what is given: its name, the demand, the supply."""
    for name in ("cpu", "memory", "storage"):
        asked, there = getattr(demand, name), getattr(given, name)
        if asked > there:
            yield name, asked, there
