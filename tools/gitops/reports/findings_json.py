"""The run as JSON for other programs; ``tests/schemas/lint-report.json`` describes it."""

import json
from typing import Any

from gitops.models.finding import Finding, ObjectReference, Result, WaiverNote
from gitops.reports.phrases import encodable


def write(result: Result) -> str:
    """One object with ``summary``, ``findings`` and ``timings`` (seconds by step)."""
    return as_json(
        {
            "summary": {
                "errors": result.errors,
                "warnings": result.warnings,
                "waived": result.waived,
                "overlays": result.overlays,
                **({"files": result.files} if result.files else {}),
                "objects": result.objects,
                "environments": list(result.environments),
            },
            "findings": [as_finding(finding) for finding in result.findings],
            "timings": {timing.step: round(timing.seconds, 3) for timing in result.timings},
        }
    )


def as_json(data: object) -> str:
    """Two spaces deep, in the order given, letters as they are, a newline at the end."""
    return encodable(json.dumps(data, indent=2, ensure_ascii=False)) + "\n"


def as_finding(finding: Finding) -> dict[str, Any]:
    """A finding as an object."""
    return {
        "rule": finding.rule,
        "level": finding.level.value,
        "environment": finding.environment,
        "component": finding.component,
        "object": _object(finding.object) if finding.object else None,
        "path": finding.path,
        "file": finding.file,
        "line": finding.line,
        "message": finding.message,
        "fix": finding.fix,
        "waiver": _waiver(finding.waiver) if finding.waiver else None,
    }


def _object(target: ObjectReference) -> dict[str, str]:
    return {"apiVersion": target.api_version, "kind": target.kind, "namespace": target.namespace, "name": target.name}


def _waiver(note: WaiverNote) -> dict[str, str]:
    ticket = {"ticket": note.ticket} if note.ticket else {}
    return {"owner": note.owner, "reason": note.reason, **ticket, "expires": note.expires}
