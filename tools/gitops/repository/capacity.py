"""What an environment asks of a cluster, and what the cluster can give.

A pod asks for the larger of what its containers want together and what one init container wants while it runs; init
containers that stay (``restartPolicy: Always``) count with the others. Source:
https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from gitops.models.cluster import Cluster, NodeGroup
from gitops.models.quantity import parse_quantity
from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence

NOTHING = Decimal(0)
# Ceph warns, and clients feel it, once disks are fuller than this (its default mon_osd_nearfull_ratio).
FULLEST = Decimal("0.85")

_TEMPLATES = {
    ("apps", "Deployment"): ("spec", "template", "spec"),
    ("apps", "StatefulSet"): ("spec", "template", "spec"),
    ("apps", "DaemonSet"): ("spec", "template", "spec"),
    ("batch", "Job"): ("spec", "template", "spec"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template", "spec"),
}


@dataclass(frozen=True, slots=True)
class Demand:
    """Cores, and bytes of memory and of claims; requests unless the name says otherwise."""

    pods: int = 0
    cpu: Decimal = NOTHING
    memory: Decimal = NOTHING
    memory_limit: Decimal = NOTHING
    storage: Decimal = NOTHING

    def __add__(self, other: "Demand") -> "Demand":
        return Demand(
            self.pods + other.pods,
            self.cpu + other.cpu,
            self.memory + other.memory,
            self.memory_limit + other.memory_limit,
            self.storage + other.storage,
        )


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


def demand_by_namespace(resources: Iterable[Resource], nodes: int) -> dict[str, Demand]:
    """The demand of each namespace; a DaemonSet runs on each of ``nodes``. Quantities that are none count as nothing: the
    schema check reports them."""
    found: dict[str, Demand] = defaultdict(Demand)
    for resource in resources:
        demand = _demand(resource, nodes)
        if demand != Demand():
            found[resource.namespace] += demand
    return dict(found)


def _demand(resource: Resource, nodes: int) -> Demand:
    if (resource.group, resource.kind) == ("", "PersistentVolumeClaim"):
        return Demand(storage=_claim(resource.body))
    path = _TEMPLATES.get((resource.group, resource.kind))
    if path is None:
        return Demand()
    pod: Any = resource.body
    for step in path:
        pod = mapping(pod).get(step)
    spec = mapping(resource.body.get("spec"))
    number = nodes if resource.kind == "DaemonSet" else _count(spec.get("replicas", spec.get("parallelism")))
    one = _pod(mapping(pod))
    claims = sum((_claim(mapping(template)) for template in sequence(spec.get("volumeClaimTemplates"))), NOTHING)
    return Demand(number, one.cpu * number, one.memory * number, one.memory_limit * number, claims * number)


def _pod(spec: dict[str, Any]) -> Demand:
    starting = [mapping(container) for container in sequence(spec.get("initContainers"))]
    staying = [container for container in starting if container.get("restartPolicy") == "Always"]
    running = sum(map(_container, [*map(mapping, sequence(spec.get("containers"))), *staying]), Demand())
    for one in (_container(container) for container in starting if container not in staying):
        running = replace(
            running,
            cpu=max(running.cpu, one.cpu),
            memory=max(running.memory, one.memory),
            memory_limit=max(running.memory_limit, one.memory_limit),
        )
    return running


def _container(container: dict[str, Any]) -> Demand:
    resources = mapping(container.get("resources"))
    limits = mapping(resources.get("limits"))
    requests = {**limits, **mapping(resources.get("requests"))}  # a limit without a request is one
    return Demand(
        cpu=_amount(requests.get("cpu")), memory=_amount(requests.get("memory")), memory_limit=_amount(limits.get("memory"))
    )


def _claim(body: dict[str, Any]) -> Decimal:
    requests = mapping(mapping(mapping(body.get("spec")).get("resources")).get("requests"))
    return _amount(requests.get("storage"))


def _count(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 1


def _amount(value: Any) -> Decimal:
    try:
        return NOTHING if value is None else parse_quantity(value)
    except ValueError:
        return NOTHING


def node_count(cluster: Cluster) -> int:
    """How many nodes a cluster has."""
    return sum(group.count for group in cluster.nodes)


def total(demands: Iterable[Demand]) -> Demand:
    """The demands together."""
    return sum(demands, Demand())


def tight(demand: Demand, given: Supply) -> Iterator[tuple[str, Decimal, Decimal]]:
    """Each of cpu, memory and storage that is asked for beyond what is given: its name, the demand, the supply."""
    for name in ("cpu", "memory", "storage"):
        asked, there = getattr(demand, name), getattr(given, name)
        if asked > there:
            yield name, asked, there
