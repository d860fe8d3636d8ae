"""Images: a version, and the bytes that it means."""

from typing import Any

import pytest

from gitops.models.resource import Resource
from tests.unit.checks.evidence_by_hand import environment, messages, problems
from tests.unit.repository.trees import made

DIGEST = f"sha256:{'0' * 64}"


def running(image: str) -> Resource:
    return made("Pod", "web", spec={"containers": [{"name": "web", "image": image}]})


@pytest.mark.parametrize(
    ("image", "message"),
    [
        ("quay.io/dare/web", "quay.io/dare/web has no tag"),
        ("localhost:5000/web", "localhost:5000/web has no tag"),
        ("quay.io/dare/web:latest", "quay.io/dare/web:latest has the tag latest"),
        ("quay.io/dare/Web:1.0", "'quay.io/dare/Web:1.0' is no image reference"),
    ],
)
def test_an_image_without_a_version_is_caught(image: str, message: str) -> None:
    (problem,) = problems("IMG001", running(image))
    assert (problem.message, problem.image, problem.path) == (message, image, ("spec", "containers", 0, "image"))
    assert messages("IMG002", running(image)) == []


@pytest.mark.parametrize("image", ["quay.io/dare/web:1.0", f"quay.io/dare/web@{DIGEST}", f"web:latest@{DIGEST}", ""])
def test_an_image_with_a_tag_or_digest_passes_as_does_one_that_is_missing(image: str) -> None:
    assert messages("IMG001", running(image)) == []


def test_an_image_without_a_digest_is_caught() -> None:
    assert messages("IMG002", running("quay.io/dare/web:1.0")) == ["quay.io/dare/web:1.0 has no digest"]


@pytest.mark.parametrize("image", [f"quay.io/dare/web@{DIGEST}", f"quay.io/dare/web:1.0@{DIGEST}"])
def test_an_image_with_a_digest_passes(image: str) -> None:
    assert messages("IMG002", running(image)) == []


JOB = """\
apiVersion: kubeflow.org/v2beta1
kind: MPIJob
spec: {template: {spec: {containers: [{name: c, image: "quay.io/dare/job:1.0"}]}}}
"""
CUSTOM = {"cephVersion": {"image": "quay.io/ceph/ceph:v20"}, "list": [{"image": "quay.io/ceph/other:v1"}]}


@pytest.mark.parametrize(
    ("resource", "paths"),
    [
        pytest.param(made("ConfigMap", "c", data={"job.yaml": JOB}), [("data", "job.yaml")], id="a manifest in a ConfigMap"),
        pytest.param(
            made("CephCluster", "c", api="ceph.rook.io/v1", spec=CUSTOM),
            [("spec", "cephVersion", "image"), ("spec", "list", 0, "image")],
            id="a custom resource",
        ),
        pytest.param(
            made("MPIJob", "c", api="kubeflow.org/v2beta1", spec={"containers": [{"image": "web:1.0"}]}),
            [("spec", "containers", 0, "image")],
            id="a container of a custom resource, once",
        ),
    ],
)
def test_images_that_others_will_pull_are_seen(resource: Resource, paths: list[Any]) -> None:
    assert [problem.path for problem in problems("IMG002", resource)] == paths


@pytest.mark.parametrize(
    "resource",
    [
        pytest.param(made("ConfigMap", "c", data={"a.yaml": "image: web:1.0\n"}), id="a file that is no manifest"),
        pytest.param(made("ConfigMap", "c", data={"a.yaml": f"{JOB}- [\n"}), id="a file that can't be read"),
        pytest.param(made("ConfigMap", "c", data={"a.yaml": 1}), id="data that is no text"),
        pytest.param(made("Widget", "c", api="apps/v1", spec={"image": "web:1.0"}), id="a field of Kubernetes' own kinds"),
        pytest.param(
            made("CustomResourceDefinition", "c", api="apiextensions.k8s.io/v1", spec={"containers": [{"image": "web:1.0"}]}),
            id="the schema of a custom kind",
        ),
    ],
)
def test_what_nobody_pulls_is_no_image(resource: Resource) -> None:
    assert problems("IMG002", resource) == []


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ("quay.io/dare/web:1.1", "1.0"),
        (f"quay.io/dare/web:1.0@{DIGEST}", "1.0"),
        ("quay.io/dare/web", "1.0"),
    ],
)
def test_one_image_in_two_versions_is_caught(other: str, told: str) -> None:
    two = [running("quay.io/dare/web:1.0"), running(other), running(other)]
    assert messages("IMG005", environment(*two)) == [f"{other} is of version {told} in overlays/test/web"]


def test_an_image_that_a_config_map_or_a_custom_resource_names_counts_too() -> None:
    manifest = "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: a, image: 'quay.io/dare/web:2.0'}]}\n"
    others = [
        made("ConfigMap", "a", data={"pod.yaml": manifest}),
        made("X", "x", api="x.io/v1", spec={"image": "quay.io/dare/web:3"}),
    ]
    found = messages("IMG005", environment(running("quay.io/dare/web:1.0"), *others))
    assert [message.partition(" ")[0] for message in found] == ["quay.io/dare/web:2.0", "quay.io/dare/web:3"]


@pytest.mark.parametrize(
    "other", ["quay.io/dare/web:1.0", "quay.io/dare/web-two:2.0", "docker.io/dare/web:2.0", "no image!", ""]
)
def test_one_version_in_several_places_passes(other: str) -> None:
    assert messages("IMG005", environment(running("quay.io/dare/web:1.0"), running(other))) == []


def test_two_names_of_one_place_are_one_image() -> None:
    assert len(messages("IMG005", environment(running("docker.io/library/redis:7"), running("redis:8")))) == 1
