"""``tools/lint.py``: the main job."""

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitops.cli.common import CLEAN, FINDINGS, Bar, repository_root, run_command
from gitops.models.errors import UserError
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


class _Output(click.ParamType[tuple[str, Path | None]]):
    """``FORMAT`` or ``FORMAT=FILE``."""

    name = "FORMAT[=FILE]"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Path | None]:
        """The format's name and the file, None for standard output."""
        if isinstance(value, tuple):
            return value
        name, equals, file = str(value).partition("=")
        if name not in REPORTS:
            self.fail(f"'{name}' is no format; there are {', '.join(REPORTS)}", param, ctx)
        if equals and not file:
            self.fail(f"'{value}' names no file", param, ctx)
        return name, Path(file) if file else None


def _day(_ctx: click.Context, _param: click.Parameter, value: datetime | None) -> date:
    return value.date() if value else datetime.now(UTC).date()


@click.command("lint.py", epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--environment", "environments", multiple=True, metavar="E", help="Only this environment; may be repeated.")
@click.option("--component", "components", multiple=True, metavar="C", help="Only this component; may be repeated.")
@click.option("--changed-since", metavar="REV", help="Only overlays that differ from where this branch left REV.")
@click.option(
    "--output",
    "outputs",
    type=_Output(),
    multiple=True,
    help=f"A report, on standard output or in a file; may be repeated. Formats: {', '.join(REPORTS)}.  [default: text]",
)
@click.option(
    "--now", callback=_day, type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The day to judge by (today, in UTC)."
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
    _refuse_clashes(chosen)
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


def _refuse_clashes(outputs: tuple[tuple[str, Path | None], ...]) -> None:
    """Two reports in one place would be neither."""
    places = [file for _, file in outputs]
    if places.count(None) > 1:
        raise UserError("only one report can go to standard output; give the others a file: --output FORMAT=FILE")
    named = [file.resolve() for file in places if file]
    if len(set(named)) < len(named):
        raise UserError("two reports are to go into one file; give each its own")


def _deliver(name: str, result: "Result", file: Path | None) -> None:
    """Prints a report, or writes it whole or not at all."""
    if file is None and name == "text":
        from gitops.reports.text import show

        show(result, sys.stdout)
        return
    if file is None:
        click.echo(REPORTS[name].write(result), nl=False)
        return
    from gitops.adapters.cache import write_atomically

    try:
        write_atomically(file, REPORTS[name].write(result).encode())
    except OSError as error:
        raise UserError(f"the report can't be written to {file}: {error.strerror or error}") from error
