"""``policies/levels.yaml`` and ``waiver-rules.yaml``: about rules that there are, and nothing lowered that must hold."""

from collections.abc import Iterator

from gitops.checks.unit import Check, Problem, Scope, all_checks, check
from gitops.models.finding import Level
from gitops.models.levels import Setting, family_of
from gitops.repository.complaints import close_names
from gitops.repository.policy_rules import policy_rules
from gitops.repository.tree import LEVELS, WAIVER_RULES, Tree


@check(
    "LEVEL001",
    "Setting for a rule or environment that is not there",
    Scope.TREE,
    why="What stands under a misspelt name changes nothing: the rule weighs as before, and nobody notices.",
    fix="Correct the name, or take the entry out.",
    waivable=False,
)
def of_nothing(tree: Tree) -> Iterator[Problem]:
    """Environments, rules and families in `policies/levels.yaml`, and notWaivable in `waiver-rules.yaml`, that do not exist."""
    forbidden = tree.waiver_rules.not_waivable
    known = _known(tree) if tree.levels.levels or forbidden else []
    for index, rule in enumerate(forbidden):
        if rule not in known:
            line = tree.line(WAIVER_RULES, ("notWaivable", index))
            yield Problem(f"there is no {_sort(rule)} '{rule}'", file=WAIVER_RULES, line=line, fix=_near(rule, known))
    for environment, settings in tree.levels.levels.items():
        if environment not in tree.environments:
            near = _near(environment, list(tree.environments))
            yield _problem(tree, f"there is no environment '{environment}'", environment, near)
        for rule in settings:
            if rule not in known:
                yield _problem(tree, f"there is no {_sort(rule)} '{rule}'", environment, _near(rule, known), rule)


@check(
    "LEVEL002",
    "Level of a rule that must hold",
    Scope.TREE,
    why="What can't be waived can't be lowered either: the entry changes nothing.",
    fix="Take the entry out.",
    waivable=False,
)
def of_what_must_hold(tree: Tree) -> Iterator[Problem]:
    """Rules, and families without any other rule, that can't be waived and that an environment wants to weigh less."""
    by_name: dict[str, list[Check]] = {}
    for unit in all_checks():
        for name in (unit.id, family_of(unit.id)):
            by_name.setdefault(name, []).append(unit)
    for environment, settings in tree.levels.levels.items():
        for rule, setting in settings.items():
            units = by_name.get(rule, [])
            if any(_lowers(setting, unit.level) for unit in units) and not any(unit.waivable for unit in units):
                yield _problem(tree, f"{rule} can't be lowered to {setting.value}", environment, "", rule)


def _lowers(setting: Setting, level: Level) -> bool:
    return setting is Setting.OFF or (setting is Setting.WARNING and level is Level.ERROR)


def _known(tree: Tree) -> list[str]:
    rules = [*(unit.id for unit in all_checks()), *policy_rules(tree)]
    return sorted({*rules, *map(family_of, rules)})


def _sort(rule: str) -> str:
    return "rule" if rule[-1].isdigit() else "family of rules"


def _near(name: str, known: list[str]) -> str:
    near = close_names(name, known)
    return f"Did you mean '{near[0]}'?" if near else ""


def _problem(tree: Tree, message: str, environment: str, fix: str, *rule: str) -> Problem:
    line = tree.line(LEVELS, ("levels", environment, *rule))
    return Problem(f"{environment}: {message}" if rule else message, file=LEVELS, line=line, fix=fix)
