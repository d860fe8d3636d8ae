"""Images: a version, and the bytes that it means."""

from typing import Any

import pytest

from gitops.models.resource import Resource
from tests.unit.checks.evidence_by_hand import messages, problems
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
