"""The pods that operators start for custom resources: no manifest holds them, but nodes must have room for them.

Sources: Rook 1.20 (``pkg/operator/ceph/cluster``, ``pkg/operator/ceph/file/mds``) and ceph-csi-operator 1.0
(``internal/controller/driver_controller.go``). Jobs that end are left out, as they are elsewhere.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from gitops.models.resource import GroupKind, Resource
from gitops.models.values import mapping
from gitops.repository.demand import Demand, container_demand, count


@dataclass(frozen=True, slots=True)
class _Place:
    """What decides how many pods there are, beside the custom resource itself."""

    nodes: int
    disks: int
    driver_defaults: dict[str, Any]
    """What the OperatorConfig of the same namespace says for all CSI drivers."""


_Pods = tuple[Any, list[Any]]
"""How many pods, and the ``resources`` of each of their containers."""


def operated_pods(resources: Iterable[Resource], nodes: int, disks: int) -> Iterator[tuple[str, Demand]]:
    """The namespace and the demand of each set of pods that an operator will start on a cluster of this size."""
    listed = list(resources)
    defaults = {
        resource.namespace: mapping(mapping(resource.body.get("spec")).get("driverSpecDefaults"))
        for resource in listed
        if (resource.group, resource.kind) == ("csi.ceph.io", "OperatorConfig")
    }
    for resource in listed:
        pods_of = _STARTED.get(GroupKind(resource.group, resource.kind))
        if pods_of:
            place = _Place(nodes, disks, defaults.get(resource.namespace, {}))
            for number, containers in pods_of(mapping(resource.body.get("spec")), place):
                yield resource.namespace, sum(map(container_demand, containers), Demand()).times(count(number))


def _ceph_cluster(spec: dict[str, Any], place: _Place) -> Iterator[_Pods]:
    """Monitors and managers, an OSD for every disk, and on every node what reports. Of several managers each has a helper."""
    resources = mapping(spec.get("resources"))
    managers = count(mapping(spec.get("mgr")).get("count"), default=2)
    yield count(mapping(spec.get("mon")).get("count"), default=3), [resources.get("mon")]
    yield managers, [resources.get("mgr"), *([resources.get("mgr-sidecar")] if managers > 1 else [])]
    yield place.disks, [resources.get("osd")]
    if mapping(spec.get("monitoring")).get("metricsDisabled") is not True:
        yield place.nodes, [resources.get("exporter")]
    if mapping(spec.get("crashCollector")).get("disable") is not True:
        yield place.nodes, [resources.get("crashcollector")]


def _ceph_filesystem(spec: dict[str, Any], _: _Place) -> Iterator[_Pods]:
    """Metadata servers, each with a second one that follows it where ``activeStandby`` says so."""
    server = mapping(spec.get("metadataServer"))
    yield count(server.get("activeCount")) * (2 if server.get("activeStandby") is True else 1), [server.get("resources")]


def _csi_driver(spec: dict[str, Any], place: _Place) -> Iterator[_Pods]:
    """A pod on every node, and one or two that create volumes; what the driver leaves open, the OperatorConfig says."""
    plugins = {
        name: {**mapping(place.driver_defaults.get(name)), **mapping(spec.get(name))}
        for name in ("nodePlugin", "controllerPlugin")
    }
    yield place.nodes, [*mapping(plugins["nodePlugin"].get("resources")).values()]
    controller = plugins["controllerPlugin"]
    yield count(controller.get("replicas"), default=2), [*mapping(controller.get("resources")).values()]


_STARTED: dict[GroupKind, Callable[[dict[str, Any], _Place], Iterator[_Pods]]] = {
    GroupKind("ceph.rook.io", "CephCluster"): _ceph_cluster,
    GroupKind("ceph.rook.io", "CephFilesystem"): _ceph_filesystem,
    GroupKind("csi.ceph.io", "Driver"): _csi_driver,
}
