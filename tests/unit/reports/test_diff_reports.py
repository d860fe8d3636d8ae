"""The reports of a difference: what they escape, and what they leave out."""

import re
from html.parser import HTMLParser

import pytest
from tests.unit.repository.trees import made

from gitops.models.difference import Arrival, Delivery, Difference, ObjectChange
from gitops.models.environment import Environment
from gitops.reports.diff_formats import DIFF_REPORTS
from gitops.repository.field_changes import field_changes

NASTY = "<script>alert(1)</script> @all /close `x` ``` | **b** [a](http://x) \x1b[31m &amp;"


def difference(*values: str) -> Difference:
    """One ConfigMap after the other with a value that was plain before."""
    changes = []
    for number, value in enumerate(values):
        old, new = (made("ConfigMap", f"c{number}", data={"a": data}) for data in ("plain", value))
        changes.append(ObjectChange(old, new, field_changes(old.body, new.body)))
    delivery = Delivery(Environment("test", (), ()), None, Arrival.RELEASE, ("main", "topic"), tuple(changes))
    return Difference("main", "topic", (delivery,), (), ())


def written(report: str, what: Difference, limit: int = 1_000_000) -> str:
    return DIFF_REPORTS[report].write(what, limit)


@pytest.mark.parametrize("text", [NASTY, f"line\n{NASTY}\n/close\n```\n@all"])
def test_a_value_in_a_note_stays_in_its_block(text: str) -> None:
    note = written("markdown", difference(text))
    fence = re.search(r"^(`{3,})diff$", note, re.MULTILINE)
    assert fence
    inside, _, after = note.partition(fence[0])[2].partition(f"\n{fence[1]}\n")
    assert "@all" in inside
    outside = note.replace(inside, "")
    assert "@all" not in outside
    assert "<script" not in outside
    assert not re.search(r"^/", outside, re.MULTILINE)
    assert "\x1b" not in note
    assert after.strip() == "</details>"


def test_a_note_leaves_out_whole_objects_and_says_so() -> None:
    what = difference("small", "x" * 5000, "also small")
    note = written("markdown", what, 3000)
    assert len(note) <= 3000
    assert "small" in note
    assert "also small" in note
    assert "x" * 100 not in note
    assert "**Left out, since a note holds no more than 3,000 characters** (objects: 1)." in note
    assert note.count("<details>") == note.count("</details>") == 2


@pytest.mark.parametrize("limit", [2_000, 2_500, 10_000, 100_000])
def test_a_note_is_never_longer_than_asked_and_never_torn(limit: int) -> None:
    note = written("markdown", difference(*(str(number) * 150 for number in range(300))), limit)
    assert len(note) <= limit
    assert note.count("<details>") == note.count("</details>")
    assert note.count("```") % 2 == 0


def test_a_note_that_fits_leaves_out_nothing() -> None:
    what = difference(*(str(number) * 150 for number in range(300)))
    note = written("markdown", what)
    assert note.count("<details>") == 300
    assert "Left out" not in note
    assert written("markdown", what, len(note)) == note


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [name for name, _ in attrs]


def test_a_page_runs_nothing_and_fetches_nothing() -> None:
    text = written("html", difference(NASTY))
    page = _Page()
    page.feed(text)
    assert not {"script", "link", "img", "iframe", "a"} & set(page.tags)
    assert not {"src", "href", "onclick"} & set(page.attributes)
    assert "default-src 'none'" in text
    assert "&lt;script&gt;" in text


def test_a_terminal_gets_no_control_characters() -> None:
    assert "\x1b" not in written("text", difference(NASTY))


@pytest.mark.parametrize("report", DIFF_REPORTS)
def test_every_report_ends_with_a_newline(report: str) -> None:
    assert written(report, difference("x")).endswith("\n")
    assert written(report, Difference("main", "topic", (), (), ())).endswith("\n")
