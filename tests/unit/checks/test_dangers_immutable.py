"""DANGER001: what the API server lets nobody change."""

from typing import Any

import pytest

from tests.unit.checks.dangers_by_hand import thing, told

RULE = "DANGER001"
TEMPLATE = {"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "1Gi"}}}}


def template(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "data"}, "spec": {**TEMPLATE["spec"], **spec}}


@pytest.mark.parametrize(
    ("api", "kind", "old", "new", "field"),
    [
        (
            "apps/v1",
            "Deployment",
            {"selector": {"matchLabels": {"a": "b"}}},
            {"selector": {"matchLabels": {"a": "c"}}},
            "selector",
        ),
        ("apps/v1", "DaemonSet", {"selector": {"matchLabels": {"a": "b"}}}, {"selector": {}}, "selector"),
        ("apps/v1", "StatefulSet", {"serviceName": "a"}, {"serviceName": "b"}, "serviceName"),
        ("apps/v1", "StatefulSet", {}, {"podManagementPolicy": "Parallel"}, "podManagementPolicy"),
        ("apps/v1", "StatefulSet", {"volumeClaimTemplates": [TEMPLATE]}, {}, "volumeClaimTemplates"),
        (
            "apps/v1",
            "StatefulSet",
            {"volumeClaimTemplates": [TEMPLATE]},
            {"volumeClaimTemplates": [template(storageClassName="fast")]},
            "volumeClaimTemplates",
        ),
        ("batch/v1", "Job", {"template": {"spec": {"a": 1}}}, {"template": {"spec": {"a": 2}}}, "template"),
        ("v1", "PersistentVolumeClaim", {"accessModes": ["ReadWriteOnce"]}, {"accessModes": ["ReadWriteMany"]}, "accessModes"),
        ("v1", "PersistentVolumeClaim", {"storageClassName": "a"}, {"storageClassName": "b"}, "storageClassName"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {"scope": "Namespaced"}, {"scope": "Cluster"}, "scope"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition", {"group": "a.org"}, {"group": "b.org"}, "group"),
        ("networking.k8s.io/v1", "IngressClass", {"controller": "a.org/x"}, {"controller": "b.org/x"}, "controller"),
    ],
)
def test_a_field_of_a_spec(api: str, kind: str, old: Any, new: Any, field: str) -> None:
    assert told(RULE, thing(kind, api=api, spec=old), thing(kind, api=api, spec=new)) == [f"spec.{field} can't be changed"]


@pytest.mark.parametrize(
    ("api", "kind", "old", "new", "field"),
    [
        ("storage.k8s.io/v1", "StorageClass", {"provisioner": "a"}, {"provisioner": "b"}, "provisioner"),
        ("storage.k8s.io/v1", "StorageClass", {"parameters": {"a": "b"}}, {}, "parameters"),
        ("storage.k8s.io/v1", "StorageClass", {}, {"reclaimPolicy": "Retain"}, "reclaimPolicy"),
        ("rbac.authorization.k8s.io/v1", "RoleBinding", {"roleRef": {"name": "a"}}, {"roleRef": {"name": "b"}}, "roleRef"),
        (
            "rbac.authorization.k8s.io/v1",
            "ClusterRoleBinding",
            {"roleRef": {"name": "a"}},
            {"roleRef": {"name": "b"}},
            "roleRef",
        ),
        ("scheduling.k8s.io/v1", "PriorityClass", {"value": 1}, {"value": 2}, "value"),
        ("node.k8s.io/v1", "RuntimeClass", {"handler": "a"}, {"handler": "b"}, "handler"),
        ("v1", "Secret", {"type": "Opaque"}, {"type": "kubernetes.io/tls"}, "type"),
    ],
)
def test_a_field_beside_the_spec(api: str, kind: str, old: Any, new: Any, field: str) -> None:
    assert told(RULE, thing(kind, api=api, **old), thing(kind, api=api, **new)) == [f"{field} can't be changed"]


@pytest.mark.parametrize(
    ("api", "kind", "old", "new"),
    [
        ("apps/v1", "Deployment", {"replicas": 1}, {"replicas": 2}),
        ("apps/v1", "StatefulSet", {}, {"podManagementPolicy": "OrderedReady", "serviceName": ""}),
        ("apps/v1", "StatefulSet", {"updateStrategy": {"type": "OnDelete"}}, {"minReadySeconds": 5}),
        (
            "apps/v1",
            "StatefulSet",
            {"volumeClaimTemplates": [TEMPLATE]},
            {
                "volumeClaimTemplates": [
                    {"apiVersion": "v1", "kind": "PersistentVolumeClaim", **template(volumeMode="Filesystem")}
                ]
            },
        ),
        (
            "v1",
            "PersistentVolumeClaim",
            {"resources": {"requests": {"storage": "1Gi"}}},
            {"resources": {"requests": {"storage": "2Gi"}}, "volumeMode": "Filesystem"},
        ),
        ("batch/v1", "Job", {"template": {}, "ttlSecondsAfterFinished": 5}, {"template": {}, "ttlSecondsAfterFinished": 6}),
        ("batch/v1", "CronJob", {"jobTemplate": {"a": 1}}, {"jobTemplate": {"a": 2}}),
    ],
)
def test_what_may_change_passes(api: str, kind: str, old: Any, new: Any) -> None:
    assert told(RULE, thing(kind, api=api, spec=old), thing(kind, api=api, spec=new)) == []


def test_templates_that_only_shrink_are_another_rules() -> None:
    less = template(resources={"requests": {"storage": "512Mi"}})
    old = thing("StatefulSet", api="apps/v1", spec={"volumeClaimTemplates": [TEMPLATE]})
    new = thing("StatefulSet", api="apps/v1", spec={"volumeClaimTemplates": [less]})
    assert told(RULE, old, new) == []
    assert told("DANGER004", old, new) == ["the claims of 'data' from 1Gi to 512Mi"]


@pytest.mark.parametrize(
    "annotations",
    [{"argocd.argoproj.io/hook": "PreSync"}, {"argocd.argoproj.io/sync-options": "Force=true, Replace=true"}],
)
def test_a_job_that_argo_cd_makes_anew_may_change(annotations: dict[str, str]) -> None:
    def job(image: str) -> Any:
        return thing("Job", api="batch/v1", metadata={"annotations": annotations}, spec={"template": {"image": image}})

    assert told(RULE, job("a:1"), job("a:2")) == []


@pytest.mark.parametrize(
    ("old", "new", "messages"),
    [
        (
            {"clusterIP": "None"},
            {},
            ["spec.clusterIP can't be changed, from None to one that the cluster chooses"],
        ),
        ({"clusterIP": "10.0.0.1"}, {"clusterIP": "10.0.0.2"}, ["spec.clusterIP can't be changed, from 10.0.0.1 to 10.0.0.2"]),
        ({"clusterIP": "10.0.0.1"}, {"type": "ExternalName"}, []),
        ({"clusterIP": "None"}, {"clusterIP": "None", "ports": []}, []),
    ],
)
def test_a_services_address(old: Any, new: Any, messages: list[str]) -> None:
    assert told(RULE, thing("Service", spec=old), thing("Service", spec=new)) == messages


@pytest.mark.parametrize("kind", ["ConfigMap", "Secret"])
def test_what_is_immutable_stays_so(kind: str) -> None:
    old = thing(kind, immutable=True, data={"a": "b"})
    assert told(RULE, old, thing(kind, immutable=True, data={"a": "c"})) == [f"data of an immutable {kind} can't be changed"]
    assert told(RULE, old, thing(kind, data={"a": "b"})) == [f"a {kind} that is immutable stays so"]
    assert told(RULE, thing(kind, data={"a": "b"}), thing(kind, immutable=True, data={"a": "c"})) == []


def test_what_goes_and_comes_under_another_name_is_no_update() -> None:
    spec = {"selector": {"matchLabels": {"a": "b"}}}
    assert told(RULE, thing("Deployment", "old", "apps/v1", spec=spec), thing("Deployment", "new", "apps/v1", spec={})) == []
