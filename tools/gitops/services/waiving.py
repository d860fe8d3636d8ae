"""Applies waivers to findings."""

from dataclasses import dataclass, replace
from datetime import date

from gitops.models.finding import Finding, WaiverNote
from gitops.models.waiver import Waiver


@dataclass(frozen=True, slots=True)
class Waived:
    """Findings with their waivers, and the indexes of the waivers that cover any of them, lapsed ones included."""

    findings: tuple[Finding, ...]
    used: frozenset[int]


def apply_waivers(findings: list[Finding], waivers: tuple[Waiver, ...], today: date) -> Waived:
    """Silences each finding that a waiver covers which still holds; of several, the one that lapses last is named."""
    used: set[int] = set()
    result = []
    for finding in findings:
        covering = [index for index, waiver in enumerate(waivers) if waiver.covers(finding)]
        used.update(covering)
        holding = [waivers[index] for index in covering if waivers[index].holds_on(today)]
        result.append(replace(finding, waiver=_note(holding)) if holding else finding)
    return Waived(tuple(result), frozenset(used))


def _note(holding: list[Waiver]) -> WaiverNote:
    waiver = max(holding, key=lambda candidate: candidate.expires)
    return WaiverNote(waiver.owner, waiver.reason, waiver.expires.isoformat())
