"""Where the findings of admission policies point."""

from typing import Any

import pytest

from gitops.checks.admission.placing import place
from gitops.models.paths import JsonPath, format_pointer
from gitops.models.pointers import read_pointers
from gitops.models.resource import Resource
from tests.unit.checks.workloads_by_hand import placed, workload

TEMPLATE = "/spec/template/spec"


def pointed(resource: Resource, pointers: str, message: str = "", prefix: JsonPath = ()) -> str:
    read = read_pointers(pointers, 1)
    assert read.mistakes == ()
    return format_pointer(place(resource, prefix, read.of(0), message))


def containers(*names: str, **more: Any) -> list[dict[str, Any]]:
    return [{"name": name, "securityContext": {"privileged": True}, **more} for name in names]


@pytest.mark.parametrize(
    ("kind", "api", "around", "path"),
    [
        ("Pod", "v1", (), "/spec"),
        ("PodTemplate", "v1", ("template",), "/template/spec"),
        ("ReplicationController", "v1", ("spec", "template"), TEMPLATE),
        ("DaemonSet", "apps/v1", ("spec", "template"), TEMPLATE),
        ("StatefulSet", "apps/v1", ("spec", "template"), TEMPLATE),
        ("Job", "batch/v1", ("spec", "template"), TEMPLATE),
        ("CronJob", "batch/v1", ("spec", "jobTemplate", "spec", "template"), "/spec/jobTemplate/spec/template/spec"),
    ],
)
def test_a_pod_counts_from_its_spec_in_every_kind(kind: str, api: str, around: tuple[str, ...], path: str) -> None:
    body: dict[str, Any] = {"spec": {"hostPID": True, "containers": containers("web", "db")}}
    for step in reversed(around):
        body = {step: body}
    resource = placed(kind, api=api, **body)
    assert pointed(resource, "pod/hostPID") == f"{path}/hostPID"
    assert pointed(resource, "container/securityContext/privileged", "privileged: db") == (
        f"{path}/containers/1/securityContext/privileged"
    )


@pytest.mark.parametrize(
    ("message", "chosen"),
    [
        ("containers may not be privileged: web-api", "containers/1"),
        ("containers may not be privileged: api", "containers/2"),
        ("containers may not be privileged: web", "containers/3"),
        ("containers may not be privileged: web.", "containers/3"),
        ('containers may not be privileged: "web"', "containers/3"),
        ("containers may not be privileged: web, api", "containers/3"),  # what is told first
        ("containers may not be privileged: wait, web", "initContainers/0"),
        ("containers may not be privileged: debug", "ephemeralContainers/0"),
        ("containers may not be privileged", "containers/0"),  # nothing is told: the first
        ("containers may not be privileged: gone", "containers/0"),
    ],
)
def test_the_container_that_the_message_names(message: str, chosen: str) -> None:
    resource = workload(
        *containers("be", "web-api", "api", "web"),
        initContainers=containers("wait"),
        ephemeralContainers=containers("debug"),
    )
    assert pointed(resource, "container/securityContext/privileged", message) == (
        f"{TEMPLATE}/{chosen}/securityContext/privileged"
    )


def test_words_before_the_last_colon_name_nothing() -> None:
    resource = workload(*containers("be", "not", "web"))
    assert pointed(resource, "container", "containers may not be privileged: web") == f"{TEMPLATE}/containers/2"


def test_a_missing_field_is_what_is_around_it_in_the_container_that_is_named() -> None:
    resource = workload(*containers("db"), {"name": "web"}, {"name": "api", "securityContext": {}})
    pointer = "container/securityContext/privileged"
    assert pointed(resource, pointer, "not said: web") == f"{TEMPLATE}/containers/1"
    assert pointed(resource, pointer, "not said: api") == f"{TEMPLATE}/containers/2/securityContext"


def test_the_last_pointer_tells_where_a_missing_field_belongs() -> None:
    pointers = "container/securityContext/runAsNonRoot pod/securityContext/runAsNonRoot"
    assert pointed(workload({}), pointers, "not said: web") == TEMPLATE
    assert pointed(workload({}, securityContext={}), pointers, "not said: web") == f"{TEMPLATE}/securityContext"


def test_the_first_pointer_that_leads_to_something_counts() -> None:
    own = {"securityContext": {"runAsNonRoot": False}}
    pointers = "container/securityContext/runAsNonRoot pod/securityContext/runAsNonRoot pod/securityContext"
    assert pointed(workload(own, **own), pointers, "wrong: web").endswith("/containers/0/securityContext/runAsNonRoot")
    assert pointed(workload({}, **own), pointers, "wrong: web") == f"{TEMPLATE}/securityContext/runAsNonRoot"
    assert pointed(workload({}, securityContext={}), pointers, "wrong: web") == f"{TEMPLATE}/securityContext"


def test_a_text_is_told_wherever_a_pointer_leads_to_it() -> None:
    volumes = [{"name": "a", "emptyDir": {}}, {"name": "model", "image": {"reference": "quay.io/dare/model"}}]
    resource = workload({"image": "nginx:1.27"}, {"name": "nginx", "image": "a@sha256:0"}, {"image": "nginx"}, volumes=volumes)
    pointers = "container/image pod/volumes/*/image/reference"
    assert pointed(resource, pointers, "images without a version: nginx") == f"{TEMPLATE}/containers/2/image"
    assert pointed(resource, pointers, "images without a version: quay.io/dare/model, nginx") == (
        f"{TEMPLATE}/containers/2/image"
    )
    assert pointed(resource, pointers, "images without a version: quay.io/dare/model") == (
        f"{TEMPLATE}/volumes/1/image/reference"
    )


def test_both_names_of_an_element_in_an_element() -> None:
    password = {"name": "PASSWORD", "value": "abc"}
    db = {"name": "db", "env": [password]}
    web = {"name": "web", "env": [{"name": "USER", "value": "web"}, {"name": "URL", "value": "x"}, password]}
    message = "secrets in the values of variables: PASSWORD of container web"
    assert pointed(workload(db, web), "container/env/*", message) == f"{TEMPLATE}/containers/1/env/2"
    two = "secrets in the values of variables: URL of container web, PASSWORD of container db"
    assert pointed(workload(db, web), "container/env/*", two) == f"{TEMPLATE}/containers/1/env/1"


def test_elements_without_names_are_told_by_place_or_by_what_they_hold() -> None:
    rules = [
        {"verbs": ["get"], "resources": ["pods"]},
        {"verbs": ["get", "bind"], "resources": ["pods", "pods/exec"]},
        {"verbs": ["*"], "apiGroups": ["*"]},
    ]
    role = placed("Role", api="rbac.authorization.k8s.io/v1", rules=rules)
    assert pointed(role, "/rules/*/verbs/*", "one of the verbs escalate, bind") == "/rules/1/verbs/1"
    assert pointed(role, "/rules/*/resources/*", "one of pods/exec, pods/attach") == "/rules/1/resources/1"
    fields = "/rules/*/verbs /rules/*/apiGroups"
    assert pointed(role, fields, "wildcards in rules[2].apiGroups") == "/rules/2/apiGroups"
    assert pointed(role, fields, "wildcards in rules[2].apiGroups, rules[2].verbs") == "/rules/2/verbs"
    assert pointed(role, "/rules/*/resources", "wrong in rules[1]") == "/rules/1/resources"
    ingress = placed("Ingress", spec={"rules": [{"host": "a.example.org"}, {"host": "example.org"}, {}]})
    assert pointed(ingress, "/spec/rules/*", "no TLS: example.org") == "/spec/rules/1"
    assert pointed(ingress, "/spec/rules/*/host /spec/rules", "no TLS: every host") == "/spec/rules"


def test_a_step_through_a_map_goes_by_its_keys() -> None:
    get = {"httpGet": {"host": "a", "port": 80}}
    web = {"name": "web", "image": "a", "livenessProbe": {"periodSeconds": 5}, "readinessProbe": get}
    resource = workload({"name": "db", "readinessProbe": get}, web)
    assert pointed(resource, "container/*", "wrong: readinessProbe of container web") == (
        f"{TEMPLATE}/containers/1/readinessProbe"
    )
    assert pointed(resource, "container/livenessProbe/*/host container/readinessProbe/*/host", "wrong: web") == (
        f"{TEMPLATE}/containers/1/readinessProbe/httpGet/host"
    )


def test_an_element_that_has_the_field_goes_before_one_that_has_not() -> None:
    ports = [{"name": "http", "containerPort": 80}, {"containerPort": 81, "hostPort": 81}]
    assert pointed(workload({"ports": ports}), "container/ports/*/hostPort", "wrong: web") == (
        f"{TEMPLATE}/containers/0/ports/1/hostPort"
    )


def test_an_object_without_pods_or_without_the_field_is_pointed_at_as_far_as_it_goes() -> None:
    service = placed("Service", spec={"type": "NodePort"})
    assert pointed(service, "pod/hostPID") == ""
    assert pointed(service, "pod/hostPID /spec/type") == "/spec/type"
    assert pointed(service, "/spec/ports/*/nodePort") == "/spec"
    assert pointed(service, "/status/loadBalancer") == ""
    assert pointed(placed("Deployment", api="apps/v1", spec={}), "container/image") == ""
    assert pointed(workload(volumes=[]), "pod/volumes/*/hostPath") == f"{TEMPLATE}/volumes"
    assert pointed(service, "") == ""


@pytest.mark.parametrize("odd", [None, "text", 3, [], ["a"], {"a": 1}])
def test_values_of_any_type_are_no_crash(odd: Any) -> None:
    resource = placed("Deployment", api="apps/v1", spec={"template": {"spec": {"containers": odd, "volumes": [odd]}}})
    assert pointed(resource, "container/image", "wrong: a").startswith("/spec/template/spec")
    assert pointed(resource, "pod/volumes/*/name", "wrong: a") == f"{TEMPLATE}/volumes/0"


def test_of_a_workloads_pod_the_object_counts_from_the_template() -> None:
    resource = workload({"image": "a"}, automountServiceAccountToken=True)
    template = ("spec", "template")
    assert pointed(resource, "/spec/automountServiceAccountToken", "", template) == f"{TEMPLATE}/automountServiceAccountToken"
    assert pointed(resource, "pod/automountServiceAccountToken", "", template) == f"{TEMPLATE}/automountServiceAccountToken"
    assert pointed(resource, "/metadata/name", "", template) == "/spec/template/metadata"
    assert pointed(resource, "container/image", "wrong in spec.containers[0]", template) == f"{TEMPLATE}/containers/0/image"
    assert pointed(resource, "", "", template) == "/spec/template"


def test_numbers_and_escapes_are_steps() -> None:
    resource = placed("Namespace", metadata={"labels": {"a/b~c": "x"}}, list=[{"a": 1}, {"a": 2}])
    assert pointed(resource, "/metadata/labels/a~1b~0c") == "/metadata/labels/a~1b~0c"
    assert pointed(resource, "/list/1/a") == "/list/1/a"
    assert pointed(resource, "/list/*/a", "not 2") == "/list/1/a"
