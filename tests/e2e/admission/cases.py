"""The cases of ``tests/admission``: an object, and what a policy must say of it.

``cases/<rule>.yaml`` are about the policy of that rule; ``evaluator/*.yaml`` bring a policy (its ``spec``) of their own. The
offline evaluator is held against the same files.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.conftest import ROOT

POLICIES = ROOT / "policies" / "admission"
CASES = ROOT / "tests" / "admission" / "cases"
EVALUATOR = ROOT / "tests" / "admission" / "evaluator"
_FIELDS = {"title", "operation", "subresource", "object", "oldObject", "namespace", "params", "binding", "policy", "expect"}


@dataclass(frozen=True)
class Case:
    """``policy`` names it; ``own`` is its spec where it comes with the case. ``message`` is None where any will do.

    ``binding`` is more of the binding's spec: how it refers to its parameters, where that is not by the first one's name.
    """

    id: str
    policy: str
    own: dict[str, Any] | None
    operation: str
    subresource: str
    object: dict[str, Any]
    old: dict[str, Any] | None
    namespace: dict[str, str]
    params: list[dict[str, Any]]
    binding: dict[str, Any]
    allowed: bool
    message: str | None


def policies() -> dict[str, dict[str, Any]]:
    """The manifests of ``policies/admission`` by name, as they are written."""
    found = {}
    for file in sorted(POLICIES.glob("*.yaml")):
        body = yaml.safe_load(file.read_text(encoding="utf-8"))
        if body["kind"] == "ValidatingAdmissionPolicy":
            found[str(body["metadata"]["name"])] = body
    return found


def policy_cases() -> list[Case]:
    return list(_read(CASES))


def evaluator_cases() -> list[Case]:
    return list(_read(EVALUATOR))


def _read(folder: Path) -> Iterator[Case]:
    for file in sorted(folder.glob("*.yaml")):
        for number, entry in enumerate(yaml.safe_load(file.read_text(encoding="utf-8")), 1):
            unknown = set(entry) - _FIELDS
            if unknown:
                raise ValueError(f"{file.name}: case {number}: unknown fields {', '.join(sorted(unknown))}")
            own = entry.get("policy")
            yield Case(
                id=f"{file.stem}: {entry['title']}",
                policy=f"e2e-{file.stem}-{number}" if own else f"dare-{file.stem}",
                own=own,
                operation=entry.get("operation", "CREATE"),
                subresource=entry.get("subresource", ""),
                object=entry["object"],
                old=entry.get("oldObject"),
                namespace=entry.get("namespace") or {},
                params=given if isinstance(given := entry.get("params") or [], list) else [given],
                binding=entry.get("binding") or {},
                allowed=entry["expect"]["allowed"],
                message=entry["expect"].get("message"),
            )
