"""REF: objects beside each other."""

from typing import Any

import pytest

from gitops.models.resource import Origin, Overlay, Resource
from tests.unit.checks.evidence_by_hand import DB, NAMESPACES, cluster, environment, messages, problems
from tests.unit.repository.trees import WEB, made


def _workload(selector: Any, labels: Any, kind: str = "Deployment", api: str = "apps/v1") -> Resource:
    return made(kind, "web", api=api, spec={"selector": selector, "template": {"metadata": {"labels": labels}}})


def _in(namespace: str, kind: str = "Service", name: str = "web", overlay: Overlay = WEB, **more: Any) -> Resource:
    return made(kind, name, overlay=overlay, metadata={"name": name, "namespace": namespace}, **more)


# REF001 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("selector", "labels"),
    [
        ({"matchLabels": {"app": "web"}}, {"app": "web"}),
        ({"matchLabels": {"app": "web"}}, {"app": "web", "tier": "front"}),
        ({"matchExpressions": [{"key": "app", "operator": "In", "values": ["web", "api"]}]}, {"app": "web"}),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["db"]}]}, {"app": "web"}),
        ({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["db"]}]}, {}),
        ({"matchExpressions": [{"key": "app", "operator": "Exists"}]}, {"app": "web"}),
        ({"matchExpressions": [{"key": "old", "operator": "DoesNotExist"}]}, {"app": "web"}),
        ({"matchExpressions": [{"key": "app"}, "x"]}, {"app": "web"}),
        ({}, {"app": "web"}),
        (None, None),
    ],
    ids=str,
)
def test_a_selector_that_finds_its_template_passes(selector: Any, labels: Any) -> None:
    assert problems("REF001", _workload(selector, labels)) == []


@pytest.mark.parametrize(
    ("selector", "labels", "message"),
    [
        ({"matchLabels": {"app": "web"}}, {"app": "api"}, "the selector wants app=web, the template has app=api"),
        ({"matchLabels": {"app": "web"}}, {}, "the selector wants app=web, the template has no app"),
        ({"matchLabels": {"app": "web"}}, None, "the selector wants app=web, the template has no app"),
        (
            {"matchExpressions": [{"key": "app", "operator": "In", "values": ["api"]}]},
            {"app": "web"},
            "the selector's expression on 'app' refuses the template's labels",
        ),
        (
            {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]},
            {"app": "web"},
            "the selector's expression on 'app' refuses the template's labels",
        ),
        (
            {"matchExpressions": [{"key": "app", "operator": "Exists"}]},
            {},
            "the selector's expression on 'app' refuses the template's labels",
        ),
        (
            {"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]},
            {"app": "web"},
            "the selector's expression on 'app' refuses the template's labels",
        ),
    ],
)
def test_a_selector_that_does_not_find_its_template_is_caught(selector: Any, labels: Any, message: str) -> None:
    assert messages("REF001", _workload(selector, labels)) == [message]


def test_each_label_that_differs_is_told_at_its_place() -> None:
    found = problems("REF001", _workload({"matchLabels": {"a": "1", "b": "2", "c": "3"}}, {"b": "2"}))
    assert [problem.path[-1] for problem in found] == ["a", "c"]


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"])
def test_every_workload_with_a_selector_is_looked_at(kind: str) -> None:
    assert len(problems("REF001", _workload({"matchLabels": {"app": "web"}}, {}, kind))) == 1


@pytest.mark.parametrize(("kind", "api"), [("Job", "batch/v1"), ("Deployment", "example.org/v1")])
def test_another_kind_is_not(kind: str, api: str) -> None:
    assert problems("REF001", _workload({"matchLabels": {"app": "web"}}, {}, kind, api)) == []


# REF002 ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pair",
    [
        (made("Service", "web"), made("Service", "web")),
        (made("Ingress", "web", api="networking.k8s.io/v1"), made("Ingress", "web", api="networking.k8s.io/v1beta1")),
        (_in("dare"), _in("dare")),
    ],
    ids=["the same", "at two versions", "in one namespace"],
)
def test_one_object_twice_is_caught_once(pair: tuple[Resource, Resource]) -> None:
    (problem,) = problems("REF002", environment(*pair))
    assert problem.resource is pair[1]
    assert problem.message.endswith("is rendered twice by overlays/test/web")


@pytest.mark.parametrize(
    "pair",
    [
        (made("Service", "web"), made("Service", "web2")),
        (made("Service", "web"), made("ConfigMap", "web")),
        (made("Ingress", "web", api="networking.k8s.io/v1"), made("Ingress", "web", api="example.org/v1")),
        (_in("dare"), _in("other")),
        (made("Service", "web"), made("Service", "web", overlay=DB)),
    ],
    ids=["another name", "another kind", "another group", "another namespace", "another overlay"],
)
def test_two_objects_that_differ_pass(pair: tuple[Resource, Resource]) -> None:
    assert problems("REF002", environment(*pair)) == []


# REF003 ---------------------------------------------------------------------------------------------------------------

NAMESPACE = made("Namespace", "dare", overlay=NAMESPACES)


def test_a_namespace_that_nothing_renders_is_caught_once_in_each_overlay() -> None:
    objects = [_in("dar"), _in("dar", "ConfigMap"), _in("dar", overlay=DB), NAMESPACE]
    assert messages("REF003", environment(*objects)) == [
        "no overlay renders the namespace 'dar' of this and other objects",
        "no overlay renders the namespace 'dar'",
    ]


@pytest.mark.parametrize("namespace", ["dare", "default", "kube-system", "kube-public", "argocd", ""])
def test_a_namespace_that_is_rendered_or_always_there_passes(namespace: str) -> None:
    assert problems("REF003", environment(_in(namespace), NAMESPACE)) == []


def test_another_kind_called_namespace_makes_none() -> None:
    other = made("Namespace", "dare", api="example.org/v1", overlay=NAMESPACES)
    assert len(problems("REF003", environment(_in("dare"), other))) == 1


def test_nothing_is_said_while_an_overlay_is_missing() -> None:
    assert problems("REF003", environment(_in("dare"), blocked=[NAMESPACES])) == []


# REF004 ---------------------------------------------------------------------------------------------------------------


def test_an_object_of_two_overlays_is_caught_at_the_second() -> None:
    first = made("ConfigMap", "shared", origin=Origin("base/web/configmap.yaml"))
    second = made("ConfigMap", "shared", overlay=DB)
    (problem,) = problems("REF004", environment(first, second))
    assert problem.resource is second
    assert problem.message == (
        "ConfigMap shared is rendered by overlays/test/db, and by overlays/test/web from base/web/configmap.yaml"
    )


def test_an_object_of_three_overlays_is_caught_at_each_after_the_first() -> None:
    objects = [made("ConfigMap", "shared", overlay=overlay) for overlay in (WEB, DB, NAMESPACES, DB)]
    assert [problem.resource for problem in problems("REF004", environment(*objects))] == objects[1:3]


CLUSTERS = [Overlay("test", f"clusters/{name}", f"clusters/{name}") for name in ("a", "b")]


@pytest.mark.parametrize(
    "pair",
    [
        (made("ConfigMap", "a"), made("ConfigMap", "b", overlay=DB)),
        (_in("dare"), _in("other", overlay=DB)),
        (made("ConfigMap", "a"), made("ConfigMap", "a")),
        tuple(made("Application", "a", overlay=overlay) for overlay in CLUSTERS),
    ],
    ids=["another name", "another namespace", "one overlay", "two clusters"],
)
def test_objects_that_two_overlays_do_not_share_pass(pair: tuple[Resource, Resource]) -> None:
    assert problems("REF004", environment(*pair, clusters=[cluster(name="a"), cluster(name="b")])) == []


def test_an_object_of_a_cluster_and_an_overlay_is_shared() -> None:
    assert len(problems("REF004", environment(made("ConfigMap", "a"), made("ConfigMap", "a", overlay=CLUSTERS[0])))) == 1
