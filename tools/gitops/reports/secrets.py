"""What ``tools/secrets.py`` tells, for people and for programs. No value can get here: what is told holds none."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from gitops.models.secret_results import Audit, Generation, Plan, PlannedKey, PlannedSecret, State, Verb
from gitops.reports.findings_json import as_json
from gitops.reports.phrases import count

_DONE = {Verb.MAKE: "made", Verb.REMAKE: "rotated"}
_WOULD = {Verb.MAKE: "would make", Verb.REMAKE: "would rotate"}
_LEFT = {Verb.WAIT: "missing", Verb.DIFFERS: "differs", Verb.LEAVE: "not ours"}


def plan_text(plan: Plan) -> str:
    """Every Secret with its keys, and how many are there."""
    lines = [line for secret in plan.secrets for line in (*_planned(secret), "")]
    keys = [key for secret in plan.secrets for key in secret.keys]
    lines.append(f"{count(len(plan.secrets), 'Secret')}, {count(len(keys), 'key')} in {plan.environment}{_states(plan, keys)}")
    return "\n".join(lines) + "\n"


def plan_json(plan: Plan) -> str:
    """One object with ``environment``, ``place`` and ``secrets``."""
    return as_json(
        {
            "environment": plan.environment,
            "place": plan.place,
            "secrets": [
                {
                    "namespace": secret.name.namespace,
                    "name": secret.name.name,
                    "type": secret.type,
                    "why": secret.why,
                    "component": secret.component,
                    "readBy": list(secret.readers),
                    "keys": [
                        {"name": key.name, "way": key.way, "how": key.how, "state": key.state.value, "made": _time(key.made)}
                        for key in secret.keys
                    ],
                }
                for secret in plan.secrets
            ],
        }
    )


def generation_text(done: Generation) -> str:
    """What was made, and what is left to do."""
    words = _WOULD if done.dry_run else _DONE
    steps = sorted(done.steps, key=lambda step: step.key)
    rows = [(words[step.verb], str(step.key), "") for step in steps if step.changes]
    rows += [(_LEFT[step.verb], str(step.key), step.note) for step in steps if step.verb in _LEFT]
    kept = sum(step.verb is Verb.KEEP for step in done.steps)
    changed = sum(step.changes for step in done.steps)
    left = sum(not step.done for step in done.steps)
    would = "would be " if done.dry_run else ""
    summary = f"{count(changed, 'key')} {would}made or rotated, {kept} kept, {left} left to do in {done.place}"
    return "\n".join([*_aligned(rows), *([""] if rows else []), summary]) + "\n"


def generation_json(done: Generation) -> str:
    """One object with ``environment``, ``place``, ``dryRun``, ``complete`` and a step for each key."""
    return as_json(
        {
            "environment": done.environment,
            "place": done.place,
            "dryRun": done.dry_run,
            "complete": done.complete,
            "keys": [
                {
                    "namespace": step.key.secret.namespace,
                    "secret": step.key.secret.name,
                    "key": step.key.key,
                    "step": step.verb.value,
                    "note": step.note,
                }
                for step in done.steps
            ],
        }
    )


def audit_text(audit: Audit) -> str:
    """When each key was made, then what is wrong."""
    keys = sorted(audit.keys, key=lambda key: key.name)
    rows = [("made " + f"{key.made:%Y-%m-%d}" if key.made else "–", str(key.name), "") for key in keys if key.present]
    lines = [*_aligned(rows), *([""] if rows else [])]
    for finding in audit.findings:
        what = f"{finding.secret}:{finding.key}" if finding.key else str(finding.secret)
        lines += [f"{finding.fault}  {what} {finding.message}", f"    fix: {finding.fix}"]
    if audit.findings:
        lines.append("")
    number = count(len(audit.findings), "finding") if audit.findings else "clean"
    missing = sum(not key.present for key in audit.keys)
    lines.append(f"{number}: {len(audit.keys) - missing} of {count(len(audit.keys), 'key')} are there in {audit.place}")
    return "\n".join(lines) + "\n"


def audit_json(audit: Audit) -> str:
    """One object with ``environment``, ``place``, ``keys`` and ``findings``."""
    return as_json(
        {
            "environment": audit.environment,
            "place": audit.place,
            "keys": [
                {
                    "namespace": key.name.secret.namespace,
                    "secret": key.name.secret.name,
                    "key": key.name.key,
                    "present": key.present,
                    "made": _time(key.made),
                }
                for key in audit.keys
            ],
            "findings": [
                {
                    "fault": finding.fault.value,
                    "namespace": finding.secret.namespace,
                    "secret": finding.secret.name,
                    "key": finding.key,
                    "message": finding.message,
                    "fix": finding.fix,
                }
                for finding in audit.findings
            ],
        }
    )


def _planned(secret: PlannedSecret) -> Iterator[str]:
    kind = "" if secret.type == "Opaque" else f" ({secret.type})"
    yield f"{secret.name}{kind}"
    yield f"  {secret.why}"
    yield f"  declared by {secret.component}; read by {', '.join(secret.readers) or 'nothing'}"
    rows = [(f"  {key.name}", key.how, _state(key)) for key in secret.keys]
    yield from _aligned(rows)


def _state(key: PlannedKey) -> str:
    if key.state is State.PRESENT and key.made:
        return f"made {key.made:%Y-%m-%d}"
    return "" if key.state is State.UNKNOWN else key.state.value


def _states(plan: Plan, keys: list[PlannedKey]) -> str:
    if plan.place is None:
        return ""
    return f"; {sum(key.state is State.MISSING for key in keys)} missing in {plan.place}"


def _aligned(rows: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """Three columns, of which the last may be empty."""
    listed = list(rows)
    widths = [max((len(row[column]) for row in listed), default=0) for column in (0, 1)]
    for first, second, third in listed:
        yield f"{first:{widths[0]}}  {second:{widths[1]}}  {third}".rstrip()


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
