"""``tools/diff.py``: what a merge request changes."""

from datetime import date

import click

from gitops.cli.common import CLEAN, FINDINGS, Bar, repository_root, run_command
from gitops.cli.outputs import Output, Outputs, day, deliver, refuse_clashes
from gitops.reports.diff_formats import DIFF_REPORTS, NOTE_LIMIT

_EPILOG = """\b
Exit codes: 0 compared, 1 an overlay that a side can't render or (with --fail-on danger) a danger of level error without
a waiver, 2 a mistake in the call or the set-up, 3 a bug, 130 interrupted.
\b
Environment:
  DARE_KUSTOMIZE   program to use instead of the pinned one
  DARE_TIME_LIMIT  seconds for one call of it (60)
  DARE_CACHE       folder for results, programs and the other side's files
  DARE_ROOT        another repository to compare with these tools
"""


@click.command("diff.py", epilog=_EPILOG, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--base", metavar="REV", help="The branch that is merged into.  [default: origin/main, else main]")
@click.option("--head", metavar="REV", help="What is merged.  [default: the work tree with all that is not committed]")
@click.option("--environment", "environments", multiple=True, metavar="E", help="Only this environment; may be repeated.")
@click.option(
    "--output",
    "outputs",
    type=Output(DIFF_REPORTS),
    multiple=True,
    help=f"A report, on standard output or in a file; may be repeated. Formats: {', '.join(DIFF_REPORTS)}.  [default: text]",
)
@click.option("--fail-on", type=click.Choice(["danger"]), help="What else than a failed render ends the run with exit code 1.")
@click.option(
    "--note-limit",
    type=click.IntRange(2_000),
    default=NOTE_LIMIT,
    show_default=True,
    metavar="N",
    help="Characters that a note in Markdown may have; objects that do not fit are left out whole.",
)
@click.option(
    "--now",
    callback=day,
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="DATE",
    help="The day to judge waivers by (today, UTC).",
)
@click.option("--jobs", type=click.IntRange(1, 64), metavar="N", help="Renders at once (one per processor).")
@click.option("--no-cache", is_flag=True, help="Neither use nor keep results of other runs.")
def command(  # noqa: PLR0913, PLR0917 - one for each option
    base: str | None,
    head: str | None,
    environments: tuple[str, ...],
    outputs: Outputs,
    fail_on: str | None,
    note_limit: int,
    now: date,
    jobs: int | None,
    no_cache: bool,
) -> int:
    """Renders both sides of a merge, and says what changes on each cluster, when it gets there, and what is dangerous."""
    import gc

    from gitops.services.diff import DiffRequest, diff
    from gitops.services.workspace import Workspace, default_jobs

    gc.disable()  # as for lint: what a run makes lives to its end
    chosen: Outputs = outputs or (("text", None),)
    refuse_clashes(chosen)
    request = DiffRequest(now, jobs or default_jobs(), base, head, environments)
    with Bar() as bar:
        difference = diff(Workspace(repository_root(), use_cache=not no_cache), request, bar)
    for name, file in chosen:
        deliver(DIFF_REPORTS[name].write(difference, note_limit), file)
    failed = difference.failures or (fail_on and difference.endangered)
    return FINDINGS if failed else CLEAN


def main() -> int:
    """The command's entry point; returns the exit code."""
    return run_command(command)
