"""Workloads, and what stands around them, in the namespace dare."""

from typing import Any

from gitops.models.resource import Overlay, Resource
from tests.unit.repository.trees import WEB, made

PLACE = {"name": "web", "namespace": "dare"}


def placed(kind: str, name: str = "web", *, namespace: str = "dare", overlay: Overlay = WEB, **body: Any) -> Resource:
    """An object in a namespace; an empty one is none."""
    metadata = {"name": name, **({"namespace": namespace} if namespace else {}), **body.pop("metadata", {})}
    return made(kind, name, overlay=overlay, metadata=metadata, **body)


def workload(
    *containers: dict[str, Any], kind: str = "Deployment", name: str = "web", labels: Any = None, **pod: Any
) -> Resource:
    """A workload whose pods have the label app=web unless told otherwise; ``pod`` adds to their spec, ``spec`` to its own."""
    own = pod.pop("own", {})
    template = {
        "metadata": {"labels": labels or {"app": "web"}},
        "spec": {"containers": [{"name": "web", **one} for one in containers or ({},)], **pod},
    }
    return placed(kind, name, api="apps/v1", spec={"template": template, **own})


def namespace(name: str = "dare") -> Resource:
    return placed("Namespace", name, namespace="")
