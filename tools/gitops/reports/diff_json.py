"""The difference as JSON for other programs; ``tests/schemas/diff-report.json`` describes it."""

from typing import Any

from gitops.models.difference import ABSENT, Delivery, Difference, FieldChange, ObjectChange
from gitops.models.resource import Resource
from gitops.reports.findings_json import as_finding, as_json


def write(difference: Difference, _limit: int) -> str:
    """One object with ``base``, ``head``, ``deliveries``, ``dangers`` and ``failures``; never cut."""
    return as_json(
        {
            "base": difference.base,
            "head": difference.head,
            "deliveries": [_delivery(delivery) for delivery in difference.deliveries],
            "dangers": [as_finding(danger) for danger in difference.dangers],
            "failures": [
                {"overlay": failure.overlay.path, "side": failure.side, "message": failure.message}
                for failure in difference.failures
            ],
        }
    )


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "environment": delivery.environment.name,
        "cluster": delivery.cluster.name if delivery.cluster else None,
        "arrival": delivery.arrival.value,
        "from": delivery.revisions[0],
        "to": delivery.revisions[1],
        "newOverlays": [overlay.path for overlay in delivery.fresh],
        "goneOverlays": [overlay.path for overlay in delivery.gone],
        "images": [
            {"old": move.old, "new": move.new, "moved": list(move.moved), "objects": list(move.users)}
            for move in delivery.images
        ],
        "replicas": [change._asdict() for change in delivery.replicas],
        "capacity": [
            {
                "namespace": change.namespace,
                "pods": change.pods,
                "cpu": float(change.cpu),
                "memory": int(change.memory),
                "memoryLimit": int(change.memory_limit),
                "storage": int(change.storage),
            }
            for change in delivery.capacity
        ],
        "objects": [_object(change) for change in delivery.objects],
    }


def _object(change: ObjectChange) -> dict[str, Any]:
    return {
        "change": change.kind.value,
        "component": change.subject.overlay.component,
        "old": _identity(change.old),
        "new": _identity(change.new),
        "fields": [_field(field) for field in change.fields],
        "body": change.body,
    }


def _identity(resource: Resource | None) -> dict[str, str] | None:
    if resource is None:
        return None
    return {
        "apiVersion": resource.api_version,
        "kind": resource.kind,
        "namespace": resource.namespace,
        "name": resource.name,
        "overlay": resource.overlay.path,
    }


def _field(field: FieldChange) -> dict[str, Any]:
    """``old`` and ``new`` are left out where there is no value: null is one."""
    told: dict[str, Any] = {"path": field.label, "hidden": field.hidden}
    if field.old is not ABSENT:
        told["old"] = field.old
    if field.new is not ABSENT:
        told["new"] = field.new
    return told
