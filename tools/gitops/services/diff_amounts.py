"""What a difference costs: pods, processors, memory and claims, more or less."""

from collections.abc import Iterable
from typing import Any

from gitops.models.cluster import Cluster
from gitops.models.difference import CapacityChange, ObjectChange, ReplicaChange
from gitops.models.resource import Resource
from gitops.models.values import mapping
from gitops.repository.capacity import demand_by_namespace
from gitops.repository.demand import Demand, count

_SCALED = frozenset({("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "ReplicaSet")})


def replica_changes(changes: Iterable[ObjectChange]) -> tuple[ReplicaChange, ...]:
    """The workloads that ask for another number of pods, or come or go."""
    found = []
    for change in changes:
        before, after = _replicas(change.old), _replicas(change.new)
        if before != after:
            found.append(ReplicaChange(str(change.subject.identity), before, after))
    return tuple(found)


def _replicas(resource: Resource | None) -> int | None:
    if resource is None or (resource.group, resource.kind) not in _SCALED:
        return None
    return count(mapping(resource.body.get("spec")).get("replicas"))


def capacity_changes(old: Iterable[Resource], new: Iterable[Resource], cluster: Cluster) -> tuple[CapacityChange, ...]:
    """What each namespace asks for more or less. Both sides hold the same overlays, so that the rest cancels out."""
    before, after = demand_by_namespace(old, cluster), demand_by_namespace(new, cluster)
    changes = [_change(name, before.get(name, Demand()), after.get(name, Demand())) for name in sorted({*before, *after})]
    return tuple(change for change in changes if any(_amounts(change)))


def _change(namespace: str, old: Demand, new: Demand) -> CapacityChange:
    return CapacityChange(
        namespace,
        new.pods - old.pods,
        new.cpu - old.cpu,
        new.memory - old.memory,
        new.memory_limit - old.memory_limit,
        new.storage - old.storage,
    )


def _amounts(change: CapacityChange) -> tuple[Any, ...]:
    return change[1:]
