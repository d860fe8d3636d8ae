"""META: names, labels and annotations."""

from typing import Any

import pytest

from gitops.models.paths import JsonPath
from gitops.models.resource import Resource
from tests.unit.checks.evidence_by_hand import messages, problems
from tests.unit.repository.trees import made

APPS, RBAC = "apps/v1", "rbac.authorization.k8s.io/v1"
L63, L64 = "a" * 63, "a" * 64


def _paths(rule: str, resource: Resource) -> list[JsonPath]:
    return [problem.path for problem in problems(rule, resource)]


# META001 --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "api", "name"),
    [
        ("Deployment", APPS, "web"),
        ("Deployment", APPS, "web.example.org"),
        ("Deployment", APPS, "0-9"),
        ("Deployment", APPS, ".".join([L63] * 3)),
        ("Deployment", APPS, L64),
        ("Namespace", "v1", L63),
        ("Namespace", "v1", "9lives"),
        ("Service", "v1", "web-9"),
        ("Service", "v1", "9web"),
        ("Service", "serving.knative.dev/v1", "9web.x"),
        ("Role", RBAC, "system:web_Reader"),
        ("ClusterRole", RBAC, "a b"),
        ("CronJob", "batch/v1", "a" * 52),
        ("Job", "batch/v1", "a" * 63),
        ("Thing", "example.org/v1", "x.y"),
    ],
)
def test_a_name_that_its_kind_allows_passes(kind: str, api: str, name: str) -> None:
    assert problems("META001", made(kind, name, api=api)) == []


@pytest.mark.parametrize(
    ("kind", "api", "name", "reason"),
    [
        ("Deployment", APPS, "Web", "up to 253 of a-z"),
        ("Deployment", APPS, "web_1", "up to 253"),
        ("Deployment", APPS, "-web", "up to 253"),
        ("Deployment", APPS, "web-", "up to 253"),
        ("Deployment", APPS, "web..x", "up to 253"),
        ("Deployment", APPS, "web.", "up to 253"),
        ("Deployment", APPS, "wéb", "up to 253"),
        ("Deployment", APPS, "web\n", "up to 253"),
        ("Deployment", APPS, "", "up to 253"),
        ("Deployment", APPS, "a" * 254, "up to 253"),
        ("Namespace", "v1", "a.b", "up to 63"),
        ("Namespace", "v1", L64, "up to 63"),
        ("Service", "v1", "web.x", "up to 63"),
        ("Role", RBAC, "a/b", "contains '/' or '%'"),
        ("RoleBinding", RBAC, "50%", "contains '/' or '%'"),
        ("ClusterRole", RBAC, "..", "or is '.' or '..'"),
        ("CronJob", "batch/v1", "a" * 53, "longer than 52"),
        ("Thing", "example.org/v1", "x:y", "up to 253"),
    ],
)
def test_a_name_that_its_kind_forbids_is_caught(kind: str, api: str, name: str, reason: str) -> None:
    (problem,) = problems("META001", made(kind, name, api=api))
    assert problem.message.startswith(f"'{name}' is no name of a {kind}: ")
    assert reason in problem.message
    assert problem.path == ("metadata", "name")


@pytest.mark.parametrize("metadata", [{"name": "web", "namespace": "dare"}, {"name": "web", "namespace": ""}], ids=str)
def test_a_namespace_that_is_a_label_passes(metadata: dict[str, str]) -> None:
    assert problems("META001", made("Service", "web", metadata=metadata)) == []


@pytest.mark.parametrize("namespace", ["Dare", "a.b", L64, "dare-"])
def test_a_namespace_that_is_no_label_is_caught(namespace: str) -> None:
    service = made("Service", "web", metadata={"name": "web", "namespace": namespace})
    assert _paths("META001", service) == [("metadata", "namespace")]


def test_an_object_without_a_name_is_caught_and_one_with_a_generated_name_passes() -> None:
    assert messages("META001", made("Job", "", metadata={})) == ["the object has no name"]
    assert messages("META001", made("Job", "", metadata={"generateName": "job-"})) == []


# META002 --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("app", "web"),
        ("app", ""),
        ("app.kubernetes.io/name", "web-1_2.3"),
        ("App", "WEB"),
        (L63, L63),
        (f"{'a' * 61}.{'b' * 63}.{'c' * 63}.{'d' * 63}/name", "x"),
        ("a", "1"),
    ],
)
def test_a_label_in_order_passes(key: str, value: str) -> None:
    assert problems("META002", made("Service", "web", metadata={"name": "web", "labels": {key: value}})) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("", "x"),
        ("a b", "x"),
        ("-a", "x"),
        ("a-", "x"),
        (L64, "x"),
        ("/name", "x"),
        ("example.org/", "x"),
        ("Example.org/name", "x"),
        ("a/b/c", "x"),
        (f"{'a' * 254}/name", "x"),
        ("app", "a b"),
        ("app", "-a"),
        ("app", "a/b"),
        ("app", "user@example.org"),
        ("app", L64),
    ],
)
def test_a_label_out_of_order_is_caught(key: str, value: str) -> None:
    service = made("Service", "web", metadata={"name": "web", "labels": {key: value}})
    assert _paths("META002", service) == [("metadata", "labels", key)]


def test_an_annotation_may_have_any_value_but_not_any_key() -> None:
    annotations = {"example.org/note": "a b / ü" * 100, "Example.org/Note": "x", "a b": "x"}
    service = made("Service", "web", metadata={"name": "web", "annotations": annotations})
    assert _paths("META002", service) == [("metadata", "annotations", "a b")]


@pytest.mark.parametrize(("size", "caught"), [(256 * 1024 - 1, 0), (256 * 1024, 1)], ids=["just fits", "one byte more"])
def test_annotations_are_256_kib_together(size: int, caught: int) -> None:
    service = made("Service", "web", metadata={"name": "web", "annotations": {"a": "x" * size}})
    assert len(problems("META002", service)) == caught


BAD = {"labels": {"team": "a b"}}


@pytest.mark.parametrize(
    ("kind", "api", "spec", "path"),
    [
        ("Deployment", APPS, {"template": {"metadata": BAD}}, ("spec", "template", "metadata", "labels", "team")),
        ("Deployment", APPS, {"selector": {"matchLabels": BAD["labels"]}}, ("spec", "selector", "matchLabels", "team")),
        (
            "CronJob",
            "batch/v1",
            {"jobTemplate": {"spec": {"template": {"metadata": BAD}}}},
            ("spec", "jobTemplate", "spec", "template", "metadata", "labels", "team"),
        ),
        (
            "PodDisruptionBudget",
            "policy/v1",
            {"selector": {"matchLabels": BAD["labels"]}},
            ("spec", "selector", "matchLabels", "team"),
        ),
    ],
    ids=["template", "selector", "template in a template", "selector of a budget"],
)
def test_labels_of_templates_and_selectors_are_looked_at(kind: str, api: str, spec: Any, path: JsonPath) -> None:
    assert _paths("META002", made(kind, "web", api=api, spec=spec)) == [path]


@pytest.mark.parametrize(
    ("kind", "api", "body"),
    [
        ("ApplicationSet", "argoproj.io/v1alpha1", {"spec": {"template": {"metadata": {"labels": {"x": "{{ path }}"}}}}}),
        ("ConfigMap", "v1", {"data": {"labels": "a b"}}),
        ("Deployment", APPS, {"metadata": {"name": "web", "labels": {"a": 5}}}),
        ("Deployment", APPS, {"metadata": {"name": "web", "labels": ["a b"]}}),
        ("Deployment", APPS, {"metadata": "web", "spec": []}),
    ],
    ids=["placeholders of Argo CD", "labels that are data", "a number", "a list", "no mappings"],
)
def test_what_is_no_label_of_kubernetes_passes(kind: str, api: str, body: Any) -> None:
    assert problems("META002", made(kind, "web", api=api, **body)) == []
