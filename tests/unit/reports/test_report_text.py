"""The report for people, plain and on a terminal."""

import io
import re
from dataclasses import replace

import pytest

from gitops.models.finding import Result, Timing
from gitops.reports.text import show, summary, timings_table, write

COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-7]m")
ESCAPE = re.compile(r"\x1b\[[0-9;]*m")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("COLORTERM", raising=False)
    return Terminal()


def test_what_occurs_in_two_environments_is_told_once(result: Result) -> None:
    text = write(result)
    assert text.count("unknown field 'imagee'  (testbed, production)") == 1
    assert text.count("Deployment dare/dare-login at /spec/template/spec/containers/0/imagee") == 1


def test_an_environment_that_the_run_does_not_name_is_told_last(result: Result) -> None:
    assert "unknown field 'imagee'  (testbed, production)" in write(replace(result, environments=("testbed",)))


def test_what_is_waived_in_one_environment_only_is_told_for_the_other(result: Result) -> None:
    waiver = result.findings[3].waiver
    first, second = result.findings[:2]
    lines = write(replace(result, findings=(replace(first, waiver=waiver), second))).splitlines()
    assert [line.strip() for line in lines if "imagee'" in line] == ["12  error  SCHEMA001  unknown field 'imagee'  (testbed)"]


def test_a_waiver_is_told_once_with_what_it_covers(result: Result) -> None:
    first = result.findings[3]
    text = write(replace(result, findings=(first, replace(first, rule="IMAGE001", line=1), replace(first, line=2))))
    assert text.splitlines()[0] == (
        "3 findings of IMAGE001, IMAGE002, waived until 2027-01-31 by Zoë <zoe@example.org>: "
        "needs host ports until the gateway is moved"
    )


def test_no_value_reaches_the_terminal_as_an_order(result: Result) -> None:
    assert not re.search(r"[^\n -~\u00a0-\uffff\U0001f600]|[\u202a-\u202e]", write(result))


@pytest.mark.parametrize(
    ("picked", "overlays", "expected"),
    [
        ((), 14, "clean: 14 overlays, 1 object in testbed, production"),
        ((3,), 1, "clean, 1 waived: 1 overlay, 1 object in testbed, production"),
        ((0,), 1, "1 error, 0 warnings; 1 overlay, 1 object in testbed, production"),
        ((4,), 1, "0 errors, 1 warning; 1 overlay, 1 object in testbed, production"),
        ((0, 1, 3, 4), 2, "2 errors, 1 warning, 1 waived; 2 overlays, 1 object in testbed, production"),
    ],
)
def test_the_summary_counts_right(result: Result, picked: tuple[int, ...], overlays: int, expected: str) -> None:
    findings = tuple(result.findings[index] for index in picked)
    assert summary(replace(result, findings=findings, overlays=overlays, objects=1)) == expected


def test_an_empty_run_names_no_environment(empty: Result) -> None:
    assert write(empty) == "clean: 0 overlays, 0 objects\n"


def test_what_is_no_terminal_gets_plain_text(result: Result) -> None:
    stream = io.StringIO()
    show(result, stream, width=20)
    assert stream.getvalue() == write(result)


def test_a_wide_terminal_shows_the_plain_text_in_colours(result: Result, terminal: Terminal) -> None:
    show(result, terminal, width=200)
    shown = [line.rstrip() for line in ESCAPE.sub("", terminal.getvalue()).splitlines()]
    assert COLOUR.search(terminal.getvalue())
    assert shown == write(result).splitlines()


def test_a_narrow_terminal_loses_nothing(result: Result, terminal: Terminal) -> None:
    show(result, terminal, width=40)
    shown = ESCAPE.sub("", terminal.getvalue())
    assert "".join(shown.split()).count("unknownfield'imagee'(testbed,production)") == 1
    files = {finding.file for finding in result.findings if not finding.waiver}
    assert max(len(line.rstrip()) for line in shown.splitlines() if line not in files) <= 40
    assert files <= set(shown.splitlines())


def test_no_color_means_no_colours(result: Result, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    show(result, terminal, width=200)
    assert not COLOUR.search(terminal.getvalue())


def test_a_dumb_terminal_gets_no_escapes(result: Result, terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    show(result, terminal, width=200)
    assert "\x1b" not in terminal.getvalue()


def test_timings_are_aligned_and_summed() -> None:
    assert timings_table([Timing("render", 10.5), Timing("read the tree", 0.1234)]) == (
        "render         10.50 s\nread the tree   0.12 s\ntotal          10.62 s\n"
    )
    assert timings_table([]) == ""
