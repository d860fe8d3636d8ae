"""Overrides read from a few lines, and an object that they change."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gitops.models.paths import JsonPath
from gitops.models.resource import Overlay, Resource
from gitops.repository import documents
from gitops.repository.documents import Node
from gitops.repository.override_reader import read_overrides
from gitops.repository.overrides import Override, Place
from tests.unit.repository.trees import made

FILE = "overlays/test/web/kustomization.yaml"
DEPLOYMENT = made(
    "Deployment",
    "web",
    api="apps/v1",
    metadata={"name": "web", "namespace": "dare", "labels": {"app": "web", "team": "a"}, "annotations": {"note": "x"}},
    spec={
        "replicas": 3,
        "template": {
            "metadata": {"labels": {"team": "a"}},
            "spec": {
                "initContainers": [{"name": "init", "image": "harbor.example.org:5000/dare/init@sha256:1"}],
                "containers": [
                    {"name": "web", "image": "harbor.example.org/dare/web:1.2", "env": [{"name": "A", "value": "1"}]},
                    {"name": "side", "image": "side"},
                ],
            },
        },
    },
)
IMAGE: JsonPath = ("spec", "template", "spec", "containers", 0, "image")
ENV: JsonPath = ("spec", "template", "spec", "containers", 0, "env", 0, "value")


@dataclass
class _Files:
    """Files that are only texts."""

    texts: Mapping[str, str] = field(default_factory=dict)

    def nodes(self, path: str) -> list[Node]:
        return documents.positions(self.texts.get(path, ""))

    def files_of(self, overlay: Overlay) -> frozenset[str]:
        return frozenset(self.texts)


def overrides_of(text: str, files: Mapping[str, str] | None = None) -> list[Override]:
    return read_overrides(FILE, documents.positions(text)[0], _Files(files or {}))


def only(text: str, files: Mapping[str, str] | None = None) -> Override:
    (override,) = overrides_of(text, files)
    return override


def setting(override: Override, path: JsonPath, resource: Resource = DEPLOYMENT) -> Place | None:
    return override.setting(resource, path) if override.applies_to(resource) else None
