"""The table of who asks for what of each cluster."""

from collections.abc import Mapping
from decimal import Decimal

from gitops.models.environment import ClusterFolder
from gitops.models.quantity import format_bytes, format_cpu
from gitops.repository.capacity import demand_by_namespace, supply, total
from gitops.repository.demand import Demand
from gitops.repository.rendering import RenderedEnvironment

CAPACITY = "docs/capacity.md"

_HEAD = """# Capacity

What each namespace asks of its cluster: requests of all replicas, and claims. What operators start for custom resources (Ceph,
its CSI drivers) counts like the rest. The cluster's line leaves out its largest node, so that everything still runs while one
is repaired (but for a cluster of one), and what nodes keep for their system; it counts what claims may hold once every copy is
stored and disks stay below 85 % (Ceph's warning). Written by `make generate`; `make check` reports what does not fit.
"""


def capacity_page(environments: list[RenderedEnvironment]) -> str:
    """The page as GitLab Markdown, a table for each cluster."""
    parts = [_HEAD]
    for rendered in environments:
        for cluster in rendered.environment.clusters:
            demands = demand_by_namespace(rendered.resources, cluster.facts)
            parts.append(_table(cluster, demands))
    return "\n".join(parts)


def _table(cluster: ClusterFolder, demands: Mapping[str, Demand]) -> str:
    given = supply(cluster.facts)
    lines = [
        f"## {cluster.name}",
        "",
        "| namespace | pods | processors | memory | memory at most | storage |",
        "|---|---|---|---|---|---|",
    ]
    lines += [_row(name, demands[name]) for name in sorted(demands)]
    lines.append(_row("**together**", total(demands.values())))
    there = [format_cpu(given.cpu), format_bytes(given.memory), "", format_bytes(given.storage)]
    lines.append(f"| **there** | | {' | '.join(there)} |")
    return "\n".join([*lines, ""])


def _row(name: str, demand: Demand) -> str:
    sizes = (demand.memory, demand.memory_limit, demand.storage)
    return f"| {name} | {demand.pods} | {format_cpu(demand.cpu)} | {' | '.join(_size(size) for size in sizes)} |"


def _size(number: Decimal) -> str:
    return format_bytes(number) if number else ""
