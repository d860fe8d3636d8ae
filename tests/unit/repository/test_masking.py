"""What a report must not show is not in the difference."""

from typing import Any

import pytest

from gitops.models.component import Component
from gitops.models.difference import HIDDEN
from gitops.models.environment import Environment
from gitops.models.resource import Overlay, Resource
from gitops.repository.declarations import declared
from gitops.repository.field_changes import field_changes
from gitops.repository.masking import Mask
from tests.unit.repository.trees import WEB, made

COMPONENT = Component.model_validate(
    {
        "title": "Web",
        "description": "x",
        "owner": "platform",
        "secrets": [
            {
                "name": "web-db",
                "namespace": "dare",
                "why": "x",
                "keys": [{"name": "password", "generate": {"length": 20}}, {"name": "client-secret", "given": "x"}],
            }
        ],
    }
)
MASK = Mask(declared({"web": COMPONENT}, Environment("test", (Overlay("test", "web", WEB.path),), ())))


def told(old: Resource, new: Resource) -> str:
    """All that a report could get hold of."""
    changes = [MASK.change(change, old, new) for change in field_changes(old.body, new.body)]
    return "\n".join(f"{change.label} {change.old} {change.new} {change.hidden}" for change in changes)


def both(kind: str, **body: Any) -> tuple[Resource, Resource]:
    """Two objects whose values S1 and S2 differ."""
    return tuple(made(kind, "web", **_with(body, mark)) for mark in ("S1", "S2"))  # type: ignore[return-value]


def _with(value: Any, mark: str) -> Any:
    if isinstance(value, dict):
        return {name: _with(item, mark) for name, item in value.items()}
    if isinstance(value, list):
        return [_with(item, mark) for item in value]
    return value.replace("S?", mark) if isinstance(value, str) else value


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("Secret", {"data": {"x": "S?"}}),
        ("Secret", {"stringData": {"x": "S?"}}),
        ("Secret", {"metadata": {"name": "x", "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "S?"}}}),
        ("ConfigMap", {"data": {"password": "S?"}}),
        ("ConfigMap", {"metadata": {"name": "web-db", "namespace": "dare"}, "data": {"anything": "S?"}}),
        ("ConfigMap", {"data": {"a.conf": "user = x\ndb.password = S?\n"}}),
        ("ConfigMap", {"data": {"a.yaml": "db:\n  password: S?\n"}}),
        ("ConfigMap", {"data": {"a.json": '{\n  "clientSecret": "S?"\n}'}}),
        ("ConfigMap", {"data": {"a.sh": "export DB_PASSWORD=S?\n"}}),
        ("ConfigMap", {"data": {"a.yaml": "apiVersion: v1\nkind: Secret\nstringData:\n  x: S?\n"}}),
        ("Pod", {"spec": {"containers": [{"name": "a", "env": [{"name": "POSTGRES_PASSWORD", "value": "S?"}]}]}}),
        ("Pod", {"spec": {"containers": [{"name": "a", "args": ["--password=S?"]}]}}),
        ("Any", {"spec": {"clientSecret": "S?"}}),
    ],
)
def test_a_value_is_hidden(kind: str, body: dict[str, Any]) -> None:
    old, new = both(kind, **body)
    found = told(old, new)
    assert found
    assert "S1" not in found
    assert "S2" not in found
    assert HIDDEN in found
    assert "S1" not in str(MASK.body(old))


def test_that_it_comes_or_goes_is_told() -> None:
    old, new = made("Secret", "web", data={}), made("Secret", "web", data={"x": "S1"})
    assert told(old, new) == f"data.x absent {HIDDEN} True"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("Deployment", {"spec": {"image": "registry.org/password:S?"}}),
        ("Pod", {"spec": {"env": [{"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "S?", "key": "password"}}}]}}),
        ("ConfigMap", {"data": {"a.conf": "passwords are asked for S?\n"}}),
        ("Service", {"spec": {"x": "S?"}}),
    ],
)
def test_what_only_looks_like_it_is_shown(kind: str, body: dict[str, Any]) -> None:
    assert "S1" in told(*both(kind, **body))


def test_of_a_file_only_the_line_is_hidden() -> None:
    old, new = (made("ConfigMap", "web", data={"a": f"user={mark}\npassword=S1\n"}) for mark in ("x", "y"))
    assert told(old, new) == f"data.a user=x\npassword={HIDDEN}\n user=y\npassword={HIDDEN}\n False"
