"""The difference as a note on a merge request, in GitLab's Markdown.

Values come from files that anybody may have written, and GitLab reads the note and acts on it: they stand in fenced
blocks, which GitLab neither formats nor takes mentions or quick actions from, and in tables with every mark escaped.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from gitops.models.difference import Delivery, Difference, ObjectChange
from gitops.models.finding import Finding
from gitops.reports.diff_phrases import (
    MARKS,
    about,
    grouped,
    heading,
    numbers,
    object_lines,
    object_title,
    overlays_told,
    tables,
)
from gitops.reports.diff_text import summary
from gitops.reports.phrases import visible, waived

_MARKUP = re.compile(r"([\\`*_{}\[\]()#+!|<>@&~$:^-])")
_TICKS = re.compile("`+")
_ROOM = 400  # characters for the sentence that says what was left out


class Block(NamedTuple):
    """A part that stands or falls as a whole; ``thing`` names what is left out with it."""

    text: str
    thing: str


def write(difference: Difference, limit: int) -> str:
    """The note, of ``limit`` characters at most: what does not fit is left out whole, and the note says how much that is."""
    blocks = list(_blocks(difference))
    kept, used, left_out = [], 0, dict[str, int]()
    for block in blocks:
        room = limit - used - (0 if block is blocks[-1] and not left_out else _ROOM)
        if len(block.text) <= room:
            kept.append(block.text)
            used += len(block.text)
        else:
            left_out[block.thing] = left_out.get(block.thing, 0) + 1
    if left_out:
        told = ", ".join(f"{thing}: {number}" for thing, number in sorted(left_out.items()))
        kept.append(
            f"\n**Left out, since a note holds no more than {limit:,} characters** ({told}). The job's artifacts have all.\n"
        )
    return "".join(kept)[:limit]


def _blocks(difference: Difference) -> Iterator[Block]:
    yield Block(f"## What this merge request changes\n\n{escaped(summary(difference))}.\n", "summary")
    if difference.failures:
        yield Block("\n### Not rendered\n\nWhat these would change is not known.\n", "headings")
        for failure in difference.failures:
            text = f"\n{escaped(failure.overlay.path)} ({escaped(failure.side)})\n\n{_fenced(failure.message.splitlines())}"
            yield Block(text, "failures")
    if difference.dangers:
        yield Block("\n### Dangers\n", "headings")
        for danger, environments in grouped(difference.dangers):
            yield Block(_danger(danger, environments), "dangers")
    for delivery in difference.deliveries:
        yield Block(_overview(delivery), "overviews")
    for delivery in difference.deliveries:
        if delivery.objects:
            sides = " to ".join(map(escaped, delivery.revisions))
            yield Block(f"\n### Objects: {escaped(heading(delivery))}\n\nFrom {sides}.\n", "headings")
        for change in delivery.objects:
            yield Block(_object(change), "objects")


def _danger(danger: Finding, environments: str) -> str:
    where = f" ({escaped(environments)})" if environments else ""
    more = escaped(waived(danger.waiver)) if danger.waiver else f"Instead: {escaped(danger.fix)}"
    lines = [f"- **{danger.rule}** {danger.level.value}{where}: {escaped(danger.message)}", escaped(about(danger)), more]
    return "\n" + "  \n  ".join(lines) + "\n"


def _overview(delivery: Delivery) -> str:
    parts = [f"\n### {escaped(heading(delivery))}\n\n{escaped(numbers(delivery))}.\n"]
    parts += [f"\n- {escaped(told)}\n" for told in overlays_told(delivery)]
    return "".join([*parts, *(table(each.head, each.rows) for each in tables(delivery))])


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of plain texts."""
    columns = list(head)
    lines = [f"| {' | '.join(columns)} |", f"|{'---|' * len(columns)}"]
    lines += [f"| {' | '.join(map(escaped, row))} |" for row in rows]
    return "\n" + "\n".join(lines) + "\n"


def _object(change: ObjectChange) -> str:
    title = f"<code>{MARKS[change.kind]}</code> {_html(object_title(change))}"
    return f"\n<details><summary>{title}</summary>\n\n{_fenced(object_lines(change), 'diff')}\n</details>\n"


def _fenced(lines: Iterable[str], language: str = "") -> str:
    """A code block; its fence is longer than any run of ticks inside."""
    text = "\n".join(visible(line) for line in lines)
    fence = "`" * max(3, *(len(run) + 1 for run in _TICKS.findall(text)), 3)
    return f"{fence}{language}\n{text}\n{fence}\n"


def _html(text: str) -> str:
    """Text inside an element, where neither HTML nor Markdown nor GitLab's references are wanted."""
    return "".join(char if char.isalnum() or char in " ,./-" else f"&#{ord(char)};" for char in visible(text))


def escaped(text: str) -> str:
    """Text without any meaning for Markdown, in one line."""
    return _MARKUP.sub(r"\\\1", " ".join(visible(text).split()))
