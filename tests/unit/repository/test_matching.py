"""kustomize's selectors."""

from typing import Any

import pytest

from gitops.models.resource import Origin
from gitops.repository.matching import Selector, field_matches, field_path
from tests.unit.repository.trees import made

DEPLOYMENT = made(
    "Deployment",
    "web",
    api="apps/v1",
    metadata={"name": "web", "namespace": "dare", "labels": {"app": "web", "tier": "front"}, "annotations": {"x.org/a": "1"}},
)


@pytest.mark.parametrize(
    "target",
    [
        {},
        None,
        {"kind": "Deployment"},
        {"kind": "Deployment", "name": "web", "namespace": "dare", "group": "apps", "version": "v1"},
        {"kind": "Dep.*"},
        {"kind": "Deployment|StatefulSet"},
        {"name": "w.b"},
        {"name": "^web$"},
        {"name": ""},
        {"labelSelector": "app=web"},
        {"labelSelector": "app==web,tier!=back"},
        {"labelSelector": "app in (api, web)"},
        {"labelSelector": "tier notin (back),app"},
        {"labelSelector": "missing notin (x)"},
        {"labelSelector": "missing!=x"},
        {"labelSelector": "!missing"},
        {"labelSelector": " app = web , tier "},
        {"annotationSelector": "x.org/a=1"},
        {"kind": "Deployment", "labelSelector": "app=web"},
    ],
    ids=str,
)
def test_a_selector_matches_what_it_describes(target: Any) -> None:
    assert Selector.read(target).matches(DEPLOYMENT)


@pytest.mark.parametrize(
    "target",
    [
        {"kind": "Deploy"},
        {"kind": "deployment"},
        {"kind": "Deployment", "name": "we"},
        {"name": "eb"},
        {"name": "web("},
        {"namespace": "dar"},
        {"group": "batch"},
        {"version": "v1beta1"},
        {"labelSelector": "app=api"},
        {"labelSelector": "app=web,tier=back"},
        {"labelSelector": "app notin (web)"},
        {"labelSelector": "missing in (x)"},
        {"labelSelector": "missing"},
        {"labelSelector": "!app"},
        {"labelSelector": "app="},
        {"labelSelector": "app in web"},
        {"annotationSelector": "x.org/a=2"},
        {"kind": "Deployment", "labelSelector": "app=api"},
    ],
    ids=str,
)
def test_a_selector_leaves_out_everything_else(target: Any) -> None:
    assert not Selector.read(target).matches(DEPLOYMENT)


def test_the_core_group_is_no_group() -> None:
    assert Selector.read({"version": "v1", "kind": "Service"}).matches(made("Service", "web"))
    assert not Selector.read({"group": "core"}).matches(made("Service", "web"))


def test_a_generated_name_counts_without_its_hash() -> None:
    selector = Selector.read({"kind": "ConfigMap", "name": "settings"})
    generated = Origin(configured_in="base/web/kustomization.yaml")
    assert selector.matches(made("ConfigMap", "settings-8dk68f89km", origin=generated))
    assert not selector.matches(made("ConfigMap", "settings-8dk68f89km"))
    assert not selector.matches(made("ConfigMap", "settings-more-8dk68f89km", origin=generated))


def test_a_patch_selects_the_object_that_it_names() -> None:
    selector = Selector.of_object({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}})
    assert selector.matches(DEPLOYMENT)
    assert not selector.matches(made("Deployment", "webs", api="apps/v1"))
    assert not selector.matches(made("Service", "web"))


def test_a_name_in_a_patch_is_no_pattern() -> None:
    selector = Selector.of_object({"kind": "Service", "metadata": {"name": "w.b"}})
    assert not selector.matches(made("Service", "web"))


@pytest.mark.parametrize(
    ("target", "text"),
    [
        ({}, "everything"),
        ({"kind": "Service", "name": "web"}, "kind Service, name web"),
        ({"kind": "Service", "labelSelector": "a=b", "annotationSelector": "c"}, "kind Service, labels a=b, annotations c"),
    ],
    ids=["nothing", "kind and name", "labels"],
)
def test_a_selector_says_what_it_looks_for(target: Any, text: str) -> None:
    assert str(Selector.read(target)) == text


ENV = {"env": [{"name": "HOST"}, {"name": "MY_HOST"}, "odd"], "args": ["--a=1", "--ab=2"], "a.b": {"c/d": 1}}


@pytest.mark.parametrize(
    ("field", "path", "means"),
    [
        ("env.*.value", ("env", 1, "value"), True),
        ("env.1.value", ("env", 1, "value"), True),
        ("env.[name=^HOST$].value", ("env", 0, "value"), True),
        ("env.[name=^HOST$].value", ("env", 1, "value"), False),
        ("env.[name=HOST].value", ("env", 1, "value"), True),
        ("env.[name=HOST].value", ("env", 2, "value"), False),
        ("env.[name=HOST].value", ("env", 9, "value"), False),
        ("env.[name=(].value", ("env", 0, "value"), False),
        ("args.[=^--a=]", ("args", 0), True),
        ("args.[=^--a=]", ("args", 1), False),
        ("env.[name=HOST].value", ("env", 0), False),
        ("a\\.b.[c/d]", ("a.b", "c/d"), True),
    ],
)
def test_a_path_of_a_replacement_means_these_places(field: str, path: tuple[str | int, ...], means: bool) -> None:
    assert field_matches(field_path(field), path, ENV) is means
