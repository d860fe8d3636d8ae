"""The dry run finds what it is there to find and lets pass what is right: an environment of both, a real API server."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from gitops.models.cluster import Cluster as ClusterFacts
from gitops.models.environment import ClusterFolder, Environment
from gitops.models.paths import format_pointer
from gitops.models.resource import Origin, Overlay, Resource
from gitops.repository.rendering import RenderedEnvironment, RenderedOverlay
from tests.e2e.control_plane.cluster import Cluster
from tests.e2e.dry_run import trial
from tests.e2e.dry_run.trial import Ground, Outcome, Remark
from tests.unit.repository.trees import CLUSTER

SAFE: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "runAsNonRoot": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
SMALL: dict[str, Any] = {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"memory": "16Mi"}}
DEFINITION = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: rings.example.org}
spec:
  group: example.org
  scope: Namespaced
  names: {kind: Ring, plural: rings}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties: {spec: {type: object, required: [size], properties: {size: {type: integer, minimum: 1}}}}
"""


def made(api_version: str, kind: str, name: str, namespace: str | None = "apps", **more: Any) -> dict[str, Any]:
    place = {"namespace": namespace} if namespace else {}
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **place}, **more}


def namespace(name: str, level: str = "restricted") -> dict[str, Any]:
    body = made("v1", "Namespace", name, None)
    body["metadata"]["labels"] = {f"pod-security.kubernetes.io/{mode}": level for mode in ("enforce", "warn")}
    return body


def template(name: str, container: dict[str, Any] | None = None, **spec: Any) -> dict[str, Any]:
    one = {"name": "main", "image": "example.org/x:1", "resources": SMALL, "securityContext": SAFE, **(container or {})}
    return {"metadata": {"labels": {"app": name}}, "spec": {"containers": [one], **spec}}


def workload(
    name: str, kind: str = "Deployment", place: str = "apps", container: dict[str, Any] | None = None, **spec: Any
) -> dict[str, Any]:
    selector = {"matchLabels": {"app": name}}
    return made("apps/v1", kind, name, place, spec={"selector": selector, "template": template(name, container, **spec)})


def with_spec(body: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**body, "spec": {**body["spec"], **more}}


CLAIM = {
    "metadata": {"name": "data"},
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
}
HARD = {"requests.cpu": "1", "requests.memory": "1Gi", "limits.memory": "1Gi"}
ONE_CPU = {"requests": {"cpu": "2", "memory": "16Mi"}, "limits": {"memory": "16Mi"}}
SCOPE = {"matchExpressions": [{"scopeName": "PriorityClass", "operator": "In", "values": ["important"]}]}

RIGHT: list[dict[str, Any]] = [
    namespace("apps"),
    namespace("counted"),
    namespace("nodes", "privileged"),
    namespace("full"),
    yaml.safe_load(DEFINITION),
    made("v1", "ServiceAccount", "web"),
    made("scheduling.k8s.io/v1", "PriorityClass", "important", None, value=1000),
    made("v1", "ResourceQuota", "compute", "counted", spec={"hard": HARD}),
    made("v1", "ResourceQuota", "important", "counted", spec={"hard": {"pods": "0"}, "scopeSelector": SCOPE}),
    made("v1", "ResourceQuota", "services", spec={"hard": {"services.loadbalancers": "0"}}),
    made("v1", "ResourceQuota", "two", "full", spec={"hard": {"pods": "2", "requests.storage": "1Gi", "configmaps": "1"}}),
    made("v1", "LimitRange", "bounds", spec={"limits": [{"type": "Container", "max": {"memory": "1Gi"}}]}),
    workload("web", serviceAccountName="web", priorityClassName="important"),
    workload("within", place="counted"),
    workload("agent", "DaemonSet", "nodes", {"securityContext": {"privileged": True}}, hostNetwork=True),
    with_spec(
        workload("db", "StatefulSet", container={"volumeMounts": [{"name": "data", "mountPath": "/data"}]}),
        serviceName="db",
        volumeClaimTemplates=[CLAIM],
    ),
    made("v1", "ConfigMap", "one", "full"),
    made("v1", "Service", "web", spec={"ports": [{"port": 80}], "selector": {"app": "web"}}),
    made("example.org/v1", "Ring", "ring", spec={"size": 1}),
    made("argoproj.io/v1alpha1", "AppProject", "p", "argocd", spec={"sourceRepos": ["*"]}),
    made(
        "batch/v1",
        "CronJob",
        "nightly",
        spec={
            "schedule": "0 3 * * *",
            "jobTemplate": {"spec": {"template": template("nightly", restartPolicy="Never")}},
        },
    ),
]


@dataclass(frozen=True)
class Wrong:
    """An object with one fault, and what must be said of it: each ground with the place and a part of the words."""

    body: dict[str, Any]
    said: tuple[tuple[Ground, str, str], ...]


POD = "/spec/template"
WRONG = [
    Wrong(
        workload("misspelt", container={"imagePulPolicy": "Always"}),
        (
            (Ground.REFUSED, f"{POD}/spec/containers/0/imagePulPolicy", "field not declared in schema"),
            (Ground.POD_REFUSED, "/spec/template", "unknown field"),
        ),
    ),
    Wrong(
        made("apps/v1", "Deployment", "other", spec={"selector": {"matchLabels": {"app": "x"}}, "template": template("other")}),
        ((Ground.REFUSED, "/spec/template/metadata/labels", "does not match"),),
    ),
    Wrong(
        workload("root", container={"securityContext": {**SAFE, "runAsNonRoot": False}}),
        (
            (Ground.WARNED, "", "would violate PodSecurity"),
            (Ground.POD_REFUSED, POD, "violates PodSecurity"),
        ),
    ),
    Wrong(workload("stranger", serviceAccountName="nobody"), ((Ground.POD_REFUSED, POD, 'serviceaccount "nobody" not found'),)),
    Wrong(workload("vain", priorityClassName="none"), ((Ground.POD_REFUSED, POD, "no PriorityClass with name none"),)),
    Wrong(
        workload("greedy", place="counted", container={"resources": ONE_CPU}),
        ((Ground.POD_REFUSED, POD, "exceeded quota: compute"),),
    ),
    Wrong(
        workload("unbounded", place="counted", container={"resources": {}}),
        ((Ground.POD_REFUSED, POD, "must specify limits.memory"),),
    ),
    Wrong(
        workload("scoped", place="counted", priorityClassName="important"),
        ((Ground.POD_REFUSED, POD, "exceeded quota: important"),),
    ),
    Wrong(
        workload("huge", container={"resources": {**SMALL, "limits": {"memory": "2Gi"}}}),
        ((Ground.POD_REFUSED, POD, "maximum memory usage per Container is 1Gi"),),
    ),
    Wrong(
        made("v1", "Service", "outside", spec={"type": "LoadBalancer", "ports": [{"port": 80}]}),
        ((Ground.REFUSED, "", "exceeded quota: services"),),
    ),
    Wrong(made("v1", "ConfigMap", "homeless", None, data={}), ((Ground.REFUSED, "", "names no namespace"),)),
    Wrong(made("v1", "ConfigMap", "lost", "nowhere", data={}), ((Ground.REFUSED, "", 'namespaces "nowhere" not found'),)),
    Wrong(
        made("example.org/v2", "Ring", "newer"), ((Ground.REFUSED, "", "the API server has no kind Ring of example.org/v2"),)
    ),
    Wrong(
        made("example.org/v1", "Ring", "none", spec={"size": 0}),
        ((Ground.REFUSED, "/spec/size", "greater than or equal to 1"),),
    ),
    Wrong(
        made("v1", "ResourceQuota", "bad", spec={"hard": {"pods": "-1"}}),
        ((Ground.REFUSED, "/spec/hard/pods", "greater than"),),
    ),
    Wrong(with_spec(workload("crowd", place="full"), replicas=3), ((Ground.NO_ROOM, POD, "exceeded quota: two"),)),
    Wrong(
        with_spec(workload("hoard", "StatefulSet", "full"), serviceName="x", replicas=2, volumeClaimTemplates=[CLAIM]),
        ((Ground.NO_ROOM, "", "requested: requests.storage=1Gi"),),
    ),
    Wrong(made("v1", "ConfigMap", "one-too-many", "full"), ((Ground.NO_ROOM, "", "requested: configmaps=1"),)),
    Wrong(made("v1", "ConfigMap", "large", data={"x": "x" * 300_000}), ((Ground.KUBECTL, "", "Too long"),)),
    Wrong(made("v1", "Endpoints", "old", subsets=[]), ((Ground.WARNED, "", "v1 Endpoints is deprecated"),)),
]


def rendered(bodies: Iterable[dict[str, Any]]) -> RenderedEnvironment:
    overlay = Overlay("tests", "web", "overlays/tests/web")
    facts = ClusterFacts.model_validate(yaml.safe_load(CLUSTER))
    environment = Environment("tests", (overlay,), (ClusterFolder("tests", "clusters/tests", facts),))
    resources = tuple(Resource(overlay, body, Origin()) for body in bodies)
    return RenderedEnvironment(environment, (RenderedOverlay(overlay, "", resources),), (), ())


@pytest.fixture(scope="module")
def outcome(cluster: Cluster) -> Outcome:
    return trial.run(cluster, rendered([*RIGHT, *(wrong.body for wrong in WRONG)]))


def about(outcome: Outcome, body: dict[str, Any]) -> list[Remark]:
    return [remark for remark in outcome.remarks if remark.resource is not None and remark.resource.body is body]


def _name(body: dict[str, Any]) -> str:
    return f"{body['kind']}-{body['metadata']['name']}"


@pytest.mark.parametrize("body", RIGHT, ids=_name)
def test_what_is_right_passes(outcome: Outcome, body: dict[str, Any]) -> None:
    assert about(outcome, body) == []


@pytest.mark.parametrize("wrong", WRONG, ids=lambda wrong: _name(wrong.body))
def test_what_is_wrong_is_told_once_where_it_is(outcome: Outcome, wrong: Wrong) -> None:
    remarks = about(outcome, wrong.body)
    told = [(remark.ground, format_pointer(remark.path)) for remark in remarks]
    assert sorted(told) == sorted((ground, place) for ground, place, _ in wrong.said), remarks
    for ground, _, words in wrong.said:
        assert any(words in remark.message for remark in remarks if remark.ground is ground), remarks


def test_nothing_is_said_of_no_object(outcome: Outcome) -> None:
    assert [remark for remark in outcome.remarks if remark.resource is None] == []


def test_every_object_and_every_pod_was_tried(outcome: Outcome) -> None:
    bodies = [*RIGHT, *(wrong.body for wrong in WRONG)]
    assert outcome.installed + outcome.tried == len(bodies)
    assert outcome.pods == sum(body["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "CronJob") for body in bodies)


def test_the_cluster_is_of_the_pinned_version(cluster: Cluster) -> None:
    assert cluster.version().count(".") == 2
    assert not cluster.version().startswith("0.")
