"""GitLab's Code Quality report: the findings beside the lines of a merge request.

The format is the table "Code Quality report format" in GitLab's documentation, "Code Quality", section "Implement a
custom tool". GitLab shows entries with one fingerprint as one, so each entry gets its own.
"""

from typing import Any

from gitops.models.finding import Finding, Level, Result
from gitops.reports.findings_json import as_json
from gitops.reports.identity import unique_fingerprints
from gitops.reports.phrases import subject

_SEVERITIES = {Level.ERROR: "major", Level.WARNING: "minor"}


def write(result: Result) -> str:
    """An array with one entry for each finding that no waiver silences."""
    open_findings = [finding for finding in result.findings if finding.waiver is None]
    return as_json([_entry(finding, mark) for finding, mark in unique_fingerprints(open_findings)])


def _entry(finding: Finding, mark: str) -> dict[str, Any]:
    return {
        "description": _description(finding),
        "check_name": finding.rule,
        "fingerprint": mark,
        "severity": _SEVERITIES[finding.level],
        "location": {"path": finding.file, "lines": {"begin": finding.line}},
    }


def _description(finding: Finding) -> str:
    """GitLab shows nothing else of an entry, so environment and object stand here."""
    context = ", ".join(part for part in (finding.environment, subject(finding)) if part)
    return f"{finding.message} ({context})" if context else finding.message
