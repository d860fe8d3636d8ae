"""Sends cases to an API server and tells what each policy says of them.

All policies are bound with Warn, so that one refusal does not hide the others: the API server answers each request with a
warning for each validation that fails, with the names of policy and binding.
"""

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Sequence
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
_FAILED = re.compile(r"Validation failed for ValidatingAdmissionPolicy '([^']*)' with binding '([^']*)': (.*)", re.DOTALL)
_DENIED = re.compile(r"ValidatingAdmissionPolicy '([^']*)' with binding '[^']*' denied request: (.*)", re.DOTALL)
# The API server cuts warnings once they are 4096 characters together (apiserver/pkg/endpoints/filters/warning.go).
_ALL_WARNINGS = 4096


@dataclass
class Bench:
    """One cluster with policies, which are bound once for each set of parameters that a case brings."""

    cluster: Cluster
    kinds: dict[ServedKind, Endpoint] = field(default_factory=dict)
    namespaces: dict[str, dict[str, str]] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    bindings: dict[tuple[str, str], str] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def install(self, policies: Iterable[dict[str, Any]], cases: Sequence[Case]) -> None:
        """Policies, and the namespaces and parameters of their cases; returns once all is in force."""
        if not self.kinds:
            self.kinds = self.cluster.api.kinds()
            self._keep_parameters()
        for policy in policies:
            create(self.cluster.api, POLICIES, policy)
        for case in cases:
            self._give_namespace(case)
            self._bind(case)
        wait_until_in_force(self.cluster.api)

    def unbind(self) -> None:
        """Takes all bindings away again; returns once the policies have no more to say."""
        for binding in self.bindings.values():
            self.cluster.api.call("DELETE", f"{BINDINGS}/{binding}")
        self.bindings.clear()
        wait_until_in_force(self.cluster.api)

    def deny(self) -> None:
        """From now on the policies refuse; returns once they do."""
        for binding in self.bindings.values():
            if not self._patch(f"{BINDINGS}/{binding}", {"spec": {"validationActions": ["Deny"]}}).ok:
                raise UserError(f"{binding} can't be changed")
        wait_until_in_force(self.cluster.api)

    def said(self, case: Case) -> tuple[str, ...]:
        """The messages of the case's own policy; raises ``UserError`` where the API server refuses the object for itself.

        A parameter that is missing refuses, whatever the binding says.
        """
        answer = self.send(case)
        if not answer.ok:
            refused = _DENIED.search(answer.message)
            if refused and refused[1] == case.policy:
                return (refused[2],)
            raise UserError(f"{case.id}: {answer.message}")
        if sum(map(len, answer.warnings)) >= _ALL_WARNINGS:
            raise UserError(f"{case.id}: more warnings than the API server tells")
        found = [match.groups() for match in map(_FAILED.fullmatch, answer.warnings) if match]
        return tuple(text for policy, binding, text in found if (policy, binding) == (case.policy, self.bindings[_key(case)]))

    def send(self, case: Case) -> Answer:
        """A dry run of the case's request; an update finds its old object, which is taken away afterwards."""
        kind = _kind(case.object)
        namespace = self._namespace(case)
        place = collection(kind, self.kinds[kind], namespace)
        name = case.object["metadata"].get("name")
        body = _placed(case.object, namespace)
        if case.operation == "CREATE":
            return self.cluster.api.create(place, body, manager="e2e", dry_run=True)
        if case.old is None or case.operation != "UPDATE":
            raise UserError(f"{case.id}: nothing but CREATE, and UPDATE with an oldObject, can be tried")
        create(self.cluster.api, place, _placed(case.old, namespace))
        path = f"{place}/{name}" + (f"/{case.subresource}" if case.subresource else "")
        try:
            return self.cluster.api.call("PUT", path, body, query={"dryRun": "All", "fieldValidation": "Strict"})
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

    def _keep_parameters(self) -> None:
        """A policy with ConfigMaps as parameters that stays: after the last one Kubernetes 1.36.3 finds none for a later one.

        The informer has ended with the last policy, and is taken for a running one (``ensureParamsForPolicyLocked`` in
        apiserver/pkg/admission/plugin/policy/generic/policy_source.go).
        """
        name = "e2e-parameters"
        rule = {"apiGroups": ["coordination.k8s.io"], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["leases"]}
        spec = {
            "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
            "matchConstraints": {"resourceRules": [{**rule, "resourceNames": [name]}]},
            "validations": [{"expression": "true"}],
        }
        policy = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy"}
        create(self.cluster.api, POLICIES, {**policy, "metadata": {"name": name}, "spec": spec})
        reference = {"name": name, "namespace": "default", "parameterNotFoundAction": "Allow"}
        create(self.cluster.api, BINDINGS, bound(name, name, ["Warn"], paramRef=reference))

    def _patch(self, path: str, change: dict[str, Any]) -> Answer:
        return self.cluster.api.call("PATCH", path, change, headers={"Content-Type": "application/merge-patch+json"})

    def _namespace(self, case: Case) -> str:
        """Where the case's object is; one that does not say shares a place with others of the same namespace labels."""
        if not self.kinds[_kind(case.object)].namespaced:
            return ""
        labels = json.dumps(case.namespace, sort_keys=True)
        named = case.object["metadata"].get("namespace")
        return str(named or self.places.setdefault(labels, f"place-{len(self.places)}"))

    def _give_namespace(self, case: Case) -> None:
        name = self._namespace(case)
        if not name:
            return
        known = self.namespaces.get(name)
        if known is None and not self.cluster.api.call("GET", f"/api/v1/namespaces/{name}").ok:
            self._create_namespace(name, case.namespace)
        elif (known or {}) != case.namespace:
            raise UserError(f"{case.id}: the namespace {name} has other labels in an earlier case, give it another name")
        self.namespaces[name] = case.namespace

    def _create_namespace(self, name: str, labels: dict[str, str]) -> None:
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
        create(self.cluster.api, "/api/v1/namespaces", body)

    def _bind(self, case: Case) -> None:
        """Parameters have a namespace of their own for each binding, so that a selector finds no other's."""
        if _key(case) in self.bindings:
            return
        name = f"{case.policy}-{next(self.numbers)}"
        more = dict(case.binding)
        if case.params or "paramRef" in more:
            self._create_namespace(name, {})
            for body in case.params:
                kind = _kind(body)
                create(self.cluster.api, collection(kind, self.kinds[kind], name), _placed(body, name))
            by_name = {"name": case.params[0]["metadata"]["name"], "parameterNotFoundAction": "Deny"} if case.params else {}
            more["paramRef"] = {**(more.get("paramRef") or by_name), "namespace": name}
        create(self.cluster.api, BINDINGS, bound(name, case.policy, ["Warn"], **more))
        self.bindings[_key(case)] = name


def _key(case: Case) -> tuple[str, str]:
    return case.policy, json.dumps([case.params, case.binding], sort_keys=True)


def _placed(body: dict[str, Any], namespace: str) -> dict[str, Any]:
    return {**body, "metadata": {**body["metadata"], "namespace": namespace}} if namespace else body


def _kind(body: dict[str, Any]) -> ServedKind:
    group, _, version = str(body["apiVersion"]).rpartition("/")
    return ServedKind(group, version, str(body["kind"]))
