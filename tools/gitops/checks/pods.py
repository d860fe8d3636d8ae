"""What one pod template says of itself: its volumes are there and mounted, its names stand once, its probes meet a port."""

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Any, NamedTuple

from gitops.checks.unit import Problem, Scope, check
from gitops.models.paths import JsonPath
from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence
from gitops.repository.workloads import Container, Workload, entries, workload_of

_VOLUMES = "https://kubernetes.io/docs/concepts/storage/volumes/"
# Volumes that nothing is written to through a mount.
_READ_ONLY = ("configMap", "downwardAPI", "image", "projected", "secret")
_PROBES = (("startupProbe",), ("readinessProbe",), ("livenessProbe",), ("lifecycle", "postStart"), ("lifecycle", "preStop"))


class _Mount(NamedTuple):
    path: JsonPath
    at: str
    volume: str
    sub_path: str
    read_only: bool


@check(
    "REF012",
    "Mount and volume that do not meet",
    Scope.OBJECT,
    why="A pod with a mount of no volume is refused; a volume that nothing mounts shows that a name or a mount is wrong.",
    fix="Give both one name, or remove the one that is left over.",
    reference=_VOLUMES,
)
def unmatched(resource: Resource) -> Iterator[Problem]:
    """Mounts and block devices whose volume the pod does not have, and volumes that no container mounts.

    The claims that a StatefulSet makes from its templates are volumes of its pods too.
    """
    workload = workload_of(resource)
    if workload is None:
        return
    volumes = dict(_volumes(workload))
    mounted = set()
    for container in workload.containers():
        for field in ("volumeMounts", "volumeDevices"):
            for path, mount in container.listed(field):
                name = str(mount.get("name"))
                mounted.add(name)
                if name not in volumes:
                    yield Problem(f"the pod has no volume '{name}'", resource, (*path, "name"))
    for name, path in volumes.items():
        if name not in mounted:
            yield Problem(f"no container mounts the volume '{name}'", resource, (*path, "name"))


def _volumes(workload: Workload) -> Iterator[tuple[str, JsonPath]]:
    for path, volume in workload.listed("volumes"):
        yield str(volume.get("name")), path
    if workload.resource.kind == "StatefulSet":
        for path, template in entries(mapping(workload.resource.body.get("spec")), "volumeClaimTemplates", ("spec",)):
            yield str(mapping(template.get("metadata")).get("name")), (*path, "metadata")


@check(
    "REF013",
    "Two mounts for one place",
    Scope.OBJECT,
    why="Of two volumes at one path a program sees one; in a folder that has two paths it finds what it did not expect.",
    fix="Give each mount a path of its own, and each use of a volume a subPath of its own.",
    reference=f"{_VOLUMES}#using-subpath",
)
def overlapping(resource: Resource) -> Iterator[Problem]:
    """Two mounts of a container at one path, and two of one folder of a volume, or of a folder inside it, which both can write.

    A folder of the volume that appears twice only because one mount lies inside the other is no fault.
    """
    workload = workload_of(resource)
    if workload is None:
        return
    fixed = {str(volume.get("name")) for _, volume in workload.listed("volumes") if any(one in volume for one in _READ_ONLY)}
    for container in workload.containers():
        mounts = list(_mounts(container, fixed))
        for first, second in combinations(mounts, 2):
            if first.at == second.at:
                yield Problem(f"two volumes are mounted at {second.at}", resource, (*second.path, "mountPath"))
            elif _overlap(first, second):
                message = f"{first.at} and {second.at} show the same files of the volume '{first.volume}'"
                yield Problem(message, resource, second.path)


def _mounts(container: Container, fixed: set[str]) -> Iterator[_Mount]:
    for path, mount in container.listed("volumeMounts"):
        name = str(mount.get("name"))
        at = str(mount.get("mountPath")).rstrip("/") or "/"
        # What an expression makes of a variable differs from pod to pod.
        sub_path = str(mount.get("subPath") or mount.get("subPathExpr") or "").strip("/")
        yield _Mount(path, at, name, sub_path, name in fixed or mount.get("readOnly") is True)


def _overlap(first: _Mount, second: _Mount) -> bool:
    if first.volume != second.volume or first.read_only or second.read_only:
        return False
    return _inside(first, second) or _inside(second, first)


def _inside(outer: _Mount, inner: _Mount) -> bool:
    """Whether one mount shows a folder that the other shows too, at another path than that leads to anyway."""
    if not f"{inner.sub_path}/".startswith(f"{outer.sub_path}/" if outer.sub_path else ""):
        return False
    rest = inner.sub_path[len(outer.sub_path) :].strip("/")
    return inner.at != f"{outer.at.rstrip('/')}/{rest}".rstrip("/")


@check(
    "REF014",
    "One name twice",
    Scope.OBJECT,
    why="Which of the two counts is hard to tell: the API server refuses some, warns of others, and drops one when it applies.",
    fix="Remove one of the two, or give it another name.",
    reference="https://kubernetes.io/docs/reference/using-api/server-side-apply/#merge-strategy",
)
def twice(resource: Resource) -> Iterator[Problem]:
    """Containers, volumes and ports of a pod, variables of a container, and ports of a Service, with a name or number twice.

    The containers of a pod share one address, so that two of them can't listen at one port, and a Service or probe that goes by
    a port's name takes the first.
    """
    workload = workload_of(resource)
    if workload:
        containers = list(workload.containers())
        yield from _repeated(resource, ((one.path, one.body) for one in containers), "container", "name")
        yield from _repeated(resource, workload.listed("volumes"), "volume", "name")
        for container in containers:
            yield from _repeated(resource, container.listed("env"), "variable", "name")
        ports = [entry for one in containers if not one.passing for entry in one.listed("ports")]
        yield from _repeated(resource, ports, "port", "containerPort", "protocol")
        yield from _repeated(resource, ports, "port", "name")
    elif (resource.group, resource.kind) == ("", "Service"):
        spec = mapping(resource.body.get("spec"))
        yield from _repeated(resource, entries(spec, "ports", ("spec",)), "port", "port", "protocol")
        yield from _repeated(resource, entries(spec, "ports", ("spec",)), "port", "name")


def _repeated(
    resource: Resource, listed: Iterable[tuple[JsonPath, dict[str, Any]]], what: str, field: str, protocol: str = ""
) -> Iterator[Problem]:
    """The second and later entries with one value of a field; of ports of another protocol, that is another."""
    counted: Counter[tuple[Any, ...]] = Counter()
    for path, entry in listed:
        if not isinstance(entry.get(field), str | int):
            continue  # for the schema to report
        key = (entry[field], str(entry.get(protocol, "TCP")))
        counted[key] += 1
        if counted[key] > 1:
            yield Problem(f"the {what} {entry[field]} is there twice", resource, (*path, field))


@check(
    "REL014",
    "Probe of a port that is not there",
    Scope.OBJECT,
    why="A probe that can't connect keeps the pod out of its Service, or has it started anew for ever.",
    fix="Name the port of the container that the probe is about.",
    reference="https://kubernetes.io/docs/tasks/configure-pod-container/configure-liveness-readiness-startup-probes/",
)
def lost_probe(resource: Resource) -> Iterator[Problem]:
    """Probes and lifecycle hooks at a port that their own container does not list; numbers count where it lists any TCP port.

    One that asks another host (`host`) is left out.
    """
    workload = workload_of(resource)
    for container in workload.containers() if workload else ():
        ports = [port for port in map(mapping, sequence(container.body.get("ports"))) if port.get("protocol", "TCP") == "TCP"]
        for path, action in _actions(container):
            wanted = action.get("port")
            field = "containerPort" if isinstance(wanted, int) else "name"
            known = [port.get(field) for port in ports]
            if wanted not in known and "host" not in action and (isinstance(wanted, str) or (ports and wanted is not None)):
                yield Problem(f"the container {container.name} lists no port {wanted}", resource, (*path, "port"))


def _actions(container: Container) -> Iterator[tuple[JsonPath, dict[str, Any]]]:
    for steps in _PROBES:
        holder: dict[str, Any] = container.body
        for step in steps:
            holder = mapping(holder.get(step))
        for kind in ("httpGet", "tcpSocket", "grpc"):
            if isinstance(holder.get(kind), dict):
                yield (*container.path, *steps, kind), holder[kind]
