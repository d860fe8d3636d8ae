"""What is done with the objects of an environment, and in which order.

A dry run leaves nothing behind, so whatever the API server looks up when it judges another object has to be there for real.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gitops.models.paths import JsonPath
from gitops.models.resource import GroupKind, Resource
from gitops.models.values import mapping, sequence

# Without these nothing else can even be named: places for objects, and their kinds.
PLACES = frozenset({GroupKind("", "Namespace"), GroupKind("apiextensions.k8s.io", "CustomResourceDefinition")})
# What admission asks for when it judges a pod.
ADMISSION = frozenset(
    {
        GroupKind("", "ServiceAccount"),
        GroupKind("", "LimitRange"),
        GroupKind("", "ResourceQuota"),
        GroupKind("scheduling.k8s.io", "PriorityClass"),
        GroupKind("node.k8s.io", "RuntimeClass"),
    }
)
# What decides about others by itself, and so comes into force before these are tried.
RULES = frozenset(
    GroupKind("admissionregistration.k8s.io", kind)
    for kind in (
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
    )
)
# What would decide too, and is only tried: webhooks would ask pods that do not run.
NOT_IN_FORCE = frozenset(
    GroupKind("admissionregistration.k8s.io", kind)
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
)


@dataclass(frozen=True, slots=True)
class Plan:
    """The objects of one environment: ``places``, ``admission`` and ``rules`` become real, in that order; ``others`` are tried.

    ``rules`` are the admission policies, with their bindings and what these name as parameters.
    """

    places: tuple[Resource, ...]
    admission: tuple[Resource, ...]
    rules: tuple[Resource, ...]
    others: tuple[Resource, ...]

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> "Plan":
        listed = list(resources)
        parameters = {named for resource in listed for named in _parameters(resource)}
        parts: tuple[list[Resource], ...] = ([], [], [], [])
        for resource in listed:
            kind = GroupKind(resource.group, resource.kind)
            rules = kind in RULES or (resource.kind, resource.namespace, resource.name) in parameters
            parts[0 if kind in PLACES else 1 if kind in ADMISSION else 2 if rules else 3].append(resource)
        return cls(*map(tuple, parts))

    @property
    def not_in_force(self) -> list[Resource]:
        return [resource for resource in self.others if GroupKind(resource.group, resource.kind) in NOT_IN_FORCE]


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod as a workload's controller would ask for it; ``path`` leads to the template in the workload."""

    workload: Resource
    path: JsonPath
    body: dict[str, Any]


def pods(resource: Resource) -> Iterator[Pod]:
    """A pod for each template in an object of whatever kind; a template is what has ``spec.containers``."""
    for path, template in _templates(resource.body, ()):
        metadata = mapping(template.get("metadata"))
        kept: dict[str, Any] = {name: metadata[name] for name in ("labels", "annotations") if name in metadata}
        spec = {**mapping(template.get("spec"))}
        added = _claimed_volumes(resource)
        if added:
            spec["volumes"] = [*sequence(spec.get("volumes")), *added]
        named: dict[str, Any] = {"name": resource.name, "namespace": resource.namespace, **kept}
        yield Pod(resource, path, {"apiVersion": "v1", "kind": "Pod", "metadata": named, "spec": spec})


def replicas(resource: Resource, nodes: int) -> int:
    """How many pods of a workload may stand at once; none of what somebody else makes pods of."""
    spec = mapping(resource.body.get("spec"))
    match resource.group, resource.kind:
        case "apps", "DaemonSet":
            return nodes
        case "apps", _:
            return _count(spec.get("replicas"))
        case "batch", _:
            return _count(spec.get("parallelism"))
        case _:
            return 0


def numbered(pod: Pod, count: int) -> Iterator[dict[str, Any]]:
    """So many of a pod, with names of their own."""
    for number in range(count):
        name = f"{pod.workload.name}-{pod.workload.kind.lower()}-{number}"
        yield {**pod.body, "metadata": {**pod.body["metadata"], "name": name}}


def claims(resource: Resource, nodes: int) -> Iterator[dict[str, Any]]:
    """The volume claims that the controller of a StatefulSet makes, one of each template for each pod."""
    for template in map(mapping, sequence(mapping(resource.body.get("spec")).get("volumeClaimTemplates"))):
        for number in range(replicas(resource, nodes)):
            named = {"name": f"{template['metadata']['name']}-{resource.name}-{number}", "namespace": resource.namespace}
            yield {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": named, "spec": template["spec"]}


def _parameters(resource: Resource) -> Iterator[tuple[str, str, str]]:
    """What a binding of an admission policy names as its parameters, which here are ConfigMaps."""
    named = mapping(mapping(resource.body.get("spec")).get("paramRef"))
    if GroupKind(resource.group, resource.kind) in RULES and "name" in named:
        yield "ConfigMap", str(named.get("namespace", "")), str(named["name"])


def _count(value: Any) -> int:
    return value if isinstance(value, int) else 1


def _claimed_volumes(resource: Resource) -> list[dict[str, Any]]:
    """The volumes that the controller of a StatefulSet adds to its first pod."""
    if (resource.group, resource.kind) != ("apps", "StatefulSet"):
        return []
    templates = map(mapping, sequence(mapping(resource.body.get("spec")).get("volumeClaimTemplates")))
    names = [str(mapping(template.get("metadata")).get("name")) for template in templates]
    return [{"name": name, "persistentVolumeClaim": {"claimName": f"{name}-{resource.name}-0"}} for name in names]


def _templates(value: Any, path: JsonPath) -> Iterator[tuple[JsonPath, dict[str, Any]]]:
    if isinstance(value, dict):
        if path and isinstance(mapping(value.get("spec")).get("containers"), list):
            yield path, value
            return
        for key, item in value.items():
            yield from _templates(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _templates(item, (*path, index))
