"""DANGER002 to DANGER004 and DANGER009: what holds data, and what stops."""

from typing import Any

import pytest

from gitops.models.resource import Resource
from tests.unit.checks.dangers_by_hand import evidence, thing, told
from tests.unit.checks.evidence_by_hand import messages

CLAIM = {
    "accessModes": ["ReadWriteOnce"],
    "storageClassName": "standard",
    "volumeMode": "Filesystem",
    "resources": {"requests": {"storage": "1Gi"}},
}


@pytest.mark.parametrize(
    ("api", "kind"),
    [
        ("v1", "PersistentVolumeClaim"),
        ("v1", "PersistentVolume"),
        ("v1", "Namespace"),
        ("apiextensions.k8s.io/v1", "CustomResourceDefinition"),
        ("apps/v1", "StatefulSet"),
        ("ceph.rook.io/v1", "CephBlockPool"),
    ],
)
def test_what_holds_data_goes(api: str, kind: str) -> None:
    (message,) = told("DANGER002", thing(kind, api=api), None)
    assert message.startswith(f"{kind} dare/web is deleted: ")
    assert told("DANGER002", None, thing(kind, api=api)) == []


def test_a_claim_under_another_name_is_an_empty_one() -> None:
    (message,) = told(
        "DANGER002", thing("PersistentVolumeClaim", spec=CLAIM), thing("PersistentVolumeClaim", "site", spec=CLAIM)
    )
    assert message.startswith("PersistentVolumeClaim dare/web becomes PersistentVolumeClaim dare/site: ")


def test_a_deployment_counts_where_it_says_that_it_is_a_database() -> None:
    labels = {"labels": {"app.kubernetes.io/component": "database"}}
    assert told("DANGER002", thing("Deployment", api="apps/v1", metadata=labels), None)
    assert told("DANGER002", thing("Deployment", api="apps/v1"), None) == []
    assert told("DANGER002", thing("ConfigMap"), None) == []


def test_what_is_generated_anew_is_neither_deleted_nor_renamed() -> None:
    old, new = thing("ConfigMap", "web-222222222b", data={"a": "b"}), thing("ConfigMap", "web-222222222c", data={"a": "c"})
    assert told("DANGER002", old, new) == []


def crd(**versions: tuple[bool, bool]) -> Resource:
    listed = [{"name": name, "served": served, "storage": storage} for name, (served, storage) in versions.items()]
    return thing("CustomResourceDefinition", api="apiextensions.k8s.io/v1", spec={"versions": listed})


@pytest.mark.parametrize(
    ("new", "messages"),
    [
        (crd(v1=(True, True)), ["version v1beta1 is removed"]),
        (crd(v1=(True, True), v1beta1=(False, False)), ["version v1beta1 is no longer served"]),
        (crd(v1=(True, False), v1beta1=(True, True)), ["objects are stored in version v1beta1, not in v1"]),
        (crd(v2=(True, False), v1=(True, True), v1beta1=(True, False)), []),
    ],
)
def test_versions_of_a_crd(new: Resource, messages: list[str]) -> None:
    assert told("DANGER003", crd(v1=(True, True), v1beta1=(True, False)), new) == messages


@pytest.mark.parametrize(
    ("size", "messages"),
    [
        ("512Mi", ["from 1Gi to 512Mi"]),
        ("1023Mi", ["from 1Gi to 1023Mi"]),
        ("1024Mi", []),
        ("2Gi", []),
        ("much", ["from 1Gi to much"]),
    ],
)
def test_a_claim_only_grows(size: str, messages: list[str]) -> None:
    new = {**CLAIM, "resources": {"requests": {"storage": size}}}
    assert told("DANGER004", thing("PersistentVolumeClaim", spec=CLAIM), thing("PersistentVolumeClaim", spec=new)) == messages


def test_a_volume_only_grows() -> None:
    old, new = (thing("PersistentVolume", spec={"capacity": {"storage": size}}) for size in ("2Gi", "1Gi"))
    assert told("DANGER004", old, new) == ["from 2Gi to 1Gi"]
    assert told("DANGER004", new, old) == []


@pytest.mark.parametrize(
    ("before", "after", "messages"),
    [(2, 0, ["from 2 to none"]), (None, 0, ["from 1 to none"]), (0, 0, []), (3, 1, []), (0, 2, [])],
)
def test_replicas_to_zero(before: Any, after: Any, messages: list[str]) -> None:
    def web(replicas: Any) -> Resource:
        return thing("Deployment", api="apps/v1", spec={"x": replicas} if replicas is None else {"replicas": replicas})

    assert told("DANGER009", web(before), web(after)) == messages


def test_a_move_between_overlays_is_no_deletion() -> None:
    claim = thing("PersistentVolumeClaim", spec=CLAIM)
    assert messages("DANGER002", evidence([claim], [claim])) == []
