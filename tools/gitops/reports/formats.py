"""The reports, found by name. Importing this costs next to nothing: a report's module is loaded when it is written."""

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from gitops.models.finding import Result


class Report(NamedTuple):
    """One view of a run; ``module`` has a function ``write`` that makes it."""

    name: str
    description: str
    module: str

    def write(self, result: "Result") -> str:
        """The whole report, ending with a newline; encode it as UTF-8."""
        text: str = import_module(self.module).write(result)
        return text


REPORTS: Mapping[str, Report] = {
    report.name: report
    for report in (
        Report("text", "for people: findings by file, and a summary", "gitops.reports.text"),
        Report("json", "for other programs: summary, findings and timings", "gitops.reports.findings_json"),
        Report("sarif", "SARIF 2.1.0, for editors and code scanning", "gitops.reports.sarif"),
        Report("junit", "JUnit XML, for a pipeline's test report", "gitops.reports.junit"),
        Report("codequality", "GitLab Code Quality, for a merge request", "gitops.reports.codequality"),
    )
}
