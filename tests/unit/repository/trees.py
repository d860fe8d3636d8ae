"""Small repositories and objects made by hand."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gitops.adapters.cache import Cache
from gitops.models.resource import Origin, Overlay, Resource
from gitops.repository.facts import FactReader
from gitops.repository.tree import Tree

CLUSTER = """\
environment: test
title: Test
kubernetes: 1.36.3
domain: test.example.org
ingressClass: traefik
argocd: {url: https://argocd.example.org, namespace: argocd}
nodes: [{name: worker, count: 1, cpu: "4", memory: 8Gi}]
storage: {raw: 1Ti, classes: [{name: standard, accessModes: [ReadWriteOnce]}]}
"""
COMPONENT = "title: Web\ndescription: Shows pages.\nowner: platform\n"
WEB = Overlay("test", "web", "overlays/test/web")

# One component in one environment, with nothing wrong.
SOUND = {
    "base/web/component.yaml": COMPONENT,
    "base/web/kustomization.yaml": "resources:\n  - service.yaml\n",
    "base/web/service.yaml": "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\n",
    "clusters/test/cluster.yaml": CLUSTER,
    "overlays/test/web/kustomization.yaml": "resources:\n  - ../../../base/web\n",
}


def read_tree(root: Path, files: Mapping[str, str | bytes]) -> Tree:
    """Writes the files below ``root`` and reads them as a repository."""
    (root / "overlays").mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
    return Tree(root, FactReader(Cache(root / ".cache", enabled=False), "tools"))


def sound_tree(root: Path, changes: Mapping[str, str | bytes | None]) -> Tree:
    """The sound repository with some files changed, added or (None) left out."""
    files = {**SOUND, **changes}
    return read_tree(root, {path: content for path, content in files.items() if content is not None})


def made(
    kind: str, name: str, *, api: str = "v1", overlay: Overlay = WEB, origin: Origin | None = None, **body: Any
) -> Resource:
    """A rendered object; ``body`` adds to it or replaces what it has."""
    fields = {"apiVersion": api, "kind": kind, "metadata": {"name": name}, **body}
    return Resource(overlay, fields, origin or Origin())
