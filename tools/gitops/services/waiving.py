"""Applies waivers to findings."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date

from gitops.checks.evidence import WaiverEvidence
from gitops.models.finding import Finding, WaiverNote, WaiverUse
from gitops.models.globs import GlobIndex
from gitops.models.waiver import Waiver, names_of


@dataclass(frozen=True, slots=True)
class Waived:
    """Findings with their waivers, and the indexes of the waivers that cover any of them, lapsed ones included.

    ``silenced`` are the findings by the index of the waiver that they are told to be waived by.
    """

    findings: tuple[Finding, ...]
    used: frozenset[int]
    silenced: dict[int, tuple[Finding, ...]] = field(default_factory=dict)


def apply_waivers(
    findings: list[Finding],
    waivers: tuple[Waiver, ...],
    today: date,
    *,
    refuses: Callable[[Waiver, date], bool] = lambda _waiver, _today: False,
    waivable: Callable[[str], bool] = lambda _rule: True,
) -> Waived:
    """Silences each finding that a waiver covers which still holds; of several, the one that lapses last is named.

    ``refuses`` tells waivers that silence nothing whatever they cover, ``waivable`` the rules that can be silenced at all.
    """
    index = _index(waivers)
    holding = [waiver.holds_on(today) and not refuses(waiver, today) for waiver in waivers]
    used: set[int] = set()
    silenced: dict[int, list[Finding]] = defaultdict(list)
    result = []
    for finding in findings:
        covering = [number for number in _candidates(index, finding) if waivers[number].covers(finding)]
        used.update(covering)
        able = [number for number in covering if holding[number]] if waivable(finding.rule) else []
        if able:
            chosen = max(able, key=lambda number: (waivers[number].expires, -number))
            finding = replace(finding, waiver=_note(waivers[chosen]))  # noqa: PLW2901 - the same finding, silenced
            silenced[chosen].append(finding)
        result.append(finding)
    return Waived(tuple(result), frozenset(used), {number: tuple(some) for number, some in silenced.items()})


def uses(evidence: WaiverEvidence, waived: Waived) -> tuple[WaiverUse, ...]:
    """Every waiver with what it silences, in the order of the file."""
    return tuple(
        WaiverUse(
            rules=waiver.rules,
            environments=waiver.environments,
            objects=waiver.objects,
            images=waiver.images,
            note=_note(waiver),
            line=evidence.lines[number],
            state=_state(evidence, waiver),
            days=(waiver.expires - evidence.today).days,
            silenced=waived.silenced.get(number, ()),
        )
        for number, waiver in enumerate(evidence.waivers)
    )


def _state(evidence: WaiverEvidence, waiver: Waiver) -> str:
    if not waiver.holds_on(evidence.today):
        return "lapsed"
    if evidence.rules.too_long(waiver, evidence.today):
        return "too long"
    return "too broad" if evidence.rules.too_broad(waiver) else "holds"


def _index(waivers: Iterable[Waiver]) -> tuple[GlobIndex, GlobIndex]:
    """The waivers by their objects, and those that have none by their images."""
    objects, images = GlobIndex(), GlobIndex()
    for number, waiver in enumerate(waivers):
        if waiver.objects:
            objects.add(waiver.objects, number)
        else:
            images.add(waiver.images, number)
    return objects, images


def _candidates(index: tuple[GlobIndex, GlobIndex], finding: Finding) -> list[int]:
    objects, images = index
    return sorted(images.matching(finding.image).union(*(objects.matching(name) for name in names_of(finding))))


def _note(waiver: Waiver) -> WaiverNote:
    return WaiverNote(waiver.owner, waiver.reason, waiver.expires.isoformat(), waiver.ticket or "")
