"""The rules that ``policies/admission/`` holds: what each policy's annotations tell of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from gitops.models.values import mapping
from gitops.models.waiver import Waiver
from gitops.repository import documents
from gitops.repository.tree import Tree

FOLDER = "policies/admission/"
COMPONENT = "admission-policies"  # brings the policies and their bindings into an environment
# The key of the parameters of policies that holds what waivers let pass, for each rule whose policy heeds them in a cluster.
CARRIED = {"IMG001": "withoutVersion", "IMG002": "withoutDigest", "IMG006": "withoutApproval"}
_PREFIX = "project-dare.eu/"


@dataclass(frozen=True, slots=True)
class PolicyRule:
    """What people are told of an admission policy; ``file`` is the policy's."""

    id: str
    title: str
    why: str
    fix: str
    reference: str
    file: str


def is_carried(waiver: Waiver, rule: str) -> bool:
    """Whether a waiver of the rule holds in a cluster as well: policies look images up, no objects and no packages."""
    return rule in CARRIED and waiver.is_about(rule) and not waiver.objects and not waiver.packages


def policy_rules(tree: Tree) -> dict[str, PolicyRule]:
    """The rules of a tree's admission policies, by id; policies that name none are left out."""
    paths = [path for path in tree.files if path.startswith(FOLDER) and path.endswith(".yaml")]
    return _rules((path, tree.text(path)) for path in paths)


def read_policy_rules(root: Path) -> dict[str, PolicyRule]:
    """The same of a repository that nobody reads as a tree."""
    files = sorted((root / FOLDER).glob("*.yaml"))
    return _rules((file.relative_to(root).as_posix(), file.read_text(encoding="utf-8")) for file in files)


def _rules(texts: Iterable[tuple[str, str]]) -> dict[str, PolicyRule]:
    found = (_rule(path, node.value) for path, text in texts for node in documents.positions(text))
    return {rule.id: rule for rule in found if rule}


def _rule(path: str, body: object) -> PolicyRule | None:
    told = mapping(mapping(mapping(body).get("metadata")).get("annotations"))
    if mapping(body).get("kind") != "ValidatingAdmissionPolicy" or not told.get(f"{_PREFIX}rule"):
        return None
    text = {name: str(told.get(f"{_PREFIX}{name}") or "") for name in ("title", "why", "fix", "reference")}
    return PolicyRule(id=str(told[f"{_PREFIX}rule"]), file=path, **text)
