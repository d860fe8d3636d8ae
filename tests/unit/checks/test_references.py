"""What objects name: ConfigMaps, accounts, claims, classes, roles and subjects; and what nothing names."""

from typing import Any

import pytest

from gitops.models.resource import Resource
from tests.unit.checks.evidence_by_hand import DB, NAMESPACES, environment, messages
from tests.unit.checks.workloads_by_hand import placed, workload

RBAC = "rbac.authorization.k8s.io/v1"


def config_map(name: str = "settings", **options: Any) -> Resource:
    return placed("ConfigMap", name, **{"data": {"a.conf": "x"}, "binaryData": {"b.bin": "eA=="}, **options})


def volume(**source: Any) -> dict[str, Any]:
    return {"volumes": [{"name": "v", "configMap": {"name": "settings", **source}}]}


@pytest.mark.parametrize(
    "naming",
    [
        pytest.param(workload({"envFrom": [{"configMapRef": {"name": "settings"}}]}), id="all variables"),
        pytest.param(workload(**volume()), id="a volume"),
        pytest.param(
            workload({"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "a"}}}]}),
            id="a variable",
        ),
        pytest.param(
            workload(volumes=[{"name": "v", "projected": {"sources": [{"configMap": {"name": "settings"}}]}}]),
            id="a projection",
        ),
        pytest.param(
            placed("Bucket", api="example.org/v1", spec={"any": [{"configMapRef": {"name": "settings"}}]}), id="custom resource"
        ),
    ],
)
def test_a_config_map_that_is_not_there_is_caught_once(naming: Resource) -> None:
    assert messages("REF005", environment(naming)) == ["no overlay renders the ConfigMap dare/settings"]
    elsewhere = config_map(namespace="other")
    assert len(messages("REF005", environment(naming, elsewhere))) == 1


KEYS = "the ConfigMap dare/settings has no key 'c'; it has a.conf, b.bin"


@pytest.mark.parametrize(
    "naming",
    [
        pytest.param(
            workload({"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "c"}}}]}),
            id="a variable",
        ),
        pytest.param(workload(**volume(items=[{"key": "c", "path": "c"}])), id="an item"),
        pytest.param(workload({"volumeMounts": [{"name": "v", "mountPath": "/c", "subPath": "c"}]}, **volume()), id="a file"),
    ],
)
def test_a_key_that_is_not_there_is_caught(naming: Resource) -> None:
    assert messages("REF005", environment(naming, config_map())) == [KEYS]


@pytest.mark.parametrize(
    "naming",
    [
        pytest.param(workload(**volume()), id="all of it"),
        pytest.param(workload(**volume(items=[{"key": "b.bin", "path": "c"}])), id="a binary key"),
        pytest.param(
            workload(
                {"volumeMounts": [{"name": "v", "mountPath": "/c", "subPath": "c"}]},
                **volume(items=[{"key": "a.conf", "path": "c"}]),
            ),
            id="a file by another name",
        ),
        pytest.param(workload(**volume(items=[{"key": "c", "path": "c"}], optional=True)), id="what may be missing"),
        pytest.param(
            workload(
                volumes=[
                    {
                        "name": "v",
                        "projected": {"sources": [{"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt"}]}}]},
                    }
                ]
            ),
            id="what every namespace has",
        ),
    ],
)
def test_what_is_there_passes(naming: Resource) -> None:
    assert messages("REF005", environment(naming, config_map())) == []


def test_the_ca_of_a_namespace_has_one_key() -> None:
    lost = {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "kube-root-ca.crt", "key": "tls.crt"}}}
    found = messages("REF005", environment(workload({"env": [lost]})))
    assert found == ["the ConfigMap dare/kube-root-ca.crt has no key 'tls.crt'; it has ca.crt"]


JOB = "apiVersion: batch/v1\nkind: Job\nspec: {template: {spec: {serviceAccountName: %s, containers: []}}}\n"


def test_a_manifest_in_a_config_map_names_what_its_object_needs() -> None:
    jobs = config_map(
        "jobs", data={"job.yaml": JOB % "runner", "filled-in.yaml": JOB % '"{{ account }}"', "no.yaml": "a: [", "n": 1}
    )
    assert messages("REF006", environment(jobs)) == ["no overlay renders the ServiceAccount dare/runner"]
    assert messages("REF006", environment(jobs, placed("ServiceAccount", "runner"))) == []


def test_an_account_is_looked_for_in_the_pods_namespace() -> None:
    naming = workload(serviceAccountName="web", serviceAccount="web")
    assert messages("REF006", environment(naming, placed("ServiceAccount", namespace="other"))) == [
        "no overlay renders the ServiceAccount dare/web"
    ]
    assert messages("REF006", environment(naming, placed("ServiceAccount"))) == []
    assert messages("REF006", environment(workload(serviceAccountName="default"))) == []


def claim(name: str) -> dict[str, Any]:
    return {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": name}}]}


def store() -> Resource:
    return workload(kind="StatefulSet", name="store", own={"volumeClaimTemplates": [{"metadata": {"name": "data"}}]})


@pytest.mark.parametrize("name", ["dta", "data-store", "data-store-", "data-store-a", "data-store-0-1"])
def test_a_claim_that_is_not_there_is_caught(name: str) -> None:
    found = messages("REF007", environment(workload(**claim(name)), store(), placed("PersistentVolumeClaim", "data")))
    assert found == [f"no overlay renders the PersistentVolumeClaim dare/{name}"]


@pytest.mark.parametrize("name", ["data", "data-store-0", "data-store-12"])
def test_a_claim_that_is_there_passes(name: str) -> None:
    assert messages("REF007", environment(workload(**claim(name)), store(), placed("PersistentVolumeClaim", "data"))) == []


@pytest.mark.parametrize(
    ("naming", "missing"),
    [
        (workload(priorityClassName="high"), "PriorityClass high"),
        (workload(priorityClassName="system-node-critical"), None),
        (workload(runtimeClassName="gvisor"), "RuntimeClass gvisor"),
        (placed("PersistentVolumeClaim", spec={"storageClassName": "fast"}), "StorageClass fast"),
        (placed("PersistentVolumeClaim", spec={"storageClassName": "standard"}), None),
        (placed("PersistentVolumeClaim", spec={"storageClassName": ""}), None),
        (
            workload(kind="StatefulSet", own={"volumeClaimTemplates": [{"spec": {"storageClassName": "fast"}}]}),
            "StorageClass fast",
        ),
        (
            workload(volumes=[{"name": "v", "ephemeral": {"volumeClaimTemplate": {"spec": {"storageClassName": "fast"}}}}]),
            "StorageClass fast",
        ),
        (placed("Bucket", api="example.org/v1", spec={"storageClassName": "fast"}), "StorageClass fast"),
    ],
)
def test_a_class_that_nobody_has_is_caught(naming: Resource, missing: str | None) -> None:
    assert messages("REF008", environment(naming)) == ([f"nothing makes the {missing}"] if missing else [])


def test_a_class_that_is_rendered_passes() -> None:
    fast = placed("StorageClass", "fast", namespace="", api="storage.k8s.io/v1")
    assert messages("REF008", environment(placed("PersistentVolumeClaim", spec={"storageClassName": "fast"}), fast)) == []


@pytest.mark.parametrize("rule", ["REF005", "REF006", "REF007", "REF008", "REF009", "REF010", "REF011"])
def test_nothing_is_said_while_an_overlay_is_not_rendered(rule: str) -> None:
    lost = [workload(serviceAccountName="a", priorityClassName="b", **volume()), binding(), config_map("c")]
    assert messages(rule, environment(*lost, blocked=[DB])) == []


def binding(kind: str = "Role", name: str = "web", *subjects: dict[str, Any], cluster_wide: bool = False) -> Resource:
    role = {"kind": kind, "name": name, "apiGroup": "rbac.authorization.k8s.io"}
    place = {"namespace": ""} if cluster_wide else {}
    return placed(
        "ClusterRoleBinding" if cluster_wide else "RoleBinding", api=RBAC, roleRef=role, subjects=list(subjects), **place
    )


def role(kind: str = "Role", **options: Any) -> Resource:
    return placed(kind, api=RBAC, **{"namespace": "" if kind == "ClusterRole" else "dare", **options})


@pytest.mark.parametrize(
    ("bound", "there", "missing"),
    [
        (binding(), role(namespace="other"), "Role dare/web"),
        (binding(), role("ClusterRole"), "Role dare/web"),
        (binding("ClusterRole"), role(), "ClusterRole web"),
        (binding("ClusterRole", "system:auth-delegatr"), role(), "ClusterRole system:auth-delegatr"),
        (binding("Role", "view"), role(), "Role dare/view"),
        (binding(), role(), None),
        (binding("ClusterRole", cluster_wide=True), role("ClusterRole"), None),
        (binding("ClusterRole", "system:auth-delegator"), role(), None),
        (binding("ClusterRole", "view", cluster_wide=True), role(), None),
    ],
)
def test_a_role_that_is_not_there_is_caught(bound: Resource, there: Resource, missing: str | None) -> None:
    assert messages("REF009", environment(bound, there)) == ([f"no overlay renders the {missing}"] if missing else [])


def test_a_role_of_kube_system_comes_with_the_cluster() -> None:
    role_there = {"kind": "Role", "name": "extension-apiserver-authentication-reader"}
    assert messages("REF009", environment(placed("RoleBinding", api=RBAC, namespace="kube-system", roleRef=role_there))) == []


@pytest.mark.parametrize(
    ("subject", "found"),
    [
        ({"kind": "ServiceAccount", "name": "wbe", "namespace": "dare"}, ["no overlay renders the ServiceAccount dare/wbe"]),
        ({"kind": "ServiceAccount", "name": "web", "namespace": "other"}, ["no overlay renders the ServiceAccount other/web"]),
        ({"kind": "ServiceAccount", "name": "web"}, ["the ServiceAccount web has no namespace"]),
        ({"kind": "ServiceAccount", "name": "web", "namespace": "dare"}, []),
        ({"kind": "ServiceAccount", "name": "default", "namespace": "dare"}, []),
        ({"kind": "ServiceAccount", "name": "argocd-server", "namespace": "argocd"}, []),
        ({"kind": "ServiceAccount", "name": "coredns", "namespace": "kube-system"}, []),
        ({"kind": "Group", "name": "operators"}, []),
        ({"kind": "User", "name": "ann"}, []),
    ],
)
def test_a_subject_that_is_not_there_is_caught(subject: dict[str, Any], found: list[str]) -> None:
    assert messages("REF010", environment(binding("Role", "web", subject), placed("ServiceAccount"))) == found


@pytest.mark.parametrize(
    ("left_over", "message"),
    [
        (config_map(), "nothing reads the ConfigMap dare/settings"),
        (placed("ServiceAccount"), "no pods run as the ServiceAccount dare/web"),
        (role(), "nothing binds the Role dare/web"),
        (role("ClusterRole"), "nothing binds the ClusterRole web"),
    ],
)
def test_what_nothing_uses_is_caught_unless_it_says_who_does(left_over: Resource, message: str) -> None:
    assert messages("REF011", environment(left_over)) == [message]
    left_over.metadata["annotations"] = {"project-dare.eu/used-by": "An operator, for the pods that it makes"}
    assert messages("REF011", environment(left_over)) == []


@pytest.mark.parametrize(
    ("used", "user"),
    [
        (config_map(), workload(**volume(optional=True))),
        (config_map(), workload({"args": ["--config-map=settings"]})),
        (
            config_map(),
            config_map("other", data={"a": "reads dare/settings."}, metadata={"annotations": {"project-dare.eu/used-by": "x"}}),
        ),
        (placed("ServiceAccount"), workload(serviceAccountName="web")),
        (placed("ServiceAccount"), placed("Bucket", api="example.org/v1", spec={"serviceAccountName": "web"})),
        (role(), binding()),
        (role("ClusterRole"), binding("ClusterRole")),
        (
            role("ClusterRole", metadata={"labels": {"of": "whole"}}),
            role(
                "ClusterRole",
                aggregationRule={"clusterRoleSelectors": [{"matchLabels": {"of": "whole"}}]},
                metadata={"name": "whole", "annotations": {"project-dare.eu/used-by": "x"}},
            ),
        ),
        (
            role("ClusterRole", metadata={"labels": {"rbac.authorization.k8s.io/aggregate-to-view": "true"}}),
            config_map("kept", metadata={"annotations": {"project-dare.eu/used-by": "x"}}),
        ),
    ],
)
def test_what_something_uses_passes(used: Resource, user: Resource) -> None:
    assert messages("REF011", environment(used, user)) == []


@pytest.mark.parametrize("text", ["settings-old", "my-settings", "settings.d"])
def test_a_name_inside_another_is_no_use(text: str) -> None:
    assert len(messages("REF011", environment(config_map(), workload({"args": [text]})))) == 1


def test_of_a_misspelt_name_only_the_reference_is_told() -> None:
    here = [config_map(), workload({"envFrom": [{"configMapRef": {"name": "setings"}}]})]
    assert messages("REF011", environment(*here)) == []
    elsewhere = config_map("spare", overlay=NAMESPACES)
    assert messages("REF011", environment(*here, elsewhere)) == ["nothing reads the ConfigMap dare/spare"]
