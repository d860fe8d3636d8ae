"""The waivers themselves: a promise that has a date, and is still needed."""

from collections.abc import Iterator
from datetime import timedelta

from gitops.checks.evidence import WaiverEvidence
from gitops.checks.unit import Problem, Scope, check
from gitops.models.finding import Level
from gitops.models.waiver import Waiver
from gitops.repository.tree import WAIVERS

LONGEST_LIFE = timedelta(days=400)
NOTICE = timedelta(days=14)
DANGER = "DANGER"  # the family of what only tools/diff.py finds


@check(
    "WAIVER001",
    "Waiver has lapsed",
    Scope.WAIVERS,
    why="A waiver is a promise with a date; after it, what it silenced counts again.",
    fix="Correct what it was for, or renew it with a new reason and date in a merge request of its own.",
)
def lapsed(evidence: WaiverEvidence) -> Iterator[Problem]:
    """Waivers whose last day is past."""
    for index, waiver in enumerate(evidence.waivers):
        if not waiver.holds_on(evidence.today):
            yield _problem(evidence, index, f"lapsed on {waiver.expires}, owner {waiver.owner}")


@check(
    "WAIVER002",
    "Waiver lapses soon",
    Scope.WAIVERS,
    level=Level.WARNING,
    why="In two weeks what it silences fails every merge request.",
    fix="Correct what it is for now, or renew it.",
)
def lapsing(evidence: WaiverEvidence) -> Iterator[Problem]:
    """Waivers in their last 14 days."""
    for index, waiver in enumerate(evidence.waivers):
        if waiver.holds_on(evidence.today) and waiver.expires - evidence.today <= NOTICE:
            yield _problem(evidence, index, f"lapses on {waiver.expires}, owner {waiver.owner}")


@check(
    "WAIVER003",
    "Waiver silences nothing",
    Scope.WAIVERS,
    why="A waiver that nothing needs silences the next real finding that happens to look like it.",
    fix="Remove it, or correct its rules, environments, objects and images.",
)
def unused(evidence: WaiverEvidence) -> Iterator[Problem]:
    """Waivers that hold and cover no finding; only a run over the whole repository can tell. Those for dangers alone are left
    out: a danger is there while a merge request is open, and its waiver goes when it lapses.
    """
    for index, waiver in enumerate(evidence.waivers if evidence.whole else ()):
        if waiver.holds_on(evidence.today) and index not in evidence.used and not _for_dangers(waiver):
            yield _problem(evidence, index, "there is nothing to silence")


@check(
    "WAIVER004",
    "Waiver lives too long",
    Scope.WAIVERS,
    why="A waiver of more than 400 days is a rule that was given up without saying so.",
    fix="Choose an earlier day, or change the rule's level.",
)
def too_long(evidence: WaiverEvidence) -> Iterator[Problem]:
    """Waivers whose last day is more than 400 days ahead."""
    for index, waiver in enumerate(evidence.waivers):
        if waiver.expires - evidence.today > LONGEST_LIFE:
            yield _problem(evidence, index, f"until {waiver.expires}, more than {LONGEST_LIFE.days} days ahead")


def _for_dangers(waiver: Waiver) -> bool:
    return all(rule.startswith(DANGER) for rule in waiver.rules)


def _problem(evidence: WaiverEvidence, index: int, what: str) -> Problem:
    line = evidence.tree.line(WAIVERS, ("waivers", index))
    return Problem(f"{_name(evidence.waivers[index])}: {what}", file=WAIVERS, line=line)


def _name(waiver: Waiver) -> str:
    return f"waiver of {', '.join(waiver.rules)} for {', '.join((*waiver.objects, *waiver.images))}"
