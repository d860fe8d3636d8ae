"""``repository.stored`` against a real API server: every rendered built-in object, and a pod of every template."""

from collections.abc import Iterator
from typing import Any

import pytest

from gitops.models.resource import Resource
from gitops.models.values import mapping
from gitops.repository.crds import ServedKind
from gitops.repository.rendering import Renderer
from gitops.repository.stored import is_known, pod_of, stored
from gitops.services.workspace import Workspace, default_jobs
from tests.conftest import ROOT
from tests.e2e.control_plane.api import collection
from tests.e2e.control_plane.cluster import Cluster

# What a cluster makes up, or its admission plug-ins add: docs/admission.md says so.
MADE_UP = {
    *(f"/metadata/{name}" for name in ("uid", "creationTimestamp", "managedFields", "generation", "resourceVersion")),
    *(f"Pod/spec/{name}" for name in ("preemptionPolicy", "priority", "tolerations", "volumes", "containers/volumeMounts")),
    *("Pod/metadata/name", "Pod/status/qosClass", "Pod/spec/imagePullSecrets"),
    *(f"Service/spec/{name}" for name in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "healthCheckNodePort")),
    *("Service/spec/ports/nodePort", "PersistentVolumeClaim/metadata/finalizers", "DaemonSet/metadata/annotations"),
}
MANAGER = "tests"


def differences(ours: Any, theirs: Any, path: str) -> Iterator[str]:
    """Where two values differ, without the indexes of lists."""
    if path in MADE_UP or path[path.find("/") :] in MADE_UP:
        return
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted({*ours, *theirs}):
            yield from differences(ours.get(name, "absent"), theirs.get(name, "absent"), f"{path}/{name}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for one, other in zip(ours, theirs, strict=True):
            yield from differences(one, other, path)
    elif ours != theirs or type(ours) is not type(theirs):
        yield f"{path}: {ours} here, {theirs} there"


@pytest.fixture(scope="module")
def resources() -> list[Resource]:
    """The built-in objects of one environment."""
    workspace = Workspace(ROOT)
    renderer = Renderer(workspace.tree, workspace.kustomize, workspace.cache, default_jobs())
    (environment,) = renderer.render([workspace.tree.environments["production"]], lambda: None)
    return [each for each in environment.resources if is_known(each.group, each.version, each.kind)]


def test_objects_are_what_a_server_makes_of_them(cluster: Cluster, resources: list[Resource]) -> None:
    api, kinds = cluster.api, cluster.api.kinds()
    for name in sorted({each.namespace for each in resources if each.namespace}):
        api.create("/api/v1/namespaces", _made("Namespace", name), manager=MANAGER, dry_run=False)
    found: set[str] = set()
    compared = 0
    for each in resources:
        kind = ServedKind(each.group, each.version, each.kind)
        answer = api.create(collection(kind, kinds[kind], each.namespace), each.body, manager=MANAGER, dry_run=True)
        if answer.status == 409:  # a namespace, or what every cluster has
            continue
        assert answer.ok, f"{each.identity}: {answer.message}"
        found.update(differences(stored(each.body), answer.body, each.kind))
        compared += 1
    assert found == set()
    assert compared > len(resources) / 2


def test_pods_are_what_a_server_makes_of_them(cluster: Cluster, resources: list[Resource]) -> None:
    api = cluster.api
    found: set[str] = set()
    for each in resources:
        template = mapping(mapping(each.body.get("spec")).get("template"))
        if each.group != "apps" or mapping(each.body["spec"]).get("volumeClaimTemplates") or not template:
            continue
        account = mapping(template.get("spec")).get("serviceAccountName", "default")
        where = f"/api/v1/namespaces/{each.namespace}"
        api.create(f"{where}/serviceaccounts", _made("ServiceAccount", account), manager=MANAGER, dry_run=False)
        metadata = {**mapping(template.get("metadata")), "generateName": f"{each.name}-"}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}
        answer = api.create(f"{where}/pods", pod, manager=MANAGER, dry_run=True)
        assert answer.ok, f"{each.identity}: {answer.message}"
        found.update(differences(pod_of(template, each.namespace, each.name), answer.body, "Pod"))
    assert found == set()


def _made(kind: str, name: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}}
