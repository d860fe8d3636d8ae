"""``tools/lint.py``: the main job."""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitops.cli.common import CLEAN, FINDINGS, Bar, repository_root, run_command
from gitops.cli.outputs import Output, day, deliver, refuse_clashes
from gitops.reports.formats import REPORTS

if TYPE_CHECKING:
    from gitops.models.finding import Result

_EPILOG = """\b
Exit codes: 0 clean, 1 findings of level error, 2 a mistake in the call or the set-up, 3 a bug, 130 interrupted.
\b
Environment:
  DARE_KUSTOMIZE, DARE_KUBECONFORM  programs to use instead of the pinned ones
  DARE_TIME_LIMIT                   seconds for one call of either (60)
  DARE_CACHE                        folder for results and programs
  DARE_ROOT                         another repository to check with these tools
  NO_COLOR                          no colours
"""


@click.command("lint.py", epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--environment", "environments", multiple=True, metavar="E", help="Only this environment; may be repeated.")
@click.option("--component", "components", multiple=True, metavar="C", help="Only this component; may be repeated.")
@click.option("--changed-since", metavar="REV", help="Only overlays that differ from where this branch left REV.")
@click.option(
    "--output",
    "outputs",
    type=Output(REPORTS),
    multiple=True,
    help=f"A report, on standard output or in a file; may be repeated. Formats: {', '.join(REPORTS)}.  [default: text]",
)
@click.option(
    "--now", callback=day, type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The day to judge by (today, in UTC)."
)
@click.option("--jobs", type=click.IntRange(1, 64), metavar="N", help="Renders at once (one per processor).")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep results of other runs.")
@click.option("--timings", is_flag=True, help="Say on standard error where the time went.")
def command(  # noqa: PLR0913, PLR0917 - one for each option
    environments: tuple[str, ...],
    components: tuple[str, ...],
    changed_since: str | None,
    outputs: tuple[tuple[str, Path | None], ...],
    now: date,
    jobs: int | None,
    no_cache: bool,
    timings: bool,
) -> int:
    """Renders every overlay of every environment, checks it, and says what is wrong at file and line."""
    import gc

    from gitops.services.lint import LintRequest, lint
    from gitops.services.workspace import Workspace, default_jobs

    # What a run makes lives to its end, and that is near: looking for garbage among thousands of objects finds none.
    gc.disable()
    chosen = outputs or (("text", None),)
    refuse_clashes(chosen)
    request = LintRequest(now, jobs or default_jobs(), environments, components, changed_since)
    with Bar() as bar:
        result = lint(Workspace(repository_root(), use_cache=not no_cache), request, bar)
    for name, file in chosen:
        _deliver(name, result, file)
    if timings:
        from gitops.reports.text import timings_table

        click.echo(timings_table(result.timings), err=True, nl=False)
    return FINDINGS if result.errors else CLEAN


def main() -> int:
    """The command's entry point; returns the exit code."""
    return run_command(command)


def _deliver(name: str, result: "Result", file: Path | None) -> None:
    """Prints a report, or writes it whole or not at all."""
    if file is None and name == "text":
        from gitops.reports.text import show

        show(result, sys.stdout)
        return
    deliver(REPORTS[name].write(result), file)
