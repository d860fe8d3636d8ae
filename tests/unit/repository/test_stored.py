"""Objects as the API server has them; the end-to-end tests compare them with a server's answers."""

from typing import Any

import pytest

from gitops.repository.kinds import Kinds
from gitops.repository.quantities import canonical
from gitops.repository.stored import is_known, pod_of, stored

CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "boxes.example.org"},
    "spec": {
        "group": "example.org",
        "scope": "Cluster",
        "names": {"kind": "Box", "plural": "boxen"},
        "versions": [{"name": "v1", "served": True}, {"name": "v2", "served": True}, {"name": "v0", "served": False}],
    },
}


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("1", "1"),
        ("0.5", "500m"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("0", "0"),
        ("0Gi", "0"),
        ("100", "100"),
        ("1000", "1k"),
        ("1500", "1500"),
        ("1000k", "1M"),
        ("1000m", "1"),
        ("500Ki", "500Ki"),
        ("0.1m", "1m"),
        ("1e3", "1e3"),
        ("12e6", "12e6"),
        ("0.5Ki", "512"),
        ("-1.5", "-1500m"),
    ],
)
def test_quantities_in_their_canonical_form(given: str, written: str) -> None:
    assert canonical(given, smallest=-3) == written


@pytest.mark.parametrize("text", ["", "x", "1 Gi", "1.2.3", "1GiB", "1ki", "--1"])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match=r"quantit|numeric"):
        canonical(text)


def test_empty_values_are_left_out_or_written_as_the_type_says() -> None:
    container: dict[str, Any] = {"name": "a", "image": "x:1", "args": [], "stdin": False, "unknown": 1}
    pod = stored({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [container]}})
    assert pod["spec"]["containers"][0] == {
        "name": "a",
        "image": "x:1",
        "resources": {},
        "imagePullPolicy": "IfNotPresent",
        "terminationMessagePath": "/dev/termination-log",
        "terminationMessagePolicy": "File",
    }
    assert pod["spec"]["securityContext"] == {}


def test_the_manifest_stays_as_it_is() -> None:
    body = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s"}, "spec": {"ports": [{"port": 80}]}}
    assert stored(body)["spec"]["ports"] == [{"port": 80, "protocol": "TCP", "targetPort": 80}]
    assert body["spec"] == {"ports": [{"port": 80}]}


def test_values_of_another_shape_do_not_break_it() -> None:
    for spec in (None, "text", [1], {"template": "x"}, {"template": {"spec": {"containers": "x"}}}):
        stored({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "d"}, "spec": spec})


def test_a_pod_of_a_template() -> None:
    pod = pod_of({"metadata": {"labels": {"a": "b"}}, "spec": {"containers": []}}, "place", "web")
    assert pod["metadata"] == {"labels": {"a": "b"}, "namespace": "place", "generateName": "web-"}
    assert pod["spec"]["serviceAccountName"] == "default"


def test_custom_kinds_only_lose_their_nulls() -> None:
    assert not is_known("example.org", "v1", "Box")
    assert stored({"apiVersion": "example.org/v1", "kind": "Box", "a": None, "b": []}) == {
        "apiVersion": "example.org/v1",
        "kind": "Box",
        "b": [],
    }


def test_resources_of_kinds() -> None:
    kinds = Kinds([CRD])
    assert kinds.find("networking.k8s.io/v1", "Ingress").plural == "ingresses"
    assert not kinds.find("rbac.authorization.k8s.io/v1", "ClusterRole").namespaced
    box = kinds.find("example.org/v1", "Box")
    assert (box.plural, box.namespaced) == ("boxen", False)
    assert [each.version for each in kinds.equivalents(box)] == ["v2"]
    assert [each.version for each in kinds.equivalents(kinds.find("autoscaling/v2", "HorizontalPodAutoscaler"))] == ["v1"]
    assert [kinds.find("x.org/v1", kind).plural for kind in ("Policy", "Class", "Gateway")] == [
        "policies",
        "classes",
        "gateways",
    ]
