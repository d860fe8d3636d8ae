"""The difference for people at a terminal."""

from collections.abc import Iterable, Iterator

from gitops.models.difference import ChangeKind, Delivery, Difference, FieldChange, ObjectChange
from gitops.models.finding import Finding
from gitops.reports.diff_phrases import (
    CAPACITY_COLUMNS,
    MARKS,
    about,
    capacity_told,
    field_lines,
    grouped,
    heading,
    image_told,
    number_told,
    numbers,
    object_title,
    overlays_told,
    value,
)
from gitops.reports.phrases import count, visible, waived


def write(difference: Difference, _limit: int) -> str:
    """The whole report as plain text; it is never cut."""
    return "".join(f"{line}".rstrip() + "\n" for line in _lines(difference))


def _lines(difference: Difference) -> Iterator[str]:
    yield f"from {visible(difference.base)} to {visible(difference.head)}"
    if difference.failures:
        yield from ("", "not rendered")
        for failure in difference.failures:
            yield f"  {failure.overlay.path} ({visible(failure.side)})"
            yield from (f"      {line}" for line in visible(failure.message).splitlines())
    if difference.dangers:
        yield from ("", "dangers")
        for danger, environments in grouped(difference.dangers):
            yield from _danger(danger, environments)
    for delivery in difference.deliveries:
        yield ""
        yield f"{heading(delivery)}: {numbers(delivery)}"
        if delivery.revisions != (difference.base, difference.head):
            yield f"  from {visible(delivery.revisions[0])} to {visible(delivery.revisions[1])}"
        yield from _delivery(delivery)
    yield ""
    yield summary(difference)


def summary(difference: Difference) -> str:
    """What it comes down to, in one line."""
    dangers = [danger for danger, _ in grouped(difference.dangers)]
    waived_ones = sum(danger.waiver is not None for danger in dangers)
    grave = sum(danger.fails for danger in dangers)
    lesser = len(dangers) - waived_ones - grave
    parts = [count(sum(1 for _ in difference.objects), "change"), count(grave, "danger"), count(lesser, "warning")]
    parts += [f"{waived_ones} waived"] if waived_ones else []
    parts += [f"{count(len(difference.failures), 'overlay')} not rendered"] if difference.failures else []
    return ", ".join(parts)


def _danger(danger: Finding, environments: str) -> Iterator[str]:
    where = f"  ({environments})" if environments else ""
    yield f"  {danger.level.value}  {danger.rule}  {visible(danger.message)}{where}"
    yield f"      {about(danger)}"
    yield f"      {visible(waived(danger.waiver) if danger.waiver else f'instead: {danger.fix}')}"


def _delivery(delivery: Delivery) -> Iterator[str]:
    yield from (f"  {line}" for line in overlays_told(delivery))
    for move in delivery.images:
        yield f"  image {visible(image_told(move))}: {', '.join(move.users)}"
    for change in delivery.replicas:
        yield f"  replicas of {change.workload}: {number_told(change.old)} → {number_told(change.new)}"
    for capacity in delivery.capacity:
        told = [
            f"{amount} {name}" for amount, name in zip(capacity_told(capacity), CAPACITY_COLUMNS, strict=True) if amount
        ]  # fmt: skip
        yield f"  {capacity.namespace or 'no namespace'} asks for {', '.join(told)}"
    component = ""
    for each in delivery.objects:
        if each.subject.overlay.component != component:
            component = each.subject.overlay.component
            yield f"  {component}"
        yield from _object(each)


def _object(change: ObjectChange) -> Iterator[str]:
    yield f"    {MARKS[change.kind]} {object_title(change)}"
    if change.kind in (ChangeKind.CHANGED, ChangeKind.RENAMED):
        yield from (f"        {line}" for field in change.fields for line in _short(field))


def _short(field: FieldChange) -> Iterable[str]:
    """A change of one plain value in one line."""
    plain = (str, int, float, bool, type(None))
    values = (field.old, field.new)
    if not field.hidden and all(isinstance(each, plain) and "\n" not in str(each) for each in values):
        return [f"  {visible(field.label)}: {value(field.old)} → {value(field.new)}"]
    return field_lines(field)
