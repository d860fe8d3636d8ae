"""Secrets from and to objects, and what is masked in kubectl's words."""

import base64
import json
from datetime import UTC, datetime

import pytest

from gitops.adapters.kubectl import masked
from gitops.adapters.secret_manifest import changed, stored
from gitops.models.secret import SecretChange, SecretName, SecretValue

NAME = SecretName("dare", "db")
WHEN = datetime(2026, 11, 25, 12, tzinfo=UTC)
BODY = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {
        "name": "db",
        "namespace": "dare",
        "resourceVersion": "7",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {"own": "label"},
        "annotations": {
            "own": "annotation",
            "project-dare.eu/made": '{"old": "2026-02-01T00:00:00Z", "gone": "2026-02-01T00:00:00Z"}',
            "kubectl.kubernetes.io/last-applied-configuration": "RECOGNISABLE",
        },
    },
    "type": "Opaque",
    "data": {"old": "b2xk"},
}


def change(body: dict[str, object] | None, **values: str) -> SecretChange:
    data = {key: SecretValue(value.encode()) for key, value in values.items()}
    return SecretChange(NAME, "Opaque", data, WHEN, stored(body) if body else None)


def test_a_new_secret_says_whose_it_is_and_when_it_was_made() -> None:
    assert changed(change(None, password="x")) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": "db",
            "namespace": "dare",
            "labels": {"app.kubernetes.io/part-of": "dare", "app.kubernetes.io/managed-by": "dare-secrets"},
            "annotations": {"project-dare.eu/made": '{"password": "2026-11-25T12:00:00Z"}'},
        },
        "type": "Opaque",
        "data": {"password": "eA=="},
    }


def test_a_change_leaves_everything_else_and_the_version_that_was_read() -> None:
    body = changed(change(BODY, password="x"))
    assert body["data"] == {"old": "b2xk", "password": "eA=="}
    assert body["metadata"]["resourceVersion"] == "7"
    assert body["metadata"]["labels"]["own"] == "label"
    assert body["metadata"]["annotations"]["own"] == "annotation"
    assert "password" not in BODY["data"]  # type: ignore[operator]


def test_an_old_value_does_not_outlive_its_rotation_in_an_annotation() -> None:
    assert "RECOGNISABLE" not in json.dumps(changed(change(BODY, old="new")))


def test_what_is_written_is_read_again() -> None:
    secret = stored(changed(change(BODY, password="x")))
    assert secret.data == {"old": SecretValue(b"old"), "password": SecretValue(b"x")}
    assert secret.made == {"old": datetime(2026, 2, 1, tzinfo=UTC), "password": WHEN}
    assert secret.created == datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("record", ["", "no JSON", "[]", '{"old": 5}', '{"old": "yesterday"}'])
def test_a_record_that_somebody_spoilt_is_none(record: str) -> None:
    metadata = {**BODY["metadata"], "annotations": {"project-dare.eu/made": record}}  # type: ignore[dict-item]
    assert stored({**BODY, "metadata": metadata}).made == {}


@pytest.mark.parametrize(
    "shown",
    [
        'pass"word\nsecond line',
        json.dumps('pass"word\nsecond line'),
        base64.b64encode(b'pass"word\nsecond line').decode(),
        "at 'second line' and elsewhere",
    ],
)
def test_every_form_of_a_value_is_masked(shown: str) -> None:
    said = masked(f"it is {shown}!", [SecretValue(b'pass"word\nsecond line'), SecretValue(b"x")])
    assert "***" in said
    assert "second" not in said
    assert "it is" in said
