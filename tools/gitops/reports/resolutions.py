"""What ``scan.py resolve`` tells, for people and for programs."""

from collections.abc import Iterable, Iterator
from typing import Any

from gitops.models.inventory import (
    ByHand,
    Gap,
    ImageUse,
    Inventory,
    Outcome,
    PinEdit,
    Resolution,
    Resolved,
    UnnamedImage,
    Unrendered,
)
from gitops.reports.findings_json import as_json
from gitops.reports.phrases import count

_GAPS = {
    Gap.LOGICAL: "it stands for an image, and no overlay says for which; not resolved",
    Gap.NO_VERSION: "it has neither tag nor digest; choose a tag in the registry and set newTag",
    Gap.MALFORMED: "it is no image reference; correct it",
}
_MOST_USES = 4


def resolved_text(result: Resolved) -> str:
    """What needs a person first, then what the overlays get, then the numbers."""
    blocks = [
        *(unrendered_lines(one) for one in result.inventory.unrendered),
        *(unnamed_lines(one) for one in result.inventory.unnamed),
        *(_told(one) for one in result.resolutions if one.outcome in (Outcome.FAILED, Outcome.MOVED)),
        *(_by_hand(one) for one in result.by_hand),
    ]
    lines = [line for block in blocks for line in (*block, "")]
    lines += [line for one in result.resolutions if one.outcome is Outcome.RESOLVED for line in _resolved(one)]
    if result.diff and not result.written:
        lines += ["", *result.diff.splitlines()]
    return "\n".join([*lines, *([""] if lines and lines[-1] else []), _summary(result)]) + "\n"


def resolved_json(result: Resolved) -> str:
    """One object: ``complete``, ``images``, ``unnamed``, ``unrendered``, ``edits``, ``byHand``, ``written``."""
    return as_json(
        {
            "complete": result.complete,
            "images": [_image(one) for one in result.resolutions],
            "unnamed": unnamed_json(result.inventory),
            "unrendered": unrendered_json(result.inventory),
            "edits": [{"name": one.name, **_place(one)} for one in result.edits],
            "byHand": [{**_place(one), "message": one.message} for one in result.by_hand],
            "diff": result.diff,
            "written": result.written,
        }
    )


def unnamed_json(inventory: Inventory) -> list[dict[str, Any]]:
    """The names that lead to no image."""
    return [{"text": one.text, "why": one.gap.value, "namedBy": _uses_json(one.uses)} for one in inventory.unnamed]


def unrendered_json(inventory: Inventory) -> list[dict[str, Any]]:
    """The overlays whose images nobody knows."""
    return [{"overlay": one.overlay, "message": one.message} for one in inventory.unrendered]


def unrendered_lines(one: Unrendered) -> Iterator[str]:
    """An overlay whose images nobody knows."""
    yield f"failed    {one.overlay}"
    yield f"          its images are not known: {one.message}"


def unnamed_lines(one: UnnamedImage) -> Iterator[str]:
    """A name that leads to no image, and where it stands."""
    yield f"{'told' if one.gap is Gap.LOGICAL else 'failed':9} {one.text}"
    yield f"          {_GAPS[one.gap]}"
    yield from _uses(one.uses)


def _told(one: Resolution) -> Iterator[str]:
    yield f"{one.outcome:9} {one.image.reference}"
    yield f"          {one.message.removeprefix(f'{one.image.reference}: ')}"
    yield from _uses(one.image.uses)


def _by_hand(one: ByHand) -> Iterator[str]:
    yield f"by hand   {one.reference}@{one.digest}"
    yield f"          {one.file}:{one.line}: {one.message}"


def _resolved(one: Resolution) -> Iterator[str]:
    yield f"resolved  {one.image.reference}"
    yield f"          {one.digest}"


def _uses(uses: tuple[ImageUse, ...]) -> Iterator[str]:
    for use in uses[:_MOST_USES]:
        yield f"          {use.file}:{use.line}  {use.environment}: {use.object}"
    if len(uses) > _MOST_USES:
        yield f"          and {len(uses) - _MOST_USES} more"


def _summary(result: Resolved) -> str:
    numbers = [(outcome.value, sum(one.outcome is outcome for one in result.resolutions)) for outcome in Outcome]
    parts = [f"{number} {word}" for word, number in numbers if number]
    text = f"{count(len(result.resolutions), 'image')}: {', '.join(parts) or 'nothing to ask'}"
    without = sum(one.gap is not Gap.LOGICAL for one in result.inventory.unnamed)
    logical = len(result.inventory.unnamed) - without
    if without:
        text += f"; {count(without, 'name')} without a version"
    if logical:
        text += f"; {count(logical, 'name')} that {'stands' if logical == 1 else 'stand'} for an image"
    if result.inventory.unrendered:
        text += f"; {count(len(result.inventory.unrendered), 'overlay')} not rendered"
    if result.edits:
        files = len({edit.file for edit in result.edits})
        verb = "put into" if result.written else "to be put into"
        text += f"; {count(len(result.edits), 'digest')} {verb} {count(files, 'file')}"
    return text


def _image(one: Resolution) -> dict[str, Any]:
    return {
        "image": str(one.image.reference),
        "outcome": one.outcome.value,
        "digest": one.digest or None,
        "mediaType": one.media_type or None,
        "platforms": dict(one.platforms),
        "now": one.now or None,
        "reason": one.reason or None,
        "message": one.message or None,
        "namedBy": _uses_json(one.image.uses),
    }


def _uses_json(uses: Iterable[ImageUse]) -> list[dict[str, Any]]:
    return [
        {
            "environment": use.environment,
            "component": use.component,
            "object": use.object,
            "file": use.file,
            "line": use.line,
        }
        for use in uses
    ]


def _place(one: PinEdit | ByHand) -> dict[str, Any]:
    return {"file": one.file, "line": one.line, "image": str(one.reference), "digest": one.digest}
