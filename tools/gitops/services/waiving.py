"""Applies waivers to findings, and finds what is wrong with the waivers themselves."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

from gitops.models.finding import Finding, Level, RuleInfo, WaiverNote
from gitops.models.waiver import Waiver
from gitops.repository.tree import WAIVERS, Tree

LONGEST_LIFE = timedelta(days=400)
NOTICE = timedelta(days=14)

EXPIRED = RuleInfo(
    "WAIVER001",
    "Waiver has lapsed",
    Level.ERROR,
    "A waiver is a promise with a date; after it, what it silenced counts again.",
    "Correct what it was for, or renew it with a new reason and date in a merge request of its own.",
)
LAPSING = RuleInfo(
    "WAIVER002",
    "Waiver lapses soon",
    Level.WARNING,
    "In two weeks what it silences fails every merge request.",
    "Correct what it is for now, or renew it.",
)
UNUSED = RuleInfo(
    "WAIVER003",
    "Waiver silences nothing",
    Level.ERROR,
    "A waiver that nothing needs silences the next real finding that happens to look like it.",
    "Remove it, or correct its rule, environments and objects.",
)
TOO_LONG = RuleInfo(
    "WAIVER004",
    "Waiver lives too long",
    Level.ERROR,
    "A waiver of more than 400 days is a rule that was given up without saying so.",
    "Choose an earlier day, or change the rule's level.",
)
WAIVER_RULES = (EXPIRED, LAPSING, UNUSED, TOO_LONG)


def apply_waivers(findings: list[Finding], waivers: tuple[Waiver, ...], today: date) -> tuple[list[Finding], set[int]]:
    """The findings, silenced where a waiver that still holds covers them, and the indexes of the waivers that cover any."""
    used: set[int] = set()
    result = []
    for finding in findings:
        covering = [index for index, waiver in enumerate(waivers) if waiver.covers(finding)]
        used.update(covering)
        holding = [waivers[index] for index in covering if waivers[index].holds_on(today)]
        if holding:
            waiver = max(holding, key=lambda candidate: candidate.expires)
            finding = replace(finding, waiver=WaiverNote(waiver.owner, waiver.reason, waiver.expires.isoformat()))  # noqa: PLW2901
        result.append(finding)
    return result, used


def waiver_findings(tree: Tree, used: set[int], today: date, *, whole: bool) -> Iterator[Finding]:
    """What is wrong with the waivers. Only a run over the ``whole`` repository can say that one is not needed."""
    for index, waiver in enumerate(tree.waivers.waivers):
        line = tree.line(WAIVERS, ("waivers", index))
        what = f"waiver of {waiver.rule} for {', '.join(waiver.objects)}"
        if not waiver.holds_on(today):
            yield _finding(EXPIRED, line, f"{what}: lapsed on {waiver.expires}, owner {waiver.owner}")
        elif whole and index not in used:
            yield _finding(UNUSED, line, f"{what}: nothing to silence")
        elif waiver.expires - today > LONGEST_LIFE:
            yield _finding(TOO_LONG, line, f"{what}: until {waiver.expires}, more than {LONGEST_LIFE.days} days ahead")
        elif waiver.expires - today <= NOTICE:
            yield _finding(LAPSING, line, f"{what}: lapses on {waiver.expires}, owner {waiver.owner}")


def _finding(rule: RuleInfo, line: int, message: str) -> Finding:
    return Finding(rule.id, rule.level, message, rule.fix, WAIVERS, line)
