"""``tools/lint.py``: the main job."""

import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitops.cli.common import CLEAN, FINDINGS, Bar, repository_root, run_command
from gitops.cli.outputs import Output, day, deliver, refuse_clashes
from gitops.models.errors import UserError
from gitops.reports.formats import REPORTS

if TYPE_CHECKING:
    from gitops.models.finding import Result
    from gitops.services.workspace import Workspace

_EPILOG = """\b
Exit codes: 0 clean or warnings only, 1 findings of level error, 2 a mistake in call or set-up, 3 a bug, 130 interrupted.
\b
Environment:
  DARE_KUSTOMIZE, DARE_KUBECONFORM  programs to use instead of the pinned ones
  DARE_TIME_LIMIT                   seconds for one call of either (60)
  DARE_CACHE                        folder for results and programs
  DARE_ROOT                         another repository to check with these tools
  DARE_TARGET_BRANCH                what --target-branch says; GitLab's own variable counts too
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
@click.option("--target-branch", metavar="REV", help="The branch to merge into, whose levels and rules for waivers hold too.")
@click.option("--waivers", "list_waivers", is_flag=True, help="List what is silenced, by whom, until when (text, json).")
@click.option("--explain", metavar="ID", help="Print the page of a rule, and nothing else.")
@click.option("--manifests", is_flag=True, help="Check the FILES instead of the repository; - is standard input.")
@click.option("--policies", type=click.Path(path_type=Path), metavar="DIR", help="Admission policies for --manifests.")
@click.option("--kubernetes", metavar="VERSION", help="The version for --manifests (the newest of our clusters).")
@click.argument("files", nargs=-1, metavar="[FILES]...")
def command(  # noqa: PLR0913, PLR0917 - one for each option
    environments: tuple[str, ...],
    components: tuple[str, ...],
    changed_since: str | None,
    outputs: tuple[tuple[str, Path | None], ...],
    now: date,
    jobs: int | None,
    no_cache: bool,
    timings: bool,
    target_branch: str | None,
    list_waivers: bool,
    explain: str | None,
    manifests: bool,
    policies: Path | None,
    kubernetes: str | None,
    files: tuple[str, ...],
) -> int:
    """Renders every overlay of every environment, checks it, and says what is wrong at file and line."""
    import gc

    if explain is not None:
        return _explain(explain)
    narrowed = [*environments, *components, changed_since, target_branch]
    _refuse_mixtures(manifests, any(narrowed) or list_waivers, bool(policies or kubernetes or files))

    from gitops.services.workspace import Workspace, default_jobs

    # What a run makes lives to its end, and that is near: looking for garbage among thousands of objects finds none.
    gc.disable()
    chosen = outputs or (("text", None),)
    refuse_clashes(chosen)
    workspace = Workspace(repository_root(), use_cache=not no_cache)
    if manifests:
        result = _look_at(workspace, files, now, policies, kubernetes)
    else:
        from gitops.services.gate import target_of
        from gitops.services.lint import LintRequest, lint

        target = target_branch or target_of()
        with Bar() as bar:
            result = lint(
                workspace, LintRequest(now, jobs or default_jobs(), environments, components, changed_since, target), bar
            )
    if list_waivers:
        return _list_waivers(result, chosen)
    for name, file in chosen:
        _deliver(name, result, file)
    if timings:
        from gitops.reports.text import timings_table

        click.echo(timings_table(result.timings), err=True, nl=False)
    return FINDINGS if result.errors else CLEAN


def main() -> int:
    """The command's entry point; returns the exit code."""
    return run_command(command)


def _explain(rule: str) -> int:
    from gitops.launch import ROOT
    from gitops.services.explain import explain

    click.echo(explain(Path(ROOT), rule), nl=False)
    return CLEAN


def _look_at(
    workspace: "Workspace", files: tuple[str, ...], now: date, policies: Path | None, kubernetes: str | None
) -> "Result":
    from gitops.services.manifests import ManifestsRequest, lint_manifests, read_given

    given = read_given(files, sys.stdin.buffer)
    return lint_manifests(workspace, ManifestsRequest(given, now, kubernetes, policies))


def _list_waivers(result: "Result", outputs: tuple[tuple[str, Path | None], ...]) -> int:
    """It tells, and judges nothing: the exit code is that of a clean run."""
    from gitops.reports.waivers import FORMATS, write

    for name, file in outputs:
        if name not in FORMATS:
            raise UserError(f"--waivers has no format '{name}'; there are {', '.join(FORMATS)}")
        deliver(write(result, name), file)
    return CLEAN


def _refuse_mixtures(manifests: bool, about_the_repository: bool, about_manifests: bool) -> None:
    if manifests and about_the_repository:
        raise UserError("--manifests looks at the files that are given, and takes no option that is about the repository")
    if about_manifests and not manifests:
        raise UserError("files, --policies and --kubernetes go with --manifests only")


def _deliver(name: str, result: "Result", file: Path | None) -> None:
    """Prints a report, or writes it whole or not at all."""
    if file is None and name == "text":
        from gitops.reports.text import show

        show(result, sys.stdout)
        return
    deliver(REPORTS[name].write(result), file)
