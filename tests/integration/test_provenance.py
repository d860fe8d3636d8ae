"""From a value in a rendered object to the line that a person must edit, through the real kustomize."""

from pathlib import Path

import pytest

from gitops.models.paths import parse_pointer
from gitops.repository.provenance import Provenance
from gitops.repository.rendering import Renderer
from gitops.services.workspace import Workspace

# What production's web overlay says besides the fixture's own patches: one of every way to set a value.
MORE = """\
replicas:
  - name: web
    count: 2
labels:
  - pairs:
      tier: front
    includeTemplates: true
commonAnnotations:
  note: hello
configMapGenerator:
  - name: extra
    envs: [extra.env]
    literals:
      - FIRST=1
      - SECOND=2
"""
PATCHES = """\
  - target: {kind: Service}
    patch: |-
      - op: test
        path: /spec/ports/0/port
        value: 80
      - op: replace
        path: /spec/ports/0/targetPort
        value: 8080
      - op: add
        path: /spec/ports/-
        value: {name: metrics, port: 9090}
  - path: sidecar.yaml
"""
SIDECAR = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
        - name: sidecar
          image: web
          env:
            - name: LEVEL
              value: info
        - name: web
          env:
            - name: MODE
              value: fast
"""


@pytest.fixture
def overlay(platform: Path) -> Path:
    folder = platform / "overlays" / "production" / "web"
    file = folder / "kustomization.yaml"
    file.write_text(file.read_text(encoding="utf-8") + PATCHES + MORE, encoding="utf-8")
    (folder / "sidecar.yaml").write_text(SIDECAR, encoding="utf-8")
    (folder / "extra.env").write_text("THIRD=3\n", encoding="utf-8")
    return folder


def line_of(file: Path, text: str) -> int:
    """The first line that has the text."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, start=1) if text in line)


KUSTOMIZATION = "overlays/production/web/kustomization.yaml"
DEPLOYMENT = "base/web/deployment.yaml"


@pytest.mark.parametrize(
    ("kind", "pointer", "file", "text"),
    [
        ("Deployment", "/spec/template/spec/containers/1/ports/0/containerPort", DEPLOYMENT, "containerPort: 8080"),
        ("Deployment", "/spec/template/spec/containers/1/image", KUSTOMIZATION, "newName:"),
        ("Deployment", "/spec/template/spec/containers/0/image", KUSTOMIZATION, "newName:"),
        ("Deployment", "/spec/template/spec/containers/1/resources/limits/memory", KUSTOMIZATION, "memory: 256Mi"),
        ("Deployment", "/spec/template/spec/containers/1/resources/requests/memory", DEPLOYMENT, "memory: 64Mi"),
        (
            "Deployment",
            "/spec/template/spec/containers/1/env/0/value",
            "overlays/production/web/sidecar.yaml",
            "value: fast",
        ),
        (
            "Deployment",
            "/spec/template/spec/containers/0/env/0/value",
            "overlays/production/web/sidecar.yaml",
            "value: info",
        ),
        ("Deployment", "/spec/template/spec/containers/0", "overlays/production/web/sidecar.yaml", "- name: sidecar"),
        ("Deployment", "/spec/template/spec/containers/1", DEPLOYMENT, "- name: web"),
        ("Deployment", "/spec/template/spec/containers/1/nothing", DEPLOYMENT, "- name: web"),
        ("Deployment", "/spec/replicas", KUSTOMIZATION, "count: 2"),
        ("Deployment", "/metadata/namespace", "base/web/kustomization.yaml", "namespace: apps"),
        ("Deployment", "/metadata/labels/tier", KUSTOMIZATION, "tier: front"),
        ("Deployment", "/spec/template/metadata/labels/tier", KUSTOMIZATION, "tier: front"),
        ("Deployment", "/metadata/annotations/note", KUSTOMIZATION, "note: hello"),
        ("Deployment", "/metadata/labels/app.kubernetes.io~1name", DEPLOYMENT, "app.kubernetes.io/name"),
        ("Service", "/spec/ports/0/targetPort", KUSTOMIZATION, "value: 8080"),
        ("Service", "/spec/ports/0/port", "base/web/service.yaml", "port: 80"),
        ("Service", "/spec/ports/1/port", KUSTOMIZATION, "value: {name: metrics"),
        ("Ingress", "/spec/rules/0/host", "overlays/production/environment/facts.yaml", "domain:"),
        ("Ingress", "/spec/ingressClassName", "overlays/production/web/ingress-patch.yaml", "value: traefik"),
        ("Ingress", "/spec/rules/0/http/paths/0/path", "base/web/ingress.yaml", "- path: /"),
        ("web-config", "/data/web.conf", "base/web/files/web.conf", "listen 8080"),
        ("web-config", "/data/MODE", "base/web/kustomization.yaml", "- MODE=plain"),
        ("web-config", "/metadata/name", "base/web/kustomization.yaml", "- name: web-config"),
        ("extra", "/data/SECOND", KUSTOMIZATION, "- SECOND=2"),
        ("extra", "/data/THIRD", KUSTOMIZATION, "- name: extra"),
    ],
)
def test_a_value_leads_to_its_line(kind: str, pointer: str, file: str, text: str, overlay: Path, platform: Path) -> None:
    workspace = Workspace(platform, use_cache=False)
    renderer = Renderer(workspace.tree, workspace.kustomize, workspace.cache, 2)
    (environment,) = renderer.render([workspace.tree.environments["production"]], lambda: None)
    assert environment.complete, environment.failures
    resource = next(
        resource
        for resource in environment.resources
        if resource.overlay.component == "web" and (resource.kind == kind or resource.name.startswith(f"{kind}-"))
    )
    place = Provenance(workspace.tree).locate(resource, parse_pointer(pointer, resource.body))
    assert (place.file, place.line) == (file, line_of(platform / file, text))
