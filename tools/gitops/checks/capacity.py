"""Capacity: what the environment asks for fits its clusters, also while a node is away."""

from collections.abc import Iterator

from gitops.checks.evidence import EnvironmentEvidence
from gitops.checks.unit import Problem, Scope, check
from gitops.models.quantity import format_bytes, format_cpu
from gitops.repository.capacity import demand_by_namespace, supply, tight, total


@check(
    "CAP001",
    "Environment does not fit its cluster",
    Scope.ENVIRONMENT,
    why="Pods that find no node stay pending, and it is chance which ones: also on the day on which a node is repaired.",
    fix="Ask for less (docs/capacity.md shows who asks for what), or correct the cluster's facts.",
    reference="https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/",
)
def too_much(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Requests for processors and memory beyond the nodes without the largest, claims beyond the disks with all copies."""
    for cluster in evidence.clusters:
        demands = demand_by_namespace(evidence.resources, cluster.facts)
        for name, asked, given in tight(total(demands.values()), supply(cluster.facts)):
            show = format_cpu if name == "cpu" else format_bytes
            message = f"{name}: {show(asked)} asked for, {show(given)} there ({cluster.name})"
            yield Problem(message, file=f"{cluster.path}/cluster.yaml", environment=evidence.environment.name)
