"""What an environment asks for, against a cluster with one node lost."""

from decimal import Decimal
from typing import Any

import pytest

from gitops.models.cluster import Cluster
from gitops.models.environment import ClusterFolder
from gitops.models.resource import Resource
from gitops.repository.capacity import Demand, demand_by_namespace, supply
from tests.unit.checks.evidence_by_hand import cluster, environment, messages
from tests.unit.repository.trees import made

GIB = 2**30


def given(nodes: list[tuple[int, str, str]], raw: str = "100Gi", copies: int = 1, reserved: Any = None) -> ClusterFolder:
    facts = cluster().facts.model_dump(mode="json", by_alias=True)
    facts["nodes"] = [
        {"name": f"n{i}", "count": n, "cpu": cpu, "memory": memory, "reserved": reserved}
        for i, (n, cpu, memory) in enumerate(nodes)
    ]
    facts["storage"] |= {"raw": raw, "copies": copies}
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


def demand(resource: Resource, nodes: int = 3) -> Demand:
    return demand_by_namespace([resource], nodes).get("dare", Demand())


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
