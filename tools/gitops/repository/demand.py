"""What pods ask for: cores, and bytes of memory and of claims.

A pod asks for the larger of what its containers want together and what one init container wants while it runs; init
containers that stay (``restartPolicy: Always``) count with the others. Source:
https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers.
Quantities that are none count as nothing: the schema check reports them.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from gitops.models.quantity import parse_quantity
from gitops.models.values import mapping, sequence

NOTHING = Decimal(0)


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

    def times(self, number: int, storage: Decimal = NOTHING) -> "Demand":
        """So many pods like this one, each with claims of ``storage`` bytes of its own."""
        return Demand(number, self.cpu * number, self.memory * number, self.memory_limit * number, storage * number)


def pod_demand(spec: dict[str, Any]) -> Demand:
    """What one pod of this spec asks for."""
    starting = [mapping(container) for container in sequence(spec.get("initContainers"))]
    staying = [container for container in starting if container.get("restartPolicy") == "Always"]
    containers = [*map(mapping, sequence(spec.get("containers"))), *staying]
    running = sum((container_demand(container.get("resources")) for container in containers), Demand())
    for one in (container_demand(container.get("resources")) for container in starting if container not in staying):
        running = replace(
            running,
            cpu=max(running.cpu, one.cpu),
            memory=max(running.memory, one.memory),
            memory_limit=max(running.memory_limit, one.memory_limit),
        )
    return running


def container_demand(resources: Any) -> Demand:
    """What one container with these ``resources`` asks for; a limit without a request is one."""
    limits = mapping(mapping(resources).get("limits"))
    requests = {**limits, **mapping(mapping(resources).get("requests"))}
    return Demand(
        cpu=_amount(requests.get("cpu")), memory=_amount(requests.get("memory")), memory_limit=_amount(limits.get("memory"))
    )


def claim_size(body: dict[str, Any]) -> Decimal:
    """The bytes that a claim, or a template of one, asks for."""
    requests = mapping(mapping(mapping(body.get("spec")).get("resources")).get("requests"))
    return _amount(requests.get("storage"))


def count(value: Any, default: int = 1) -> int:
    """A number of replicas; ``default`` where none is given, or something else stands there."""
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else default


def _amount(value: Any) -> Decimal:
    try:
        return NOTHING if value is None else parse_quantity(value)
    except ValueError:
        return NOTHING
