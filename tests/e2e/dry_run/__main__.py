"""``make e2e-dry-run``: every environment, rendered as lint renders it, against an API server of its own."""

import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import click

from gitops.adapters.command import killed_on_interrupt
from gitops.cli.common import CLEAN, FINDINGS, repository_root, run_command
from gitops.models.environment import Environment
from gitops.models.errors import UserError, unknown_name
from gitops.repository.provenance import Provenance
from gitops.repository.rendering import RenderedEnvironment, Renderer
from gitops.services.workspace import TOOLS, Workspace, default_jobs
from tests.e2e.control_plane.cluster import Cluster, Programs, clusters
from tests.e2e.dry_run import trial, verdict
from tests.e2e.dry_run.trial import Outcome

BUILD = TOOLS.parent / "build" / "e2e"


def _day(_ctx: click.Context, _param: click.Parameter, value: datetime | None) -> date:
    return value.date() if value else datetime.now(UTC).date()


@click.command("dry_run", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.option("--environment", "names", multiple=True, metavar="E", help="Only this environment; may be repeated.")
@click.option(
    "--now", callback=_day, type=click.DateTime(["%Y-%m-%d"]), metavar="DATE", help="The day to judge by (today, in UTC)."
)
def command(names: tuple[str, ...], now: date) -> int:
    """Installs what each environment's objects need in an empty cluster and has its API server try all the others.

    Findings, a table, build/e2e/dry-run.json and dry-run.xml (JUnit); the servers' logs are in build/e2e/dry-run/.
    """
    workspace = Workspace(repository_root())
    chosen = _chosen(workspace, names)
    waivers = verdict.read_waivers()
    programs = Programs.installed(TOOLS.parent)
    rendered = _rendered(workspace, chosen)
    with clusters(programs, BUILD / "dry-run", [environment.name for environment in chosen]) as running:
        kubernetes = _same_version(chosen, list(running.values()))
        outcomes = _tried(running, rendered)
    whole = len(chosen) == len(workspace.tree.environments)
    result = verdict.judge(rendered, outcomes, Provenance(workspace.tree), waivers, now, whole=whole)
    verdict.write(result, outcomes, kubernetes, BUILD)
    click.echo(f"Kubernetes {kubernetes}\n{verdict.table(outcomes)}\n{verdict.summary(result)}", nl=False)
    return FINDINGS if result.errors else CLEAN


def _chosen(workspace: Workspace, names: Sequence[str]) -> list[Environment]:
    environments = workspace.tree.environments
    for name in names:
        if name not in environments:
            raise unknown_name("environment", name, environments)
    return [environment for name, environment in environments.items() if not names or name in names]


def _rendered(workspace: Workspace, environments: Sequence[Environment]) -> list[RenderedEnvironment]:
    renderer = Renderer(workspace.tree, workspace.kustomize, workspace.cache, default_jobs())
    rendered = renderer.render(environments, lambda: None)
    for one in rendered:
        lost = [*(failure.overlay for failure in one.failures), *one.blocked]
        if lost:
            raise UserError(f"{', '.join(overlay.path for overlay in lost)} can't be rendered; 'make check' says why")
    return rendered


def _tried(running: Mapping[str, Cluster], rendered: Sequence[RenderedEnvironment]) -> list[Outcome]:
    """All environments side by side; an interrupt does not wait for them, since their servers are stopped next."""
    pool = ThreadPoolExecutor(len(rendered))
    try:
        with killed_on_interrupt():
            return list(pool.map(lambda one: trial.run(running[one.environment.name], one), rendered))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _same_version(environments: Sequence[Environment], running: Sequence[Cluster]) -> str:
    """The version of the API servers; raises ``UserError`` where an environment's clusters run another minor version."""
    version = running[0].version()
    for environment in environments:
        for asked in environment.kubernetes_versions:
            if asked.split(".")[:2] != version.split(".")[:2]:
                raise UserError(f"{environment.name} runs Kubernetes {asked}, but tools/toolchain/kubernetes pins {version}")
    return version


if __name__ == "__main__":
    sys.exit(run_command(command))
