"""The reports of a difference, found by name. As with lint's, a report's module is loaded when it is written."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gitops.models.difference import Difference

# GitLab refuses a longer note (https://docs.gitlab.com/administration/instance_limits/, size of comments and descriptions).
NOTE_LIMIT = 1_000_000


class DiffReport(NamedTuple):
    """One view of a difference; ``module`` has a function ``write`` that makes it."""

    name: str
    description: str
    module: str

    def write(self, difference: "Difference", limit: int = NOTE_LIMIT) -> str:
        """The whole report, ending with a newline; a note has no more than ``limit`` characters. Encode it as UTF-8."""
        text: str = import_module(self.module).write(difference, limit)
        return text


DIFF_REPORTS: Mapping[str, DiffReport] = {
    report.name: report
    for report in (
        DiffReport("text", "for people at a terminal", "gitops.reports.diff_text"),
        DiffReport("markdown", "a note on a merge request, cut to what GitLab takes", "gitops.reports.diff_markdown"),
        DiffReport("json", "for other programs", "gitops.reports.diff_json"),
        DiffReport("html", "a page of its own", "gitops.reports.diff_html"),
    )
}
