"""What is silenced, by whom and until when: the waivers of one run, for people and for programs."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from gitops.models.finding import Finding, Result, WaiverUse
from gitops.reports.findings_json import as_finding, as_json
from gitops.reports.phrases import count, visible

FORMATS = ("text", "json")


def write(result: Result, form: str) -> str:
    """The waivers in the order in which they lapse, as one of ``FORMATS``."""
    waivers = sorted(result.waivers, key=lambda waiver: (waiver.note.expires, waiver.line))
    return as_json({"waivers": [_as_json(waiver) for waiver in waivers]}) if form == "json" else _text(waivers)


def _text(waivers: list[WaiverUse]) -> str:
    blocks = ["\n".join(visible(line) for line in _lines(waiver)) for waiver in waivers]
    silenced = sum(len(waiver.silenced) for waiver in waivers)
    return "\n\n".join([*blocks, f"{count(len(waivers), 'waiver')}: {count(silenced, 'finding')} silenced"]) + "\n"


def _lines(waiver: WaiverUse) -> Iterator[str]:
    yield f"{', '.join(waiver.rules)}, {_until(waiver)}, owner {waiver.note.owner}"
    where = f" in {', '.join(waiver.environments)}" if waiver.environments else ""
    yield f"    for {', '.join((*waiver.objects, *waiver.images))}{where}"
    yield f"    reason: {waiver.note.reason.strip()}"
    if waiver.note.ticket:
        yield f"    ticket: {waiver.note.ticket}"
    yield f"    line {waiver.line} of policies/waivers.yaml, silences {_summary(waiver.silenced)}"
    for (rule, about), environments in _grouped(waiver.silenced).items():
        where = f"  ({', '.join(sorted(environments))})" if environments else ""
        yield f"      {rule}  {about}{where}"


def _until(waiver: WaiverUse) -> str:
    if waiver.state == "lapsed":
        return f"lapsed on {waiver.note.expires}"
    until = f"until {waiver.note.expires} ({count(waiver.days, 'day')} left)"
    return until if waiver.state == "holds" else f"{until}, without effect: {waiver.state}"


def _summary(silenced: Iterable[Finding]) -> str:
    counts = Counter(finding.rule for finding in silenced)
    return ", ".join(f"{count(number, 'finding')} of {rule}" for rule, number in sorted(counts.items())) or "nothing"


def _grouped(silenced: Iterable[Finding]) -> dict[tuple[str, str], set[str]]:
    """The environments by rule and what the finding is about."""
    found: dict[tuple[str, str], set[str]] = {}
    for finding in silenced:
        place = str(finding.object) if finding.object else f"{finding.file}:{finding.line}"
        about = f"{place}: {finding.image}" if finding.image else place
        found.setdefault((finding.rule, about), set()).update([finding.environment] if finding.environment else [])
    return dict(sorted(found.items()))


def _as_json(waiver: WaiverUse) -> dict[str, Any]:
    return {
        "rules": list(waiver.rules),
        "environments": list(waiver.environments),
        "objects": list(waiver.objects),
        "images": list(waiver.images),
        "owner": waiver.note.owner,
        "reason": waiver.note.reason,
        "ticket": waiver.note.ticket or None,
        "expires": waiver.note.expires,
        "daysLeft": waiver.days,
        "state": waiver.state,
        "line": waiver.line,
        "silenced": [as_finding(finding) for finding in waiver.silenced],
    }
