"""The trials as one result, in the form of lint's: findings at the line to edit, waivers applied."""

import json
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import yaml
from pydantic import ValidationError

from gitops.models.errors import UserError
from gitops.models.finding import Finding, Level, ObjectReference, Result, RuleInfo
from gitops.models.paths import format_pointer
from gitops.models.waiver import Waivers
from gitops.reports import findings_json, junit, text
from gitops.repository.provenance import Provenance
from gitops.repository.rendering import RenderedEnvironment
from gitops.services.waiving import apply_waivers
from tests.e2e.dry_run.trial import Ground, Outcome, Remark

WAIVERS = Path(__file__).with_name("waivers.yaml")
_UNUSED = "SERVER006"

_RULES = (
    RuleInfo(
        Ground.REFUSED,
        "API server refuses the object",
        Level.ERROR,
        "The same answer would stop its sync.",
        "Correct what the API server names.",
    ),
    RuleInfo(
        Ground.WARNED,
        "API server warns",
        Level.ERROR,
        "It warns of what a later version, or another setting, refuses: old APIs, fields without effect, insecure pods.",
        "Correct it; what must stay gets a waiver in tests/e2e/dry_run/waivers.yaml.",
    ),
    RuleInfo(
        Ground.POD_REFUSED,
        "Admission refuses the workload's pod",
        Level.ERROR,
        "The workload is taken and looks well, and none of its pods ever appears.",
        "Correct the pod's template, or what its namespace allows (pod security, quotas, limits, service accounts).",
    ),
    RuleInfo(
        Ground.NO_ROOM,
        "Quota does not hold everything at once",
        Level.ERROR,
        "Each object fits alone; together the last ones are refused, and which these are depends on who comes first.",
        "Raise the quota, or ask for less in its namespace.",
    ),
    RuleInfo(
        Ground.KUBECTL,
        "kubectl apply refuses or warns",
        Level.ERROR,
        "Who applies by hand meets it, and client-side apply has limits of its own.",
        "Correct what kubectl names.",
    ),
    RuleInfo(
        _UNUSED,
        "Waiver silences nothing",
        Level.ERROR,
        "A waiver that nothing needs silences the next real finding that happens to look like it.",
        "Remove it from tests/e2e/dry_run/waivers.yaml.",
    ),
)
_FIXES = {rule.id: rule.fix for rule in _RULES}


def read_waivers(file: Path = WAIVERS) -> Waivers:
    """Raises ``UserError`` where the file is not as ``policies/schemas/waivers.json`` wants it."""
    try:
        return Waivers.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise UserError(f"{file}: {error}") from error


def judge(
    rendered: Sequence[RenderedEnvironment],
    outcomes: Sequence[Outcome],
    provenance: Provenance,
    waivers: Waivers,
    today: date,
    *,
    whole: bool,
) -> Result:
    """``whole`` tells whether all environments were tried: only then can a waiver be called unused."""
    findings = [_finding(remark, outcome.environment, provenance) for outcome in outcomes for remark in outcome.remarks]
    waived = apply_waivers(findings, waivers.waivers, today)
    unused = _unused(waivers, waived.used) if whole else ()
    return Result(
        findings=tuple(sorted({*waived.findings, *unused}, key=lambda finding: finding.sort_key)),
        environments=tuple(outcome.environment for outcome in outcomes),
        overlays=sum(len(environment.overlays) for environment in rendered),
        objects=sum(outcome.installed + outcome.tried for outcome in outcomes),
        rules=_RULES,
    )


def table(outcomes: Sequence[Outcome]) -> str:
    """A line for each environment, and what the reader must know of how it was tried."""
    head = ("environment", "installed", "tried", "pods", "remarks", "seconds")
    rows = [
        (one.environment, str(one.installed), str(one.tried), str(one.pods), str(len(one.remarks)), f"{one.seconds:.1f}")
        for one in outcomes
    ]
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    lines = []
    for first, *others in (head, *rows):
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        lines.append("  ".join(cells))
    notes: dict[str, list[str]] = {}
    for one in outcomes:
        if one.given:
            notes.setdefault(f"of Argo CD, which an operator installs, the test gives: {', '.join(one.given)}", []).append(
                one.environment
            )
        if one.not_in_force:
            notes.setdefault(f"tried, but not in force meanwhile: {', '.join(one.not_in_force)}", []).append(one.environment)
    lines += [f"{note} ({', '.join(names)})" for note, names in notes.items()]
    return "\n".join(lines) + "\n"


def write(result: Result, outcomes: Sequence[Outcome], kubernetes: str, folder: Path) -> None:
    """``dry-run.json`` and ``dry-run.xml`` (JUnit) in a folder."""
    trials = [
        {
            "environment": one.environment,
            "installed": one.installed,
            "tried": one.tried,
            "pods": one.pods,
            "given": one.given,
            "notInForce": one.not_in_force,
            "seconds": round(one.seconds, 1),
        }
        for one in outcomes
    ]
    report = {"kubernetes": kubernetes, "trials": trials, **json.loads(findings_json.write(result))}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dry-run.json").write_text(findings_json.as_json(report), encoding="utf-8")
    (folder / "dry-run.xml").write_text(junit.write(result, "dare-dry-run"), encoding="utf-8")


def summary(result: Result) -> str:
    """The findings as lint shows them."""
    return text.write(result)


def _finding(remark: Remark, environment: str, provenance: Provenance) -> Finding:
    file, line, target, component = f"overlays/{environment}", 1, None, None
    if remark.resource is not None:
        resource = remark.resource
        file, line = provenance.locate(resource, remark.path)
        target = ObjectReference(resource.api_version, resource.kind, resource.namespace, resource.name)
        component = resource.overlay.component
    return Finding(
        rule=remark.ground,
        level=Level.ERROR,
        message=remark.message,
        fix=_FIXES[remark.ground],
        file=file,
        line=line,
        environment=environment,
        component=component,
        object=target,
        path=format_pointer(remark.path),
    )


def _unused(waivers: Waivers, used: frozenset[int]) -> Iterator[Finding]:
    for index, waiver in enumerate(waivers.waivers):
        if index not in used:
            about = ", ".join([*waiver.objects, *waiver.images])
            message = f"waiver of {', '.join(waiver.rules)} for {about}: there is nothing to silence"
            file = WAIVERS.relative_to(WAIVERS.parents[3]).as_posix()
            yield Finding(_UNUSED, Level.ERROR, message, _FIXES[_UNUSED], file)
