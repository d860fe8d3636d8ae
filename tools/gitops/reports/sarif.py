"""SARIF 2.1.0 (OASIS Standard, "Static Analysis Results Interchange Format"), for editors and code scanning.

Section numbers in this module are that standard's.
"""

import re
from typing import Any
from urllib.parse import quote

from gitops.models.finding import Finding, Result, RuleInfo
from gitops.reports.findings_json import as_json
from gitops.reports.identity import fingerprint
from gitops.reports.phrases import waived

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_ROOT = "%SRCROOT%"
_FINGERPRINT = "dareLint/v1"


def write(result: Result) -> str:
    """One run with all rules and one result for each finding; waived ones are suppressed results."""
    indices = {rule.id: index for index, rule in enumerate(result.rules)}
    run = {
        "tool": {"driver": {"name": "dare-lint", "rules": [_rule(rule) for rule in result.rules]}},
        "originalUriBaseIds": {_ROOT: {"description": _text("The root of the repository.")}},
        "results": [_result(finding, indices.get(finding.rule)) for finding in result.findings],
    }
    return as_json({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: RuleInfo) -> dict[str, Any]:
    words = re.findall(r"[^\W_]+", rule.title)
    return {
        "id": rule.id,
        "name": "".join(word[0].upper() + word[1:] for word in words) or rule.id,
        "shortDescription": _text(rule.title),
        "fullDescription": _text(rule.why),
        "help": _text(rule.fix),
        "defaultConfiguration": {"level": rule.level.value},
    }


def _result(finding: Finding, rule_index: int | None) -> dict[str, Any]:
    message = f"{finding.message}\nfix: {finding.fix}" if finding.fix else finding.message
    index = {} if rule_index is None else {"ruleIndex": rule_index}
    return {
        "ruleId": finding.rule,
        **index,
        "level": finding.level.value,
        "message": _text(message),
        "locations": [_location(finding)],
        "partialFingerprints": {_FINGERPRINT: fingerprint(finding)},
        # 3.27.23: null for all results or for none; an empty array says that nothing silences this one.
        "suppressions": [{"kind": "external", "justification": waived(finding.waiver)}] if finding.waiver else [],
        **({"properties": {"path": finding.path}} if finding.path else {}),
    }


def _location(finding: Finding) -> dict[str, Any]:
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": _artifact(finding.file),
            "region": {"startLine": finding.line},
        }
    }
    logical = _logical_location(finding)
    if logical:
        location["logicalLocations"] = [logical]
    return location


def _logical_location(finding: Finding) -> dict[str, str]:
    """What is meant, whatever file it comes from: ``testbed/dare-login/Deployment/dare/dare-login`` (3.33)."""
    overlay = [part for part in (finding.environment, finding.component) if part]
    target = finding.object
    if target is None:
        return {"name": overlay[-1], "fullyQualifiedName": "/".join(overlay), "kind": "module"} if overlay else {}
    names = [part for part in (*overlay, target.kind, target.namespace, target.name) if part]
    return {"name": target.name, "fullyQualifiedName": "/".join(names), "kind": "resource"}


def _artifact(file: str) -> dict[str, str]:
    """A file of the repository, or one that was given by its absolute path."""
    return {"uri": f"file://{_uri(file)}"} if file.startswith("/") else {"uri": _uri(file), "uriBaseId": _ROOT}


def _uri(file: str) -> str:
    """A relative reference (RFC 3986): the bytes of the path, percent-encoded, a colon too, or it would end a scheme."""
    return quote(file, errors="surrogateescape")


def _text(text: str) -> dict[str, str]:
    """A message, with braces doubled, since single ones would stand for arguments (3.11.5)."""
    return {"text": text.replace("{", "{{").replace("}", "}}")}
