"""Rules of one pod template: volumes and mounts, names that stand twice, and the ports of probes."""

from typing import Any

import pytest

from tests.unit.checks.evidence_by_hand import messages
from tests.unit.checks.workloads_by_hand import placed, workload

EMPTY = {"name": "scratch", "emptyDir": {}}


def mounting(*mounts: dict[str, Any]) -> dict[str, Any]:
    return {"volumeMounts": list(mounts)}


def mount(at: str, volume: str = "scratch", **options: Any) -> dict[str, Any]:
    return {"name": volume, "mountPath": at, **options}


def test_a_mount_without_a_volume_and_a_volume_without_a_mount_are_caught() -> None:
    found = messages("REF012", workload(mounting(mount("/tmp", "scratsh")), volumes=[EMPTY]))
    assert found == ["the pod has no volume 'scratsh'", "no container mounts the volume 'scratch'"]


def test_an_init_container_and_a_block_device_use_a_volume_too() -> None:
    device = {"volumeDevices": [{"name": "disk", "devicePath": "/dev/a"}]}
    volumes = [EMPTY, {"name": "disk", "persistentVolumeClaim": {"claimName": "a"}}]
    starting = [{"name": "init", **mounting(mount("/tmp"))}]
    assert messages("REF012", workload(device, initContainers=starting, volumes=volumes)) == []


def test_the_claims_of_a_stateful_set_are_volumes() -> None:
    own = {"volumeClaimTemplates": [{"metadata": {"name": "data"}}, {"metadata": {"name": "spare"}}]}
    found = messages("REF012", workload(mounting(mount("/data", "data")), kind="StatefulSet", own=own))
    assert found == ["no container mounts the volume 'spare'"]


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (mount("/tmp"), mount("/tmp/", "other"), "two volumes are mounted at /tmp"),
        (mount("/a"), mount("/b"), "/a and /b show the same files of the volume 'scratch'"),
        (mount("/a", subPath="x"), mount("/b", subPath="x/y"), "/a and /b show the same files of the volume 'scratch'"),
        (mount("/b", subPath="x/y"), mount("/a"), "/b and /a show the same files of the volume 'scratch'"),
    ],
)
def test_two_mounts_for_one_place_are_caught(first: dict[str, Any], second: dict[str, Any], message: str) -> None:
    volumes = [EMPTY, {"name": "other", "emptyDir": {}}]
    assert messages("REF013", workload(mounting(first, second), volumes=volumes)) == [message]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        pytest.param(mount("/a", subPath="a"), mount("/b", subPath="b"), id="two folders"),
        pytest.param(mount("/a", subPath="x"), mount("/b", subPath="xy"), id="a name that only begins alike"),
        pytest.param(mount("/a"), mount("/b", readOnly=True), id="one that only reads"),
        pytest.param(mount("/a"), mount("/a/x", subPath="x"), id="where it is anyway"),
        pytest.param(mount("/a", "other"), mount("/a/b"), id="another volume inside"),
        pytest.param(mount("/a", "config"), mount("/b", "config"), id="a volume that nobody writes"),
    ],
)
def test_two_mounts_that_do_not_meet_pass(first: dict[str, Any], second: dict[str, Any]) -> None:
    volumes = [EMPTY, {"name": "other", "emptyDir": {}}, {"name": "config", "configMap": {"name": "a"}}]
    assert messages("REF013", workload(mounting(first, second), volumes=volumes)) == []


def test_two_containers_may_share_a_volume() -> None:
    assert messages("REF013", workload(mounting(mount("/a")), {"name": "b", **mounting(mount("/a"))}, volumes=[EMPTY])) == []


@pytest.mark.parametrize(
    ("containers", "pod", "message"),
    [
        ([{}, {}], {}, "the container web is there twice"),
        ([{}], {"initContainers": [{"name": "web"}]}, "the container web is there twice"),
        ([{}], {"volumes": [EMPTY, EMPTY]}, "the volume scratch is there twice"),
        ([{"env": [{"name": "A"}, {"name": "B"}, {"name": "A"}]}], {}, "the variable A is there twice"),
        ([{"ports": [{"containerPort": 80}, {"containerPort": 80, "protocol": "TCP"}]}], {}, "the port 80 is there twice"),
        (
            [{"ports": [{"containerPort": 80}]}, {"name": "b", "ports": [{"containerPort": 80}]}],
            {},
            "the port 80 is there twice",
        ),
        ([{"ports": [{"name": "a", "containerPort": 1}, {"name": "a", "containerPort": 2}]}], {}, "the port a is there twice"),
    ],
)
def test_a_name_twice_in_a_pod_is_caught(containers: list[dict[str, Any]], pod: dict[str, Any], message: str) -> None:
    assert messages("REF014", workload(*containers, **pod)) == [message]


@pytest.mark.parametrize(
    ("containers", "pod"),
    [
        pytest.param([{"env": [{"name": "A"}]}, {"name": "b", "env": [{"name": "A"}]}], {}, id="another container's variable"),
        pytest.param([{"ports": [{"containerPort": 53}, {"containerPort": 53, "protocol": "UDP"}]}], {}, id="another protocol"),
        pytest.param(
            [{"ports": [{"containerPort": 80}]}],
            {"initContainers": [{"name": "i", "ports": [{"containerPort": 80}]}]},
            id="before",
        ),
        pytest.param([{"env": [{"value": "nameless"}, {"value": "nameless"}]}], {}, id="what the schema reports"),
    ],
)
def test_names_that_stand_once_pass(containers: list[dict[str, Any]], pod: dict[str, Any]) -> None:
    assert messages("REF014", workload(*containers, **pod)) == []


@pytest.mark.parametrize(
    ("ports", "found"),
    [
        ([{"port": 80, "name": "a"}, {"port": 80, "name": "b"}], ["the port 80 is there twice"]),
        ([{"port": 80, "name": "a"}, {"port": 81, "name": "a"}], ["the port a is there twice"]),
        ([{"port": 53, "name": "a"}, {"port": 53, "name": "b", "protocol": "UDP"}], []),
    ],
)
def test_a_port_twice_in_a_service_is_caught(ports: list[dict[str, Any]], found: list[str]) -> None:
    assert messages("REF014", placed("Service", spec={"ports": ports})) == found


LISTED = [{"name": "http", "containerPort": 80}, {"name": "dns", "containerPort": 53, "protocol": "UDP"}]


@pytest.mark.parametrize(
    ("probe", "port"),
    [
        ({"readinessProbe": {"httpGet": {"port": "web"}}}, "web"),
        ({"livenessProbe": {"tcpSocket": {"port": 81}}}, 81),
        ({"startupProbe": {"grpc": {"port": 53}}}, 53),
        ({"lifecycle": {"preStop": {"httpGet": {"port": "dns"}}}}, "dns"),
    ],
)
def test_a_probe_of_a_port_that_is_not_there_is_caught(probe: dict[str, Any], port: object) -> None:
    assert messages("REL014", workload({"ports": LISTED, **probe})) == [f"the container web lists no port {port}"]


@pytest.mark.parametrize(
    "container",
    [
        pytest.param({"ports": LISTED, "readinessProbe": {"httpGet": {"port": "http"}}}, id="by name"),
        pytest.param({"ports": LISTED, "readinessProbe": {"tcpSocket": {"port": 80}}}, id="by number"),
        pytest.param({"readinessProbe": {"tcpSocket": {"port": 80}}}, id="of a container that lists none"),
        pytest.param(
            {"ports": LISTED, "readinessProbe": {"httpGet": {"port": 1, "host": "example.org"}}}, id="of another host"
        ),
        pytest.param({"ports": LISTED, "readinessProbe": {"exec": {"command": ["true"]}}}, id="by a command"),
        pytest.param({"ports": "none", "readinessProbe": "none"}, id="what the schema reports"),
    ],
)
def test_a_probe_that_meets_its_port_passes(container: dict[str, Any]) -> None:
    assert messages("REL014", workload(container)) == []


@pytest.mark.parametrize("rule", ["REF012", "REF013", "REF014", "REL014"])
@pytest.mark.parametrize("kind", ["Job", "CronJob", "Pod", "PodTemplate", "ConfigMap"])
def test_a_manifest_that_says_nothing_is_for_the_schema(rule: str, kind: str) -> None:
    api = "batch/v1" if kind in ("Job", "CronJob") else "v1"
    assert messages(rule, placed(kind, api=api, spec={"template": None, "jobTemplate": []})) == []
