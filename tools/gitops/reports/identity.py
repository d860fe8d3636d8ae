"""What makes a finding the same finding in the next run, although lines have moved."""

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256

from gitops.models.finding import Finding


def fingerprint(finding: Finding, occurrence: int = 1) -> str:
    """A SHA-256 over all that names the finding but its line; ``occurrence`` tells apart what is otherwise alike."""
    target = finding.object
    names = [target.api_version, target.kind, target.namespace, target.name] if target else []
    parts = [finding.rule, finding.environment, names, finding.path, finding.message, finding.file, occurrence]
    return sha256(json.dumps(parts).encode()).hexdigest()


def unique_fingerprints(findings: Iterable[Finding]) -> Iterator[tuple[Finding, str]]:
    """Each finding with a fingerprint that no other has; those alike are numbered in the order in which they come."""
    seen: dict[str, int] = {}
    for finding in findings:
        plain = fingerprint(finding)
        seen[plain] = seen.get(plain, 0) + 1
        yield finding, fingerprint(finding, seen[plain])
