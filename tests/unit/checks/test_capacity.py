"""What an environment asks for, against a cluster with one node lost."""

from decimal import Decimal
from typing import Any

import pytest

from gitops.models.cluster import Cluster
from gitops.models.environment import ClusterFolder
from gitops.models.resource import Resource
from gitops.repository.capacity import demand_by_namespace, supply
from gitops.repository.demand import Demand
from tests.unit.checks.evidence_by_hand import cluster, environment, messages
from tests.unit.repository.trees import made

GIB = 2**30


def given(
    nodes: list[tuple[int, str, str]],
    raw: str = "100Gi",
    copies: int = 1,
    disks: int | None = None,
    reserved: Any = None,
) -> ClusterFolder:
    facts = cluster().facts.model_dump(mode="json", by_alias=True)
    facts["nodes"] = [
        {"name": f"n{i}", "count": n, "cpu": cpu, "memory": memory, "reserved": reserved}
        for i, (n, cpu, memory) in enumerate(nodes)
    ]
    facts["storage"] |= {"raw": raw, "copies": copies, "disks": disks}
    return ClusterFolder("test", "clusters/test", Cluster.model_validate(facts))


def container(cpu: str | None = None, memory: str | None = None, limit: str | None = None, **more: Any) -> dict[str, Any]:
    requests = {name: value for name, value in (("cpu", cpu), ("memory", memory)) if value}
    return {"resources": {"requests": requests, "limits": {"memory": limit} if limit else {}}, **more}


def workload(kind: str = "Deployment", api: str = "apps/v1", replicas: Any = None, **pod: Any) -> Resource:
    spec: dict[str, Any] = {"template": {"spec": pod}}
    if replicas is not None:
        spec["replicas"] = replicas
    return made(kind, "web", api=api, metadata={"name": "web", "namespace": "dare"}, spec=spec)


def claim(size: str) -> Resource:
    spec = {"resources": {"requests": {"storage": size}}}
    return made("PersistentVolumeClaim", "data", metadata={"name": "data", "namespace": "dare"}, spec=spec)


def demand(*resources: Resource, nodes: int = 3, disks: int | None = None) -> Demand:
    there = given([(nodes, "4", "8Gi")], disks=disks).facts
    return demand_by_namespace(resources, there).get("dare", Demand())


def test_replicas_multiply_what_the_containers_ask_for_together() -> None:
    asked = demand(workload(replicas=3, containers=[container("250m", "1Gi"), container("750m", "1Gi", "4Gi")]))
    assert asked == Demand(3, Decimal(3), Decimal(6 * GIB), Decimal(12 * GIB))


def test_the_largest_init_container_counts_where_it_asks_for_more() -> None:
    pod = {"containers": [container("1", "1Gi")], "initContainers": [container("2", "512Mi"), container("1", "256Mi")]}
    assert demand(workload(**pod)) == Demand(1, Decimal(2), Decimal(GIB))


def test_an_init_container_that_stays_counts_with_the_others() -> None:
    pod = {"containers": [container("1")], "initContainers": [container("2", restartPolicy="Always")]}
    assert demand(workload(**pod)).cpu == 3


def test_a_limit_without_a_request_is_one() -> None:
    assert demand(workload(containers=[container(limit="2Gi")])).memory == 2 * GIB


def test_a_daemon_set_runs_on_every_node() -> None:
    assert demand(workload("DaemonSet", containers=[container("100m")]), nodes=7) == Demand(7, Decimal("0.7"))


def test_a_cron_job_counts_once() -> None:
    spec = {"jobTemplate": {"spec": {"template": {"spec": {"containers": [container("1")]}}}}}
    job = made("CronJob", "x", api="batch/v1", metadata={"name": "x", "namespace": "dare"}, spec=spec)
    assert demand(job) == Demand(1, Decimal(1))


def test_no_replicas_ask_for_nothing() -> None:
    assert demand(workload(replicas=0, containers=[container("1")])) == Demand()


@pytest.mark.parametrize("odd", [{}, {"containers": 5}, {"containers": [None, {"resources": 3}]}])
def test_pods_of_another_shape_ask_for_nothing(odd: dict[str, Any]) -> None:
    assert demand(workload(**odd)).cpu == 0


def figures(memory: str) -> dict[str, Any]:
    resources: dict[str, Any] = container("1", memory, memory)["resources"]
    return resources


def custom(api: str, kind: str, **spec: Any) -> Resource:
    return made(kind, "one", api=api, metadata={"name": "one", "namespace": "dare"}, spec=spec)


def ceph(**spec: Any) -> Resource:
    names = ("mon", "mgr", "mgr-sidecar", "osd", "exporter", "crashcollector")
    resources = {name: figures(f"{10**place}") for place, name in enumerate(names)}
    return custom("ceph.rook.io/v1", "CephCluster", **{"resources": resources, **spec})


def test_a_ceph_cluster_runs_its_monitors_and_managers_an_osd_for_each_disk_and_reports_from_every_node() -> None:
    asked = demand(ceph(mon={"count": 5}, mgr={"count": 1}), nodes=4, disks=7)
    memory = Decimal(5 * 1 + 1 * 10 + 7 * 1_000 + 4 * 10_000 + 4 * 100_000)
    assert asked == Demand(5 + 1 + 7 + 4 + 4, Decimal(21), memory, memory)


def test_managers_that_are_several_have_a_helper_each() -> None:
    quiet = {"monitoring": {"metricsDisabled": True}, "crashCollector": {"disable": True}}
    one, two = (demand(ceph(mgr={"count": number}, **quiet)) for number in (1, 2))
    assert (one.pods, two.pods) == (3 + 1 + 3, 3 + 2 + 3)
    assert two.memory - one.memory == 10 + 2 * 100


def test_disks_that_nobody_counted_are_one_on_each_node() -> None:
    assert demand(ceph(), nodes=4) == demand(ceph(), nodes=4, disks=4)


@pytest.mark.parametrize(("standby", "pods"), [(False, 2), (True, 4)])
def test_metadata_servers_have_a_second_one_each_where_it_is_asked_for(standby: bool, pods: int) -> None:
    server = {"activeCount": 2, "activeStandby": standby, "resources": figures("1Gi")}
    assert demand(custom("ceph.rook.io/v1", "CephFilesystem", metadataServer=server)) == Demand(
        pods, Decimal(pods), Decimal(pods * GIB), Decimal(pods * GIB)
    )


def csi_defaults(**controller: Any) -> Resource:
    spec = {
        "nodePlugin": {"resources": {"plugin": figures("1"), "registrar": figures("10")}},
        "controllerPlugin": {"resources": {"plugin": figures("100"), "resizer": figures("1000")}, **controller},
    }
    return custom("csi.ceph.io/v1", "OperatorConfig", driverSpecDefaults=spec)


def test_a_csi_driver_runs_on_every_node_and_beside_it_what_creates_volumes() -> None:
    driver = custom("csi.ceph.io/v1", "Driver")
    assert demand(csi_defaults(), driver, driver, nodes=3) == Demand(
        2 * (3 + 2), Decimal(2 * (3 + 2) * 2), Decimal(2 * (3 * 11 + 2 * 1100)), Decimal(2 * (3 * 11 + 2 * 1100))
    )


def test_what_a_driver_says_itself_goes_before_what_is_said_for_all() -> None:
    driver = custom("csi.ceph.io/v1", "Driver", controllerPlugin={"replicas": 3}, nodePlugin={"resources": {}})
    assert demand(csi_defaults(replicas=1), driver).memory == 3 * 1100


def test_drivers_that_nobody_declares_ask_for_nothing() -> None:
    assert demand(csi_defaults()) == Demand()


@pytest.mark.parametrize("kind", ["CephCluster", "CephFilesystem"])
@pytest.mark.parametrize("odd", [{}, {"mon": 5, "mgr": [], "resources": 3}, {"metadataServer": {"activeCount": "x"}}])
def test_custom_resources_of_another_shape_ask_for_nothing(kind: str, odd: dict[str, Any]) -> None:
    assert demand(custom("ceph.rook.io/v1", kind, **odd)).memory == 0


def test_the_largest_node_and_the_copies_are_left_out() -> None:
    there = supply(given([(2, "4", "8Gi"), (1, "16", "64Gi")], raw="300Gi", copies=3).facts)
    assert (there.cpu, there.memory, there.storage) == (8, 16 * GIB, 85 * GIB)


def test_the_only_node_of_a_cluster_is_not_left_out() -> None:
    assert supply(given([(1, "4", "8Gi")]).facts).cpu == 4


def test_what_nodes_keep_for_their_system_is_left_out() -> None:
    there = supply(given([(3, "4", "8Gi")], reserved={"cpu": "500m", "memory": "1Gi"}).facts)
    assert (there.cpu, there.memory) == (7, 14 * GIB)


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        (workload(replicas=9, containers=[container("1", "1Gi")]), "cpu: 9 asked for, 8 there (test)"),
        (workload(replicas=8, containers=[container("1", "2100Mi")]), "memory: 16.4 GiB asked for, 16.0 GiB there (test)"),
        (claim("86Gi"), "storage: 86.0 GiB asked for, 85.0 GiB there (test)"),
    ],
)
def test_what_does_not_fit_is_caught(resource: Resource, message: str) -> None:
    assert messages("CAP001", environment(resource, clusters=[given([(3, "4", "8Gi")])])) == [message]


@pytest.mark.parametrize("resource", [workload(replicas=8, containers=[container("1", "2Gi")]), claim("85Gi")])
def test_what_just_fits_passes(resource: Resource) -> None:
    assert messages("CAP001", environment(resource, clusters=[given([(3, "4", "8Gi")])])) == []
