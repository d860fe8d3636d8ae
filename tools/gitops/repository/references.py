"""The objects that rendered objects name, Secrets excepted: ConfigMaps, service accounts, claims and classes.

Pod templates and claims are read field by field, after the reference of Kubernetes' API. In custom resources the fields that
share these shapes are looked for at any depth, as ``secret_uses`` does for Secrets. A manifest in a ConfigMap names what the
object needs that is made from it.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from gitops.models.paths import JsonPath
from gitops.models.resource import GroupKind, Identity, Resource
from gitops.models.values import mapping, sequence
from gitops.repository.manifests import manifests_in
from gitops.repository.workloads import Workload, entries, workload_of

CONFIG_MAP = GroupKind("", "ConfigMap")
SERVICE_ACCOUNT = GroupKind("", "ServiceAccount")
CLAIM = GroupKind("", "PersistentVolumeClaim")
STORAGE_CLASS = GroupKind("storage.k8s.io", "StorageClass")
PRIORITY_CLASS = GroupKind("scheduling.k8s.io", "PriorityClass")
RUNTIME_CLASS = GroupKind("node.k8s.io", "RuntimeClass")

_CLUSTER_WIDE = frozenset({STORAGE_CLASS, PRIORITY_CLASS, RUNTIME_CLASS})
# The deprecated field is read too, since a Service account may still be named by it alone.
_OF_PODS = {
    "serviceAccountName": SERVICE_ACCOUNT,
    "serviceAccount": SERVICE_ACCOUNT,
    "priorityClassName": PRIORITY_CLASS,
    "runtimeClassName": RUNTIME_CLASS,
}
_OF_CUSTOM = {**_OF_PODS, "storageClassName": STORAGE_CLASS, "claimName": CLAIM}
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_CONFIG_MAP_FIELDS = frozenset({"configMap", "configMapRef", "configMapKeyRef"})


class Reference(NamedTuple):
    """What an object names at ``path``, in ``text`` where a text stands there. No ``key`` is all keys; ``optional`` ones may be
    missing."""

    resource: Resource
    path: JsonPath
    target: Identity
    key: str | None = None
    optional: bool = False
    text: str = ""


def references(resource: Resource) -> Iterator[Reference]:
    """Everything that an object names."""
    workload = workload_of(resource)
    if workload:
        yield from _of_workload(workload)
    elif GroupKind(resource.group, resource.kind) == CLAIM:
        yield from _named(resource, mapping(resource.body.get("spec")), ("spec",), {"storageClassName": STORAGE_CLASS})
    elif is_custom(resource):
        found: list[Reference] = []
        _walk(resource, mapping(resource.body.get("spec")), ("spec",), found)
        yield from found
    elif GroupKind(resource.group, resource.kind) == CONFIG_MAP:
        yield from _of_texts(resource)


def is_custom(resource: Resource) -> bool:
    """Whether a kind is somebody else's than Kubernetes' own."""
    return "." in resource.group and not resource.group.endswith(".k8s.io")


def _of_texts(config_map: Resource) -> Iterator[Reference]:
    """What manifests in a ConfigMap name, in its namespace unless they say another; names that are filled in are left out."""
    for key, text in mapping(config_map.body.get("data")).items():
        for body in manifests_in(text) if isinstance(text, str) else ():
            metadata = {"namespace": config_map.namespace, **mapping(body.get("metadata"))}
            for found in references(Resource(config_map.overlay, {**body, "metadata": metadata}, config_map.origin)):
                if _NAME.fullmatch(found.target.name):
                    yield found._replace(resource=config_map, path=("data", key), text=found.target.name)


def _of_workload(workload: Workload) -> Iterator[Reference]:
    resource = workload.resource
    yield from _named(resource, workload.spec, workload.spec_path, _OF_PODS)
    volumes = {}
    for path, volume in workload.listed("volumes"):
        volumes[str(volume.get("name"))] = volume
        yield from _of_volume(resource, volume, path)
    for container in workload.containers():
        for path, entry in container.listed("envFrom"):
            yield from _config_map(resource, entry.get("configMapRef"), (*path, "configMapRef"))
        for path, entry in container.listed("env"):
            source = mapping(entry.get("valueFrom"))
            yield from _config_map(resource, source.get("configMapKeyRef"), (*path, "valueFrom", "configMapKeyRef"))
        for path, mount in container.listed("volumeMounts"):
            yield from _mounted_key(resource, mount, path, volumes)
    if resource.kind == "StatefulSet":
        spec = mapping(resource.body.get("spec"))
        for path, template in entries(spec, "volumeClaimTemplates", ("spec",)):
            yield from _named(resource, mapping(template.get("spec")), (*path, "spec"), {"storageClassName": STORAGE_CLASS})


def _of_volume(resource: Resource, volume: dict[str, Any], path: JsonPath) -> Iterator[Reference]:
    yield from _config_map(resource, volume.get("configMap"), (*path, "configMap"))
    for index, source in entries(mapping(volume.get("projected")), "sources", (*path, "projected")):
        yield from _config_map(resource, source.get("configMap"), (*index, "configMap"))
    claim = mapping(volume.get("persistentVolumeClaim"))
    yield from _named(resource, claim, (*path, "persistentVolumeClaim"), {"claimName": CLAIM})
    if "ephemeral" in volume:
        spec = mapping(mapping(mapping(volume["ephemeral"]).get("volumeClaimTemplate")).get("spec"))
        where: JsonPath = (*path, "ephemeral", "volumeClaimTemplate", "spec")
        yield from _named(resource, spec, where, {"storageClassName": STORAGE_CLASS})


def _mounted_key(
    resource: Resource, mount: dict[str, Any], path: JsonPath, volumes: dict[str, dict[str, Any]]
) -> Iterator[Reference]:
    """A single file of a ConfigMap that is mounted; where the volume lists its items, those are what is looked at."""
    source = mapping(mapping(volumes.get(str(mount.get("name")))).get("configMap"))
    key = mount.get("subPath")
    if isinstance(key, str) and key and "items" not in source:
        yield from _config_map(resource, {**source, "key": key}, path, "subPath")


def _config_map(resource: Resource, source: Any, path: JsonPath, at: str = "key") -> Iterator[Reference]:
    """What one reference to a ConfigMap names: a key, some items, or all of it."""
    described = mapping(source)
    name, optional = described.get("name"), described.get("optional") is True
    if not isinstance(name, str) or not name:
        return
    target = Identity(*CONFIG_MAP, resource.namespace, name)
    keys: list[tuple[JsonPath, Any]] = [((*path, at), described["key"])] if "key" in described else []
    keys += [((*place, "key"), item.get("key")) for place, item in entries(described, "items", path)]
    if at == "key":  # the file that is mounted is told besides its volume
        yield Reference(resource, (*path, "name"), target, None, optional)
    for place, key in keys:
        if isinstance(key, str):
            yield Reference(resource, place, target, key, optional)


def _named(resource: Resource, holder: dict[str, Any], path: JsonPath, fields: dict[str, GroupKind]) -> Iterator[Reference]:
    for field, kind in fields.items():
        name = holder.get(field)
        if isinstance(name, str) and name:
            yield Reference(resource, (*path, field), _target(resource, kind, name))


def _target(resource: Resource, kind: GroupKind, name: str) -> Identity:
    return Identity(*kind, "" if kind in _CLUSTER_WIDE else resource.namespace, name)


def _walk(resource: Resource, value: Any, path: JsonPath, found: list[Reference]) -> None:
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        if key in _OF_CUSTOM:
            found += _named(resource, {key: item}, path, _OF_CUSTOM)
        elif key in _CONFIG_MAP_FIELDS:
            found += _config_map(resource, item, (*path, key))
        if isinstance(item, dict | list):
            _walk(resource, item, (*path, key), found)


def claims_made(resource: Resource) -> tuple[str, ...]:
    """What the names of the claims begin with that a StatefulSet makes from its templates; its pods' numbers follow."""
    if resource.kind != "StatefulSet":
        return ()
    templates = map(mapping, sequence(mapping(resource.body.get("spec")).get("volumeClaimTemplates")))
    return tuple(f"{mapping(template.get('metadata')).get('name')}-{resource.name}-" for template in templates)
