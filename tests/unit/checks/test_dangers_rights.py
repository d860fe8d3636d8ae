"""DANGER005 and DANGER006: who may do more than before."""

from typing import Any

import pytest

from gitops.models.resource import Resource
from tests.unit.checks.dangers_by_hand import thing, told

RBAC = "rbac.authorization.k8s.io/v1"


def rule(verbs: str = "get", resources: str = "pods", groups: str = "", **more: Any) -> dict[str, Any]:
    return {"apiGroups": groups.split(","), "resources": resources.split(","), "verbs": verbs.split(","), **more}


def role(*rules: Any, **metadata: Any) -> Resource:
    return thing("Role", api=RBAC, rules=list(rules), metadata=metadata)


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (rule("get,list"), "now also list pods; before: get pods"),
        (rule(resources="pods,secrets"), "now also get secrets; before: get pods"),
        (rule(groups=",apps"), "now also get pods.apps; before: get pods"),
        (rule("*"), "now also * pods; before: get pods"),
        (rule(resources="pods,pods/exec"), "now also get pods/exec; before: get pods"),
        ({"nonResourceURLs": ["/metrics"], "verbs": ["get"]}, "now also get /metrics; before: get pods"),
    ],
)
def test_a_role_that_allows_more(new: dict[str, Any], message: str) -> None:
    assert told("DANGER005", role(rule()), role(new)) == [message]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (rule("get,list"), rule()),
        (rule(), rule(resourceNames=["web"])),
        (rule("*"), rule("delete")),
        (rule(resources="*"), rule(resources="pods/exec")),
        (rule(groups="*"), rule(groups="apps")),
        (rule(resources="*/scale"), rule(resources="deployments/scale")),
        ({"nonResourceURLs": ["/metrics/*"], "verbs": ["*"]}, {"nonResourceURLs": ["/metrics/x"], "verbs": ["get"]}),
        (rule("get,list"), {"apiGroups": [""], "resources": ["pods"], "verbs": ["list", "get"]}),
    ],
)
def test_a_role_that_allows_no_more(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert told("DANGER005", role(old), role(new)) == []


def test_a_name_less_is_a_right_more() -> None:
    assert told("DANGER005", role(rule(resourceNames=["web"])), role(rule())) == ["now also get pods; before: get pods/web"]


def test_a_role_that_others_take_over() -> None:
    label = {"rbac.authorization.k8s.io/aggregate-to-admin": "true"}
    assert told("DANGER005", role(rule()), role(rule(), labels=label)) == ["is now part of every role that aggregates admin"]


def binding(*subjects: Any, kind: str = "RoleBinding") -> Resource:
    return thing(kind, api=RBAC, subjects=list(subjects), roleRef={"kind": "Role", "name": "reader"})


def test_new_subjects_of_a_binding() -> None:
    web, db = ({"kind": "ServiceAccount", "name": name} for name in ("web", "db"))
    assert told("DANGER005", binding(web), binding(web, db)) == [
        "Role reader in dare now also for ServiceAccount dare/db; before: ServiceAccount dare/web"
    ]
    assert told("DANGER005", binding(web, db), binding({**db, "namespace": "dare"})) == []


def test_a_role_and_a_binding_that_are_new() -> None:
    assert told("DANGER006", None, role(rule("get,list"))) == ["allows get, list pods"]
    group = {"kind": "Group", "name": "system:authenticated"}
    assert told("DANGER006", None, binding(group, kind="ClusterRoleBinding")) == [
        "Role reader in every namespace for Group system:authenticated"
    ]
    assert told("DANGER006", role(rule()), role(rule("list"))) == []
    assert told("DANGER006", None, role()) == []
