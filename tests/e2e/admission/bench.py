"""Sends cases to an API server and tells what each policy says of them.

All policies are bound with Warn, so that one refusal does not hide the others: the API server answers each request with a
warning for each validation that fails, with the names of policy and binding.
"""

import itertools
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from gitops.models.errors import UserError
from gitops.repository.crds import ServedKind
from tests.e2e.admission.cases import Case
from tests.e2e.control_plane.api import Answer, Endpoint, collection
from tests.e2e.control_plane.cluster import Cluster
from tests.e2e.control_plane.policies import BINDINGS, POLICIES, bound, create, wait_until_in_force

# By itself pod security would refuse what the policies are there to see.
OPTIONS = ("--disable-admission-plugins=PodSecurity",)
CONTROLLERS = ("serviceaccount-controller", "validatingadmissionpolicy-status-controller")
_PARAMETERS = "parameters"
_FAILED = re.compile(r"Validation failed for ValidatingAdmissionPolicy '([^']*)' with binding '([^']*)': (.*)", re.DOTALL)
# The API server cuts warnings once they are 4096 characters together (apiserver/pkg/endpoints/filters/warning.go).
_ALL_WARNINGS = 4096


@dataclass
class Bench:
    """One cluster with policies, which are bound once for each set of parameters that a case brings."""

    cluster: Cluster
    kinds: dict[ServedKind, Endpoint] = field(default_factory=dict)
    namespaces: dict[str, dict[str, str]] = field(default_factory=dict)
    bindings: dict[tuple[str, str], str] = field(default_factory=dict)
    numbers: Iterable[int] = field(default_factory=itertools.count)

    def install(self, policies: Iterable[dict[str, Any]], cases: Sequence[Case]) -> None:
        """Policies, and the namespaces and parameters of their cases; returns once all is in force."""
        self.kinds = self.kinds or self.cluster.api.kinds()
        for case in cases:
            self._give_namespace(case)
        for policy in policies:
            create(self.cluster.api, POLICIES, policy)
        for case in cases:
            self._bind(case)
        wait_until_in_force(self.cluster.api)

    def remove(self, policies: Iterable[str]) -> None:
        """Takes policies with their bindings away again."""
        names = set(policies)
        for key in [key for key in self.bindings if key[0] in names]:
            self.cluster.api.call("DELETE", f"{BINDINGS}/{self.bindings.pop(key)}")
        for name in names:
            self.cluster.api.call("DELETE", f"{POLICIES}/{name}")

    def deny(self) -> None:
        """From now on the policies refuse; returns once they do."""
        for binding in self.bindings.values():
            if not self._patch(f"{BINDINGS}/{binding}", {"spec": {"validationActions": ["Deny"]}}).ok:
                raise UserError(f"{binding} can't be changed")
        wait_until_in_force(self.cluster.api)

    def said(self, case: Case) -> tuple[str, ...]:
        """The messages of the case's own policy; raises ``UserError`` where the API server refuses the object for itself."""
        answer = self.send(case)
        if not answer.ok:
            raise UserError(f"{case.id}: {answer.message}")
        if sum(map(len, answer.warnings)) >= _ALL_WARNINGS:
            raise UserError(f"{case.id}: more warnings than the API server tells")
        found = [match.groups() for match in map(_FAILED.fullmatch, answer.warnings) if match]
        return tuple(text for policy, binding, text in found if (policy, binding) == (case.policy, self.bindings[_key(case)]))

    def send(self, case: Case) -> Answer:
        """A dry run of the case's request; an update finds its old object, which is taken away afterwards."""
        kind = _kind(case.object)
        place = collection(kind, self.kinds[kind], case.object["metadata"].get("namespace", ""))
        name = case.object["metadata"].get("name")
        if case.operation == "CREATE":
            return self.cluster.api.create(place, case.object, manager="e2e", dry_run=True)
        if case.old is None or case.operation != "UPDATE":
            raise UserError(f"{case.id}: nothing but CREATE, and UPDATE with an oldObject, can be tried")
        create(self.cluster.api, place, case.old)
        path = f"{place}/{name}" + (f"/{case.subresource}" if case.subresource else "")
        try:
            return self.cluster.api.call("PUT", path, case.object, query={"dryRun": "All", "fieldValidation": "Strict"})
        finally:
            self._patch(f"{place}/{name}", {"metadata": {"finalizers": None}})
            self.cluster.api.call("DELETE", f"{place}/{name}", {"gracePeriodSeconds": 0})

    def type_warnings(self, policy: str) -> list[str] | None:
        """What the API server's own type check found in a policy's expressions; None while it has not looked."""
        body = self.cluster.api.call("GET", f"{POLICIES}/{policy}").body
        status = body.get("status") or {}
        if status.get("observedGeneration") != body["metadata"]["generation"]:
            return None
        warnings = (status.get("typeChecking") or {}).get("expressionWarnings") or []
        return [f"{entry['fieldRef']}: {entry['warning']}" for entry in warnings]

    def _patch(self, path: str, change: dict[str, Any]) -> Answer:
        return self.cluster.api.call("PATCH", path, change, headers={"Content-Type": "application/merge-patch+json"})

    def _give_namespace(self, case: Case) -> None:
        name = case.object["metadata"].get("namespace")
        if not name:
            return
        known = self.namespaces.get(name)
        if known is None and not self.cluster.api.call("GET", f"/api/v1/namespaces/{name}").ok:
            labels = {"name": name, "labels": case.namespace}
            create(self.cluster.api, "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": labels})
        elif (known or {}) != case.namespace:
            raise UserError(f"{case.id}: the namespace {name} has other labels in an earlier case, give it another name")
        self.namespaces[name] = case.namespace

    def _bind(self, case: Case) -> None:
        if _key(case) in self.bindings:
            return
        name = f"{case.policy}-{next(iter(self.numbers))}"
        more = {}
        if case.params is not None:
            if not self.cluster.api.call("GET", f"/api/v1/namespaces/{_PARAMETERS}").ok:
                parameters = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": _PARAMETERS}}
                create(self.cluster.api, "/api/v1/namespaces", parameters)
            body = {**case.params, "metadata": {**case.params.get("metadata", {}), "name": name, "namespace": _PARAMETERS}}
            kind = _kind(body)
            create(self.cluster.api, collection(kind, self.kinds[kind], _PARAMETERS), body)
            more["paramRef"] = {"name": name, "namespace": _PARAMETERS, "parameterNotFoundAction": "Deny"}
        create(self.cluster.api, BINDINGS, bound(name, case.policy, ["Warn"], **more))
        self.bindings[_key(case)] = name


def _key(case: Case) -> tuple[str, str]:
    return case.policy, json.dumps(case.params, sort_keys=True)


def _kind(body: dict[str, Any]) -> ServedKind:
    group, _, version = str(body["apiVersion"]).rpartition("/")
    return ServedKind(group, version, str(body["kind"]))
