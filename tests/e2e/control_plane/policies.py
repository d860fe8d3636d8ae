"""Admission policies on a real API server: where they are, and when they are in force.

The API server takes policies and bindings up some moments after it has stored them, and tells nobody when.
"""

import itertools
import time
from collections.abc import Sequence

from gitops.models.errors import UserError
from tests.e2e.control_plane.api import Answer, Api, JsonObject

_GROUP = "/apis/admissionregistration.k8s.io/v1"
POLICIES = f"{_GROUP}/validatingadmissionpolicies"
BINDINGS = f"{_GROUP}/validatingadmissionpolicybindings"
_LEASES = "/apis/coordination.k8s.io/v1/namespaces/default/leases"  # about which nobody else has a policy
_PATIENCE = 60.0  # seconds; it takes one or two
_PAUSE = 0.2
_MANAGER = "e2e"
_numbers = itertools.count(1)


def bound(name: str, policy: str, actions: Sequence[str], **more: object) -> JsonObject:
    """A binding."""
    spec = {"policyName": policy, "validationActions": list(actions), **more}
    meta = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding"}
    return {**meta, "metadata": {"name": name}, "spec": spec}


def create(api: Api, place: str, body: JsonObject) -> Answer:
    """Creates an object for real; raises ``UserError`` where the API server does not take it."""
    answer = api.create(place, body, manager=_MANAGER, dry_run=False)
    if not answer.ok:
        raise UserError(f"{body['kind']} {body['metadata']['name']}: {answer.message}")
    return answer


def wait_until_in_force(api: Api) -> None:
    """Returns once all policies and bindings created before the call decide; raises ``UserError`` where they never do.

    The API server takes them up in the order in which they came, so a policy of our own that comes last is a sign for all.
    """
    name = f"e2e-probe-{next(_numbers)}"
    rule = {
        "apiGroups": ["coordination.k8s.io"],
        "apiVersions": ["v1"],
        "operations": ["CREATE"],
        "resources": ["leases"],
        "resourceNames": [name],
    }
    spec = {"matchConstraints": {"resourceRules": [rule]}, "validations": [{"expression": "false", "message": name}]}
    policy = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy"}
    create(api, POLICIES, {**policy, "metadata": {"name": name}, "spec": spec})
    create(api, BINDINGS, bound(name, name, ["Deny"]))
    probe = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": name, "namespace": "default"}}
    until = time.monotonic() + _PATIENCE
    while f"'{name}'" not in api.create(_LEASES, probe, manager=_MANAGER, dry_run=True).message:
        if time.monotonic() > until:
            raise UserError(f"no admission policy is in force after {_PATIENCE:g} s")
        time.sleep(_PAUSE)
    for place in (BINDINGS, POLICIES):
        api.call("DELETE", f"{place}/{name}")
