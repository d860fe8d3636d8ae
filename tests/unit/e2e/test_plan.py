"""What becomes real in the empty cluster, what is only tried, and the pods of workloads."""

from typing import Any

from gitops.models.resource import Origin, Overlay, Resource
from tests.e2e.dry_run.plan import Plan, claims, numbered, pods, replicas


def resource(body: dict[str, Any]) -> Resource:
    return Resource(Overlay("testbed", "web", "overlays/testbed/web"), body, Origin())


def made(api_version: str, kind: str, name: str = "web", **more: Any) -> Resource:
    return resource({"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "namespace": "apps"}, **more})


TEMPLATE: dict[str, Any] = {
    "metadata": {"labels": {"app": "web"}, "annotations": {"a": "b"}, "name": "ignored"},
    "spec": {"containers": [{"name": "web", "image": "x"}]},
}


def test_what_admission_looks_up_becomes_real_and_places_come_first() -> None:
    names = ["Namespace", "ConfigMap", "ServiceAccount", "ResourceQuota", "LimitRange", "Service"]
    definition = made("apiextensions.k8s.io/v1", "CustomResourceDefinition")
    priority = made("scheduling.k8s.io/v1", "PriorityClass")
    plan = Plan.of([*(made("v1", name) for name in names), priority, definition])
    assert [one.kind for one in plan.places] == ["Namespace", "CustomResourceDefinition"]
    assert [one.kind for one in plan.admission] == ["ServiceAccount", "ResourceQuota", "LimitRange", "PriorityClass"]
    assert [one.kind for one in plan.others] == ["ConfigMap", "Service"]


def test_a_kind_of_the_same_name_in_another_group_is_another_kind() -> None:
    plan = Plan.of([made("example.org/v1", "Namespace")])
    assert [one.kind for one in plan.others] == ["Namespace"]


def test_admission_policies_come_into_force_with_their_bindings_and_parameters() -> None:
    group = "admissionregistration.k8s.io/v1"
    policy = made(group, "ValidatingAdmissionPolicy", spec={"paramKind": {"apiVersion": "v1", "kind": "ConfigMap"}})
    binding = made(group, "ValidatingAdmissionPolicyBinding", spec={"paramRef": {"name": "images", "namespace": "apps"}})
    parameters, other = made("v1", "ConfigMap", "images"), made("v1", "ConfigMap", "web")
    plan = Plan.of([other, parameters, policy, binding])
    assert plan.rules == (parameters, policy, binding)
    assert plan.others == (other,)
    assert plan.not_in_force == []


def test_what_would_decide_about_others_is_named() -> None:
    webhook = made("admissionregistration.k8s.io/v1", "ValidatingWebhookConfiguration")
    assert Plan.of([webhook, made("v1", "ConfigMap")]).not_in_force == [webhook]


def test_a_deployments_pod_has_its_templates_labels_annotations_and_spec() -> None:
    (pod,) = pods(made("apps/v1", "Deployment", spec={"template": TEMPLATE}))
    assert pod.path == ("spec", "template")
    assert pod.body == {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "web",
            "namespace": "apps",
            "labels": {"app": "web"},
            "annotations": {"a": "b"},
        },
        "spec": TEMPLATE["spec"],
    }


def test_templates_are_found_at_any_depth_and_in_any_kind() -> None:
    cron = made("batch/v1", "CronJob", spec={"jobTemplate": {"spec": {"template": TEMPLATE}}})
    assert [pod.path for pod in pods(cron)] == [("spec", "jobTemplate", "spec", "template")]
    roles = {"Launcher": {"template": TEMPLATE}, "Worker": {"template": TEMPLATE}}
    job = made("kubeflow.org/v2beta1", "MPIJob", spec={"mpiReplicaSpecs": roles})
    assert [pod.path[2] for pod in pods(job)] == ["Launcher", "Worker"]
    assert [pod.path for pod in pods(made("v1", "PodTemplate", template=TEMPLATE))] == [("template",)]


def test_a_pod_itself_is_tried_like_any_object_and_makes_no_other() -> None:
    assert list(pods(made("v1", "Pod", spec=TEMPLATE["spec"]))) == []


def test_a_stateful_sets_pod_has_the_volumes_of_its_claims() -> None:
    claims = [{"metadata": {"name": "data"}}]
    spec = {"template": {"spec": {**TEMPLATE["spec"], "volumes": [{"name": "tmp"}]}}, "volumeClaimTemplates": claims}
    (pod,) = pods(made("apps/v1", "StatefulSet", spec=spec))
    assert pod.body["spec"]["volumes"] == [
        {"name": "tmp"},
        {"name": "data", "persistentVolumeClaim": {"claimName": "data-web-0"}},
    ]
    assert spec["template"]["spec"]["volumes"] == [{"name": "tmp"}]


def test_a_workload_stands_with_its_replicas_and_a_daemon_set_on_every_node() -> None:
    assert replicas(made("apps/v1", "Deployment", spec={"replicas": 2}), 3) == 2
    assert replicas(made("apps/v1", "Deployment", spec={}), 3) == 1
    assert replicas(made("apps/v1", "DaemonSet", spec={}), 3) == 3
    assert replicas(made("batch/v1", "Job", spec={"parallelism": 4}), 3) == 4
    assert replicas(made("batch/v1", "CronJob", spec={"schedule": "@daily"}), 3) == 1
    assert replicas(made("v1", "PodTemplate", template=TEMPLATE), 3) == 0


def test_each_pod_of_several_has_a_name_of_its_own() -> None:
    (pod,) = pods(made("apps/v1", "Deployment", spec={"template": TEMPLATE}))
    assert [body["metadata"]["name"] for body in numbered(pod, 2)] == ["web-deployment-0", "web-deployment-1"]
    assert pod.body["metadata"]["name"] == "web"


def test_a_stateful_set_asks_for_a_claim_of_each_template_for_each_pod() -> None:
    templates = [{"metadata": {"name": name}, "spec": {"accessModes": ["ReadWriteOnce"]}} for name in ("data", "log")]
    asked = claims(made("apps/v1", "StatefulSet", spec={"replicas": 2, "volumeClaimTemplates": templates}), 3)
    assert [claim["metadata"]["name"] for claim in asked] == ["data-web-0", "data-web-1", "log-web-0", "log-web-1"]
    assert list(claims(made("apps/v1", "Deployment", spec={}), 3)) == []
