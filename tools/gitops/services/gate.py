"""How much a finding weighs and what may be waived: by the rules of this tree, and by those of the branch that it is to enter.

A merge request changes the files that it is judged by. So what it says of itself only counts where the target branch says no
less: of two levels the severer, of two limits for waivers the narrower.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from gitops.adapters import git
from gitops.checks.unit import Check, all_checks
from gitops.models.errors import UserError
from gitops.models.finding import Level
from gitops.models.levels import Levels, severest
from gitops.models.settings import Document
from gitops.models.waiver import Waiver
from gitops.models.waiver_rules import WaiverRules
from gitops.repository.facts import read_own
from gitops.repository.tree import LEVELS, WAIVER_RULES, Tree

TARGET_VARIABLE = "DARE_TARGET_BRANCH"
# What GitLab tells a pipeline of a merge request (its documentation, "Predefined CI/CD variables"); its clone is called origin.
GITLAB_VARIABLE = "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"


@dataclass(frozen=True)
class Gate:
    """The levels of each side, and the rules for waivers that keep to both."""

    levels: tuple[Levels, ...]
    waivers: WaiverRules
    environments: tuple[str, ...]
    """Every environment: what concerns none of them concerns all."""

    def level(self, check: Check, environment: str | None) -> Level | None:
        """The level of a check's finding; None where nobody wants it. A rule that can't be waived can't be lowered either."""
        places = (environment,) if environment else self.environments
        said = [levels.of(place, check.id, check.level) for levels in self.levels for place in places] or [check.level]
        return severest(said if check.waivable else [*said, check.level])

    def wants(self, check: Check, environment: str) -> bool:
        """Whether a rule counts in an environment at all."""
        return self.level(check, environment) is not None

    def waivable(self, rule: str) -> bool:
        """Whether a finding of the rule may be silenced."""
        return rule not in _held() and not self.waivers.forbid(rule)

    def refuses(self, waiver: Waiver, today: date) -> bool:
        """Whether a waiver silences nothing, since it goes further than one may."""
        return self.waivers.too_long(waiver, today) or bool(self.waivers.too_broad(waiver))


def gate_of(tree: Tree, target: str | None, root: Path | None = None) -> Gate:
    """The gate of a tree; ``target`` is a revision: the tip of the branch that it is to be merged into.

    ``root`` is where git knows the revision, where that is not the tree's own folder.

    Raises ``UserError`` where git does not know the revision, or its rules can't be read.
    """
    environments = tuple(tree.environments)
    if target is None:
        return Gate((tree.levels,), tree.waiver_rules, environments)
    levels = Levels.model_validate(_said(root or tree.root, target, LEVELS, Levels))
    rules = WaiverRules.model_validate(_said(root or tree.root, target, WAIVER_RULES, WaiverRules))
    return Gate((tree.levels, levels), tree.waiver_rules.with_those_of(rules), environments)


def target_of(variables: Mapping[str, str] = os.environ) -> str | None:
    """The target branch as the pipeline tells it, None outside a merge request's."""
    named = variables.get(GITLAB_VARIABLE)
    return variables.get(TARGET_VARIABLE) or (f"origin/{named}" if named else None)


def _said(root: Path, revision: str, path: str, document: type[Document]) -> object:
    data = git.file_at(root, revision, path)
    if data is None:
        return document()
    facts = read_own(path, data)
    if facts.data is None:
        raise UserError(f"{path} can't be read at '{revision}': {facts.complaints[0].message}; correct it there first")
    return facts.data


def _held() -> frozenset[str]:
    return frozenset(check.id for check in all_checks() if not check.waivable)
