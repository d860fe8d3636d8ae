"""The report for people: findings by file, each once with the environments it occurs in, and a line that sums up.

What is waived needs nobody's hand now: each waiver is told once, with how much it covers. The other reports tell every finding.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TextIO

from gitops.models.finding import Finding, Result, Timing, WaiverNote
from gitops.reports.phrases import count, subject, visible, waived

if TYPE_CHECKING:
    from rich.table import Table

_FADED = "dim"
_STYLES = {"error": "bold red", "warning": "yellow"}


@dataclass(frozen=True, slots=True)
class _Entry:
    """One finding as it is shown: the columns of its first line, and the lines below."""

    line: str
    word: str
    rule: str
    headline: str
    environments: str
    details: tuple[str, ...]

    @property
    def message(self) -> str:
        return f"{self.headline}  ({self.environments})" if self.environments else self.headline


@dataclass(frozen=True, slots=True)
class _Widths:
    """How wide the columns of one file's entries are."""

    line: int
    word: int
    rule: int

    @classmethod
    def of(cls, entries: Sequence[_Entry]) -> "_Widths":
        return cls(*(max(len(getattr(entry, name)) for entry in entries) for name in ("line", "word", "rule")))

    @property
    def indent(self) -> int:
        """Where an entry's details begin: below its second column."""
        return 2 + self.line + 2


def write(result: Result) -> str:
    """The report without colours, and without wrapping."""
    lines: list[str] = []
    for file, entries in _by_file(result).items():
        widths = _Widths.of(entries)
        lines.append(file)
        lines += (line for entry in entries for line in _plain(entry, widths))
        lines.append("")
    lines += [line for waiver in _waivers(result) for line in (waiver, "")]
    lines.append(summary(result))
    return "\n".join(lines) + "\n"


def show(result: Result, stream: TextIO, width: int | None = None) -> None:
    """Writes the report to a stream: for a terminal in colours and wrapped, for anything else as :func:`write` gives it.

    ``width`` is the terminal's unless given. rich looks after ``NO_COLOR`` and ``TERM``.
    """
    if not stream.isatty():
        stream.write(write(result))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, width=width, highlight=False, markup=False, emoji=False)
    for file, entries in _by_file(result).items():
        widths = _Widths.of(entries)
        console.print(file, style="bold", soft_wrap=True)
        for entry in entries:
            console.print(_styled(entry, widths))
        console.print()
    for waiver in _waivers(result):
        console.print(Text(waiver, style=_FADED, overflow="fold"))
        console.print()
    console.print(summary(result), style="bold green" if _is_clean(result) else "bold")


def summary(result: Result) -> str:
    """``3 errors, 1 warning, 2 waived; 14 overlays, 96 objects in testbed, production``, or that all is clean."""
    seen = count(result.files, "file") if result.files else count(result.overlays, "overlay")
    what_was_seen = f"{seen}, {count(result.objects, 'object')}"
    if result.environments:
        what_was_seen += f" in {', '.join(result.environments)}"
    waivers = [f"{result.waived} waived"] if result.waived else []
    if _is_clean(result):
        return f"{', '.join(['clean', *waivers])}: {what_was_seen}"
    counts = [count(result.errors, "error"), count(result.warnings, "warning"), *waivers]
    return f"{', '.join(counts)}; {what_was_seen}"


def timings_table(timings: Sequence[Timing]) -> str:
    """One line for each step with its seconds, and their sum; empty when there are none."""
    if not timings:
        return ""
    rows = [(timing.step, f"{timing.seconds:.2f}") for timing in timings]
    rows.append(("total", f"{sum(timing.seconds for timing in timings):.2f}"))
    steps, seconds = (max(len(row[column]) for row in rows) for column in (0, 1))
    return "".join(f"{step:<{steps}}  {value:>{seconds}} s\n" for step, value in rows)


def _is_clean(result: Result) -> bool:
    return result.errors == result.warnings == 0


def _by_file(result: Result) -> dict[str, list[_Entry]]:
    """The entries of each file; what differs in environment and component alone is one entry."""
    merged: dict[Finding, set[str]] = {}
    for finding in (finding for finding in result.findings if finding.waiver is None):
        environments = merged.setdefault(replace(finding, environment=None, component=None), set())
        if finding.environment:
            environments.add(finding.environment)
    files: dict[str, list[_Entry]] = {}
    for finding, environments in merged.items():
        files.setdefault(visible(finding.file), []).append(_entry(finding, _in_order(environments, result.environments)))
    return files


def _waivers(result: Result) -> list[str]:
    """Each waiver with the rules and the number of findings that it covers."""
    covered: dict[WaiverNote, list[str]] = {}
    for finding in result.findings:
        if finding.waiver:
            covered.setdefault(finding.waiver, []).append(finding.rule)
    return [
        f"{count(len(rules), 'finding')} of {', '.join(sorted(set(rules)))}, {visible(waived(waiver))}"
        for waiver, rules in covered.items()
    ]


def _in_order(environments: set[str], order: Sequence[str]) -> list[str]:
    known = [environment for environment in order if environment in environments]
    return known + sorted(environments.difference(order))


def _entry(finding: Finding, environments: Iterable[str]) -> _Entry:
    headline, *more = visible(finding.message).splitlines() or [""]
    return _Entry(
        line=str(finding.line),
        word=finding.level.value,
        rule=finding.rule,
        headline=headline,
        environments=", ".join(environments),
        details=(*more, *_details(finding)),
    )


def _details(finding: Finding) -> Iterator[str]:
    for detail in (subject(finding), f"fix: {finding.fix}" if finding.fix else ""):
        yield from visible(detail).splitlines()


def _plain(entry: _Entry, widths: _Widths) -> Iterator[str]:
    columns = (f"{entry.line:>{widths.line}}", f"{entry.word:<{widths.word}}", f"{entry.rule:<{widths.rule}}", entry.message)
    yield f"  {'  '.join(columns)}".rstrip()
    for detail in entry.details:
        yield f"{'':{widths.indent}}{detail}".rstrip()


def _styled(entry: _Entry, widths: _Widths) -> "Table":
    """The same lines for a terminal; what does not fit goes on below itself."""
    from rich.console import Group
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    message = Text(entry.headline, overflow="fold")
    if entry.environments:
        message.append(f"  ({entry.environments})", style="cyan")
    first = Table.grid(padding=(0, 2, 0, 0))
    first.add_column(justify="right", no_wrap=True, min_width=widths.line)
    first.add_column(no_wrap=True, min_width=widths.word)
    first.add_column(no_wrap=True, min_width=widths.rule)
    first.add_column(overflow="fold")
    first.add_row(entry.line, Text(entry.word, style=_STYLES[entry.word]), entry.rule, message)
    details = (Padding(Text(detail, overflow="fold"), (0, 0, 0, widths.indent - 2)) for detail in entry.details)
    whole = Table.grid()
    whole.add_row(Padding(Group(first, *details), (0, 0, 0, 2)))
    return whole
