"""The difference as one page that needs nothing else: no script, no font, no picture, and a policy that forbids them."""

from collections.abc import Iterator
from html import escape

from gitops.models.difference import ChangeKind, Delivery, Difference, ObjectChange
from gitops.models.finding import Finding
from gitops.reports.diff_phrases import (
    MARKS,
    Table,
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

_STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1d2530; }
h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2rem } table { border-collapse: collapse; margin: .6rem 0 }
th, td { border: 1px solid #c9d1da; padding: .2rem .6rem; text-align: left; vertical-align: top }
pre { background: #f4f6f8; padding: .6rem; overflow-x: auto; margin: .4rem 0 } details { margin: .2rem 0 }
summary { cursor: pointer } .gone { color: #a40e26 } .come { color: #116329 } .error { border-left: 4px solid #a40e26 }
.warning { border-left: 4px solid #9a6700 } .waived { opacity: .65 } .danger { padding: .3rem .8rem; margin: .5rem 0 }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_CLASSES = {"-": "gone", "+": "come"}


def write(difference: Difference, _limit: int) -> str:
    """The page; it is never cut."""
    return "\n".join(_page(difference)) + "\n"


def _page(difference: Difference) -> Iterator[str]:
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
    yield f"<title>What changes</title><style>{_STYLE}</style></head><body>"
    yield f"<h1>From {_text(difference.base)} to {_text(difference.head)}</h1>"
    yield f"<p>{_text(summary(difference))}</p>"
    if difference.failures:
        yield "<h2>Not rendered</h2><p>What these would change is not known.</p>"
        for failure in difference.failures:
            yield f"<p>{_text(failure.overlay.path)} ({_text(failure.side)})</p><pre>{_text(failure.message)}</pre>"
    if difference.dangers:
        yield "<h2>Dangers</h2>"
        yield from (_danger(danger, environments) for danger, environments in grouped(difference.dangers))
    for delivery in difference.deliveries:
        yield from _delivery(delivery)
    yield "</body></html>"


def _danger(danger: Finding, environments: str) -> str:
    more = waived(danger.waiver) if danger.waiver else f"Instead: {danger.fix}"
    classes = f"danger {danger.level.value}{' waived' if danger.waiver else ''}"
    where = f" ({_text(environments)})" if environments else ""
    return (
        f'<div class="{classes}"><b>{danger.rule}</b>{where}: {_text(danger.message)}<br>{_text(about(danger))}<br>'
        f"{_text(more)}</div>"
    )


def _delivery(delivery: Delivery) -> Iterator[str]:
    sides = " to ".join(map(_text, delivery.revisions))
    yield f"<h2>{_text(heading(delivery))}</h2><p>{_text(numbers(delivery))}, from {sides}</p>"
    yield from (f"<p>{_text(told)}</p>" for told in overlays_told(delivery))
    yield from map(_table, tables(delivery))
    component = ""
    for change in delivery.objects:
        if change.subject.overlay.component != component:
            component = change.subject.overlay.component
            yield f"<h3>{_text(component)}</h3>"
        yield from _object(change)


def _table(table: Table) -> str:
    first = "".join(f"<th>{_text(name)}</th>" for name in table.head)
    lines = "".join(f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in row)}</tr>" for row in table.rows)
    return f"<table><tr>{first}</tr>{lines}</table>"


def _object(change: ObjectChange) -> Iterator[str]:
    opened = " open" if change.kind in (ChangeKind.CHANGED, ChangeKind.RENAMED) else ""
    yield f"<details{opened}><summary><code>{_text(MARKS[change.kind])}</code> {_text(object_title(change))}</summary>"
    yield f"<pre>{chr(10).join(map(_line, object_lines(change)))}</pre></details>"


def _line(line: str) -> str:
    name = _CLASSES.get(line[:1])
    return f'<span class="{name}">{_text(line)}</span>' if name else _text(line)


def _text(text: str) -> str:
    return escape(visible(text))
