"""What makes the admission policies hold in an environment: their bindings, and the parameters of those about images.

Both are generated into ``overlays/<environment>/admission-policies/``, so that Argo CD brings what a reviewer saw.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from gitops.models.approval import Approvals, Verdict
from gitops.models.errors import UserError
from gitops.models.finding import Level
from gitops.models.image_policy import ImagePolicy
from gitops.models.waiver import Waiver
from gitops.repository import documents
from gitops.repository.policy_rules import CARRIED, COMPONENT, is_carried
from gitops.repository.tree import Tree
from gitops.repository.yaml_text import yaml_text

POLICIES = "policies/admission"
APPROVALS_FILE = "configmap-approvals.yaml"
_RULE = "project-dare.eu/rule"
_API = "admissionregistration.k8s.io/v1"
_IMAGES = {"name": "admission-images", "namespace": COMPONENT}
# Of its own: thousands of digests would be read again for every other rule about images.
_APPROVALS = {"name": "admission-approvals", "namespace": COMPONENT}
_APPROVAL_RULE = "IMG006"
# What the API server takes as keys and values together (MaxSecretSize in Kubernetes' pkg/apis/core/types.go).
_LARGEST = 1024 * 1024

LevelOf = Callable[[str, str], Level | None]
"""The level of a rule in an environment, None where it is off: environment, rule."""


def admission_files(tree: Tree) -> dict[str, str]:
    """Path and text of the generated files of each environment that has the component.

    What is an error there is refused, what is a warning is let through with one, and what is off is not bound.
    """
    level_of = tree.levels.of
    policies = list(_policies(tree))
    files = {}
    for name, environment in tree.environments.items():
        folder = f"overlays/{name}/{COMPONENT}"
        if folder not in {overlay.path for overlay in environment.overlays}:
            continue
        files[f"{folder}/bindings.yaml"] = _bindings(policies, name, level_of)
        images = tree.image_policies.environments.get(name)
        if images:
            files[f"{folder}/configmap.yaml"] = _parameters(images, name, tree.waivers.waivers)
        files[f"{folder}/{APPROVALS_FILE}"] = approval_parameters(tree.approvals(name), name, tree.waivers.waivers)
    return files


def _policies(tree: Tree) -> Iterator[dict[str, Any]]:
    for path in sorted(tree.files):
        if path.startswith(f"{POLICIES}/"):
            for body in documents.values((tree.root / path).read_text(encoding="utf-8")):
                if isinstance(body, dict) and body.get("kind") == "ValidatingAdmissionPolicy":
                    yield body


def _bindings(policies: Sequence[dict[str, Any]], environment: str, level_of: LevelOf) -> str:
    texts = []
    for policy in policies:
        rule = str(policy["metadata"]["annotations"][_RULE])
        level = level_of(environment, rule)
        if level is None:
            continue
        name = str(policy["metadata"]["name"])
        spec: dict[str, Any] = {
            "policyName": name,
            "validationActions": ["Deny"] if level is Level.ERROR else ["Warn", "Audit"],
        }
        if "paramKind" in policy["spec"]:
            # Where they are missing, Deny refuses whatever the actions say.
            parameters = _APPROVALS if rule == _APPROVAL_RULE else _IMAGES
            spec["paramRef"] = {**parameters, "parameterNotFoundAction": "Deny" if level is Level.ERROR else "Allow"}
        texts.append(
            yaml_text(
                {
                    "apiVersion": _API,
                    "kind": "ValidatingAdmissionPolicyBinding",
                    # After what it names.
                    "metadata": {"name": name, "annotations": {"argocd.argoproj.io/sync-wave": "1"}},
                    "spec": spec,
                }
            )
        )
    head = "# Written by `make generate` from policies/: which admission policies hold here, and whether they refuse or warn.\n"
    return head + "---\n".join(texts)


def _parameters(images: ImagePolicy, environment: str, waivers: Sequence[Waiver]) -> str:
    data = {"registries": "".join(f"{registry}\n" for registry in images.registries)}
    for rule in CARRIED:
        if rule != _APPROVAL_RULE:
            data |= _waived(rule, environment, waivers)
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": dict(_IMAGES), "data": data}
    return f"# Written by `make generate` from policies/images.yaml and policies/waivers.yaml.\n{yaml_text(body)}"


def approval_parameters(approvals: Approvals, environment: str, waivers: Sequence[Waiver]) -> str:
    """The ConfigMap that tells a cluster which digests are approved under which name until when, and what waivers let pass.

    Those that have lapsed are in it too: what it says follows from Git alone, whatever the day. Raises ``UserError`` where a
    ConfigMap can't hold as many.
    """
    data: dict[str, str] = {}
    for approval in sorted(approvals.approvals, key=lambda one: (one.digest, one.name)):
        if approval.verdict is Verdict.APPROVED:
            key = approval.digest.replace(":", "-")
            data[key] = f"{data.get(key, '')}{approval.valid_until} {approval.name}\n"
    data |= _waived(_APPROVAL_RULE, environment, waivers)
    size = sum(len(key) + len(value.encode()) for key, value in data.items())
    if size > _LARGEST:
        raise UserError(
            f"the approved digests of {environment} are {size:,} bytes as parameters of admission policies, and a ConfigMap "
            f"holds {_LARGEST:,}: take images out of its overlays, then run tools/scan.py approve"
        )
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": dict(_APPROVALS), "data": data}
    source = f"policies/approvals/{environment}.yaml and policies/waivers.yaml"
    return f"# Written by `make generate` from {source}.\n{yaml_text(body)}"


def _waived(rule: str, environment: str, waivers: Sequence[Waiver]) -> dict[str, str]:
    """What waivers of a rule let pass there: last day and regular expression, a line each."""
    lines = [
        f"{waiver.expires} {regular_expression(pattern)}\n"
        for waiver in waivers
        if is_carried(waiver, rule) and waiver.holds_in(environment)
        for pattern in waiver.images
    ]
    return {CARRIED[rule]: "".join(lines)} if lines else {}


def regular_expression(pattern: str) -> str:
    """A glob of a waiver (``fnmatch``) as a regular expression of RE2, which CEL's ``matches`` takes."""
    text = ""
    rest = pattern
    while rest:
        group = re.match(r"\[(!?)(\]?[^\]]*)\]", rest)
        if group:
            signs = re.sub(r"([\\\[\]^])", r"\\\1", group[2])
            text += f"[{'^' if group[1] else ''}{signs}]"
            rest = rest[group.end() :]
        else:
            text += {"*": ".*", "?": "."}.get(rest[0], re.escape(rest[0]))
            rest = rest[1:]
    return f"^{text}$"
