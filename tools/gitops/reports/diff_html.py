"""The difference as one page that needs nothing else: no script, no font, no picture, and a policy that forbids them."""

from collections.abc import Iterable, Iterator
from html import escape

from gitops.models.difference import ChangeKind, Delivery, Difference, ObjectChange
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

STYLE = """
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem; padding: 0 1rem; color: #1d2530; }
h1 { font-size: 1.5rem } h2 { font-size: 1.2rem; margin-top: 2rem } table { border-collapse: collapse; margin: .6rem 0 }
th, td { border: 1px solid #c9d1da; padding: .2rem .6rem; text-align: left; vertical-align: top }
pre { background: #f4f6f8; padding: .6rem; overflow-x: auto; margin: .4rem 0 } details { margin: .2rem 0 }
summary { cursor: pointer } .gone { color: #a40e26 } .come { color: #116329 } .error { border-left: 4px solid #a40e26 }
.warning { border-left: 4px solid #9a6700 } .waived { opacity: .65 } .danger { padding: .3rem .8rem; margin: .5rem 0 }
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_CLASSES = {"-": "gone", "+": "come"}


def write(difference: Difference, _limit: int) -> str:
    """The page; it is never cut."""
    return "\n".join(_page(difference)) + "\n"


def _page(difference: Difference) -> Iterator[str]:
    yield "<!doctype html>"
    yield '<html lang="en"><head><meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    yield f"<title>What changes</title><style>{STYLE}</style></head><body>"
    yield f"<h1>From {text(difference.base)} to {text(difference.head)}</h1>"
    yield f"<p>{text(summary(difference))}</p>"
    if difference.failures:
        yield "<h2>Not rendered</h2><p>What these would change is not known.</p>"
        for failure in difference.failures:
            yield f"<p>{text(failure.overlay.path)} ({text(failure.side)})</p><pre>{text(failure.message)}</pre>"
    if difference.dangers:
        yield "<h2>Dangers</h2>"
        yield from (_danger(danger, environments) for danger, environments in grouped(difference.dangers))
    for delivery in difference.deliveries:
        yield from _delivery(delivery)
    yield "</body></html>"


def _danger(danger: Finding, environments: str) -> str:
    more = waived(danger.waiver) if danger.waiver else f"Instead: {danger.fix}"
    classes = f"danger {danger.level.value}{' waived' if danger.waiver else ''}"
    where = f" ({text(environments)})" if environments else ""
    return (
        f'<div class="{classes}"><b>{danger.rule}</b>{where}: {text(danger.message)}<br>{text(about(danger))}<br>'
        f"{text(more)}</div>"
    )


def _delivery(delivery: Delivery) -> Iterator[str]:
    sides = " to ".join(map(text, delivery.revisions))
    yield f"<h2>{text(heading(delivery))}</h2><p>{text(numbers(delivery))}, from {sides}</p>"
    yield from (f"<p>{text(told)}</p>" for told in overlays_told(delivery))
    yield from (table(each.head, each.rows) for each in tables(delivery))
    component = ""
    for change in delivery.objects:
        if change.subject.overlay.component != component:
            component = change.subject.overlay.component
            yield f"<h3>{text(component)}</h3>"
        yield from _object(change)


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table of plain texts."""
    first = "".join(f"<th>{text(name)}</th>" for name in head)
    lines = "".join(f"<tr>{''.join(f'<td>{text(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f"<table><tr>{first}</tr>{lines}</table>"


def _object(change: ObjectChange) -> Iterator[str]:
    opened = " open" if change.kind in (ChangeKind.CHANGED, ChangeKind.RENAMED) else ""
    yield f"<details{opened}><summary><code>{text(MARKS[change.kind])}</code> {text(object_title(change))}</summary>"
    yield f"<pre>{chr(10).join(map(_line, object_lines(change)))}</pre></details>"


def _line(line: str) -> str:
    name = _CLASSES.get(line[:1])
    return f'<span class="{name}">{text(line)}</span>' if name else text(line)


def text(value: str) -> str:
    """The text inside an element or an attribute."""
    return escape(visible(value))
