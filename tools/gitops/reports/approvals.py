"""What ``scan.py approve`` decided and what that changes, for people and for programs."""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import Any

from gitops.models.approval import Approval
from gitops.models.image_decision import ApprovalRun
from gitops.reports.findings_json import as_json
from gitops.reports.phrases import count, visible

_INDENT = " " * 11


class Doing(StrEnum):
    """What a run does with what it decided."""

    WRITE = "wrote"
    SHOW = "would write"
    CHECK = "differs from what would be written"


def approvals_text(result: ApprovalRun, doing: Doing) -> str:
    """What needs a person first; then what is new, what ends and what goes; then the numbers."""
    withdrawn = {one.identity for one in result.withdrawn}
    lines = [
        *_listed("withdrawn", result.withdrawn, _why),
        *_listed("refused", (one for one in result.refused if one.identity not in withdrawn), _why),
        *_listed("lapsed", result.lapsed, lambda one: [f"its approval ended on {one.valid_until}: scan it again"]),
        *_listed("new", result.new, _until),
        *_listed("renewed", result.renewed, _until),
        *_listed("dropped", result.dropped, lambda _: ["no overlay names it any more"]),
        *(f"no digest  {visible(name)}" for name in result.unpinned),
    ]
    files = [f"{doing} {path}" for path in result.differing] or ["nothing differs from what is written"]
    return "\n".join([*lines, *([""] if lines else []), _summary(result), *files]) + "\n"


def approvals_json(result: ApprovalRun, doing: Doing) -> str:
    """One object: ``environment``, ``clean``, ``written``, ``differing``, and the images by what became of them."""
    parts = ("approved", "lapsed", "refused", "renewed", "withdrawn", "new", "dropped")
    return as_json(
        {
            "environment": result.environment,
            "clean": result.clean,
            "written": doing is Doing.WRITE,
            "differing": list(result.differing),
            **{part: [_approval(one) for one in getattr(result, part)] for part in parts},
            "unpinned": list(result.unpinned),
        }
    )


def _listed(word: str, some: Iterable[Approval], told: Callable[[Approval], list[str]]) -> Iterator[str]:
    for one in some:
        yield f"{word:10} {visible(one.name)}@{one.digest}"
        yield from (f"{_INDENT}{visible(line)}" for line in told(one))


def _why(one: Approval) -> list[str]:
    return [f"{refusal.rule}: {refusal.message}" for refusal in one.refusals]


def _until(one: Approval) -> list[str]:
    return [f"until {one.valid_until}"]


def _summary(result: ApprovalRun) -> str:
    told = [f"{len(result.approved)} approved", f"{len(result.refused)} refused"]
    told += [f"{len(result.lapsed)} of the approved lapsed"] if result.lapsed else []
    told += [f"{count(len(result.unpinned), 'image')} without a digest"] if result.unpinned else []
    return f"{result.environment}: {', '.join(told)}"


def _approval(one: Approval) -> dict[str, Any]:
    return {
        "image": one.name,
        "digest": one.digest,
        "validUntil": one.valid_until.isoformat(),
        "refusals": [{"rule": refusal.rule, "message": refusal.message} for refusal in one.refusals],
    }
