"""The line that a person must edit, in a small repository."""

from pathlib import Path

import pytest

from gitops.models.paths import JsonPath
from gitops.models.resource import Origin, Overlay, Resource
from gitops.repository.overrides import Place
from gitops.repository.provenance import Provenance
from tests.unit.repository.trees import WEB, made, read_tree

BASE, OVERLAY, SHARED = "base/web", "overlays/test/web", "overlays/test/environment"
FILES = {
    f"{BASE}/kustomization.yaml": "resources:\n  - deployment.yaml\nlabels:\n  - pairs:\n      team: a\n",
    f"{BASE}/deployment.yaml": """\
apiVersion: v1
kind: Service
metadata:
  name: web
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: 1
  template:
    spec:
      containers:
        - name: web
          image: web
          env: []
""",
    f"{OVERLAY}/kustomization.yaml": """\
resources:
  - ../../../base/web
components:
  - ../environment
images:
  - name: web
    newTag: "1.2"
patches:
  - path: patch.yaml
configMapGenerator:
  - name: settings
    files: [app.conf]
""",
    f"{OVERLAY}/patch.yaml": "kind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 2\n  paused: true\n",
    f"{OVERLAY}/app.conf": "x\n",
    f"{SHARED}/kustomization.yaml": """\
kind: Component
namespace: dare
patches:
  - target: {kind: Deployment}
    patch: |-
      - op: add
        path: /spec/paused
        value: false
""",
}
DEPLOYMENT = made(
    "Deployment",
    "web",
    api="apps/v1",
    origin=Origin(f"{BASE}/deployment.yaml"),
    metadata={"name": "web", "namespace": "dare", "labels": {"team": "a"}},
    spec={
        "replicas": 2,
        "paused": True,
        "template": {"spec": {"containers": [{"name": "web", "image": "web:1.2", "env": []}]}},
    },
)
CONTAINER: JsonPath = ("spec", "template", "spec", "containers", 0)


@pytest.fixture
def provenance(tmp_path: Path) -> Provenance:
    return Provenance(read_tree(tmp_path, FILES))


@pytest.mark.parametrize(
    ("path", "place"),
    [
        pytest.param((*CONTAINER, "name"), Place(f"{BASE}/deployment.yaml", 15), id="what the base sets"),
        pytest.param(
            ("kind",), Place(f"{BASE}/deployment.yaml", 7), id="what identifies the object, though a patch repeats it"
        ),
        pytest.param(("spec", "replicas"), Place(f"{OVERLAY}/patch.yaml", 5), id="what a patch sets"),
        pytest.param(("spec", "paused"), Place(f"{OVERLAY}/patch.yaml", 6), id="the overlay wins over the environment"),
        pytest.param((*CONTAINER, "image"), Place(f"{OVERLAY}/kustomization.yaml", 7), id="what a pin sets"),
        pytest.param(("metadata", "namespace"), Place(f"{SHARED}/kustomization.yaml", 2), id="what the environment sets"),
        pytest.param(("metadata", "labels", "team"), Place(f"{BASE}/kustomization.yaml", 5), id="what a label sets"),
        pytest.param((*CONTAINER, "livenessProbe"), Place(f"{BASE}/deployment.yaml", 15), id="what nothing sets"),
        pytest.param(("spec",), Place(f"{BASE}/deployment.yaml", 10), id="a mapping that several set"),
        pytest.param((*CONTAINER, "env"), Place(f"{BASE}/deployment.yaml", 17), id="a list of the base"),
        pytest.param((), Place(f"{BASE}/deployment.yaml", 6), id="the object"),
    ],
)
def test_a_value_leads_to_the_line_that_sets_it(provenance: Provenance, path: JsonPath, place: Place) -> None:
    assert provenance.locate(DEPLOYMENT, path) == place


def test_a_generated_object_leads_to_its_generator(provenance: Provenance) -> None:
    config = made(
        "ConfigMap",
        "settings-8dk68f89km",
        origin=Origin(configured_in=f"{OVERLAY}/kustomization.yaml"),
        data={"app.conf": "x\n"},
    )
    assert provenance.locate(config, ("data", "app.conf")) == Place(f"{OVERLAY}/app.conf", 1)
    assert provenance.locate(config, ("metadata", "name")) == Place(f"{OVERLAY}/kustomization.yaml", 11)


@pytest.mark.parametrize(
    ("resource", "place"),
    [
        pytest.param(made("Service", "web"), Place(f"{OVERLAY}/kustomization.yaml", 1), id="without an origin"),
        pytest.param(
            made("Service", "web", origin=Origin("base/gone.yaml")), Place(f"{OVERLAY}/kustomization.yaml", 1), id="origin gone"
        ),
        pytest.param(
            made("Ingress", "web", origin=Origin(f"{BASE}/deployment.yaml")),
            Place(f"{BASE}/deployment.yaml", 1),
            id="not in it",
        ),
        pytest.param(
            made("Deployment", "renamed", origin=Origin(f"{BASE}/deployment.yaml")),
            Place(f"{BASE}/deployment.yaml", 8),
            id="renamed since",
        ),
        pytest.param(
            made("Service", "web", overlay=Overlay("test", "gone", "overlays/test/gone")),
            Place("overlays/test/gone", 1),
            id="overlay without a kustomization",
        ),
    ],
)
def test_an_object_without_a_source_leads_as_near_as_can_be_told(
    provenance: Provenance, resource: Resource, place: Place
) -> None:
    assert provenance.locate(resource, ("metadata", "uid")) == place


def test_the_files_of_an_overlay_are_those_of_its_render(provenance: Provenance) -> None:
    assert provenance.files_of(WEB) == FILES.keys()
    assert provenance.files_of(Overlay("test", "gone", "overlays/test/gone")) == frozenset()


def test_the_overrides_of_an_overlay_come_outermost_first(provenance: Provenance) -> None:
    files = [override.place.file for override in provenance.overrides(f"{OVERLAY}/kustomization.yaml")]
    assert files == [
        f"{OVERLAY}/kustomization.yaml",
        f"{OVERLAY}/patch.yaml",
        f"{OVERLAY}/kustomization.yaml",
        f"{SHARED}/kustomization.yaml",
        f"{SHARED}/kustomization.yaml",
        f"{BASE}/kustomization.yaml",
    ]
