"""The API server's names for fields as paths into the object."""

from typing import Any

import pytest

from gitops.models.paths import JsonPath
from tests.e2e.dry_run import fields

POD: dict[str, Any] = {
    "metadata": {"labels": {"app.kubernetes.io/name": "web"}},
    "spec": {
        "containers": [{"name": "side"}, {"name": "web", "image": "x", "ports": [{"containerPort": 80, "protocol": "TCP"}]}]
    },
}


@pytest.mark.parametrize(
    ("field", "path"),
    [
        ("spec.containers[1].image", ("spec", "containers", 1, "image")),
        ("spec.containers[1].resources.limits[cpu]", ("spec", "containers", 1, "resources")),
        ("metadata.labels[app.kubernetes.io/name]", ("metadata", "labels", "app.kubernetes.io/name")),
        ('metadata.labels["app.kubernetes.io/name"]', ("metadata", "labels", "app.kubernetes.io/name")),
        ('.spec.containers[name="web"].imag', ("spec", "containers", 1, "imag")),
        (
            '.spec.containers[name="web"].ports[containerPort=80,protocol="TCP"].protocol',
            ("spec", "containers", 1, "ports", 0, "protocol"),
        ),
        ('.spec.containers[name="gone"].image', ("spec", "containers", 'name="gone"')),
        ("spec.containers[7].image", ("spec", "containers", 7)),
        ("", ()),
    ],
)
def test_a_field_leads_as_far_as_there_is_such_a_place_and_one_step_on(field: str, path: JsonPath) -> None:
    assert fields.parse(field, POD) == path


def test_each_cause_is_told_once_with_its_field() -> None:
    cause = {"reason": "FieldValueRequired", "message": "Required value", "field": "spec.containers[0].image"}
    status = {"message": "Pod is invalid", "details": {"causes": [cause, cause, {"message": "no field"}]}}
    assert fields.causes(status, POD) == [
        (("spec", "containers", 0, "image"), "spec.containers[0].image: Required value"),
    ]


def test_a_merge_that_fails_names_its_fields_in_the_message_alone() -> None:
    message = (
        "failed to create typed patch object (apps/web; /v1, Kind=Pod): errors:\n"
        '  .spec.containers[name="web"].imag: field not declared in schema\n  .spek: field not declared in schema'
    )
    assert [path for path, _ in fields.causes({"message": message}, POD)] == [("spec", "containers", 1, "imag"), ("spek",)]


def test_an_answer_that_names_no_field_has_no_causes() -> None:
    assert fields.causes({"message": 'pods "x" is forbidden: exceeded quota'}, POD) == []
    assert fields.causes({"details": None}, POD) == []
