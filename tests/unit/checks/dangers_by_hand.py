"""Objects before and after, and what is dangerous about them."""

from typing import Any

from gitops.checks.diff_evidence import DiffEvidence
from gitops.models.difference import Arrival, Delivery, ObjectChange, Pin
from gitops.models.environment import Environment
from gitops.models.resource import Resource
from gitops.repository.field_changes import field_changes
from gitops.repository.pairing import pairs
from tests.unit.checks.evidence_by_hand import cluster, messages
from tests.unit.repository.trees import made


def evidence(
    old: list[Resource],
    new: list[Resource],
    used: tuple[Resource, ...] = (),
    pin: Pin | None = None,
    default_class: str = "",
) -> DiffEvidence:
    """What is known when these objects become those on the cluster ``test``."""
    here = cluster(default_class=default_class)
    changes = [
        ObjectChange(before, after, field_changes(before.body, after.body) if before and after else ())
        for before, after in pairs(old, new)
        if not (before and after and before.body == after.body)
    ]
    delivery = Delivery(Environment("test", (), (here,)), here, Arrival.MERGE, ("old", "new"), tuple(changes))
    return DiffEvidence((delivery,), (pin,) if pin else (), {"test": used})


def told(rule: str, old: Resource | None, new: Resource | None) -> list[str]:
    """What a rule says when one object becomes another."""
    return messages(rule, evidence([old] if old else [], [new] if new else []))


def thing(kind: str, name: str = "web", api: str = "v1", **body: Any) -> Resource:
    """An object in the namespace ``dare``."""
    metadata = {"name": name, "namespace": "dare", **body.pop("metadata", {})}
    return made(kind, name, api=api, metadata=metadata, **body)
