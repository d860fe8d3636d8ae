"""The objects that make pods, and what their pod templates hold."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from gitops.models.paths import JsonPath
from gitops.models.resource import GroupKind, Resource
from gitops.models.values import mapping, sequence

_TEMPLATE: JsonPath = ("spec", "template")
_HOLDERS: dict[GroupKind, JsonPath] = {
    GroupKind("", "Pod"): (),
    GroupKind("", "PodTemplate"): ("template",),
    GroupKind("", "ReplicationController"): _TEMPLATE,
    GroupKind("apps", "DaemonSet"): _TEMPLATE,
    GroupKind("apps", "Deployment"): _TEMPLATE,
    GroupKind("apps", "ReplicaSet"): _TEMPLATE,
    GroupKind("apps", "StatefulSet"): _TEMPLATE,
    GroupKind("batch", "CronJob"): ("spec", "jobTemplate", *_TEMPLATE),
    GroupKind("batch", "Job"): _TEMPLATE,
}
# Those from which pods are made, by the place of the pod's template.
MAKERS = {kind: path for kind, path in _HOLDERS.items() if path[-len(_TEMPLATE) :] == _TEMPLATE}


class Container(NamedTuple):
    """A container and where it stands in its workload; ``passing`` ones end before the others start."""

    path: JsonPath
    body: dict[str, Any]
    passing: bool

    @property
    def name(self) -> str:
        return str(self.body.get("name", ""))

    def listed(self, field: str) -> Iterator[tuple[JsonPath, dict[str, Any]]]:
        """The entries of a list of the container with their places."""
        return entries(self.body, field, self.path)


class Workload(NamedTuple):
    """An object that makes pods; ``path`` leads to their template, whose labels and spec these are."""

    resource: Resource
    path: JsonPath
    labels: dict[str, Any]
    spec: dict[str, Any]

    @property
    def spec_path(self) -> JsonPath:
        return (*self.path, "spec")

    def containers(self) -> Iterator[Container]:
        """Every container; an init container that stays (``restartPolicy: Always``) runs beside the others."""
        for field in ("initContainers", "containers"):
            for path, body in entries(self.spec, field, self.spec_path):
                yield Container(path, body, field == "initContainers" and body.get("restartPolicy") != "Always")

    def listed(self, field: str) -> Iterator[tuple[JsonPath, dict[str, Any]]]:
        """The entries of a list of the pod's spec with their places."""
        return entries(self.spec, field, self.spec_path)


def workload_of(resource: Resource) -> Workload | None:
    """The pods that an object of Kubernetes' own kinds makes, or another program from a PodTemplate; None for others."""
    path = _HOLDERS.get(GroupKind(resource.group, resource.kind))
    if path is None:
        return None
    holder = resource.body
    for step in path:
        holder = mapping(holder.get(str(step)))
    return Workload(resource, path, mapping(mapping(holder.get("metadata")).get("labels")), mapping(holder.get("spec")))


def entries(holder: dict[str, Any], field: str, path: JsonPath) -> Iterator[tuple[JsonPath, dict[str, Any]]]:
    """The maps in a list under ``field`` of what stands at ``path``, with their places."""
    for index, entry in enumerate(sequence(holder.get(field))):
        if isinstance(entry, dict):
            yield (*path, field, index), entry


def replicas_of(resource: Resource) -> int | None:
    """How many pods a workload keeps running; None where that is not for its manifest to say (DaemonSet, jobs)."""
    if resource.kind not in ("Deployment", "ReplicaSet", "ReplicationController", "StatefulSet"):
        return None
    wanted = mapping(resource.body.get("spec")).get("replicas", 1)
    return wanted if isinstance(wanted, int) else None
