"""``tools/secrets.py``: the Secrets that component.yaml files declare, in a cluster or in files for a vault."""

import sys
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from gitops.cli.common import CLEAN, FINDINGS, Bar, repository_root, run_command

if TYPE_CHECKING:
    from gitops.adapters.kubectl import Kubectl
    from gitops.models.secret import KeyName, SecretValue
    from gitops.services.secret_generation import Ask
    from gitops.services.secret_inventory import Inventory
    from gitops.services.workspace import Workspace

_EPILOG = """\b
Values are never printed. They come from Python's secrets module, and reach a cluster through kubectl's standard input.
\b
Exit codes: 0 complete or clean, 1 something is missing or wrong, 2 a mistake in the call or the set-up, 3 a bug,
130 interrupted; what was made until then stays, and the next run completes it.
"""
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}
_Command = TypeVar("_Command", bound=Callable[..., int])

_environment = click.option("--environment", required=True, metavar="E", help="The environment whose components count.")
_output = click.option(
    "--output", type=click.Choice(["text", "json"]), default="text", show_default=True, help="For people or for programs."
)


def _context(required: bool, text: str) -> Callable[[_Command], _Command]:
    return click.option("--context", required=required, metavar="C", help=text)


@click.group("secrets.py", epilog=_EPILOG, context_settings=_SETTINGS)
def group() -> None:
    """Plans, makes and audits the Secrets that component.yaml files declare."""


@group.command("plan")
@_environment
@_context(False, "Say what is there in the cluster of this context of the kubeconfig, and what is missing.")
@_output
def plan_command(environment: str, context: str | None, output: str) -> int:
    """Lists each Secret, how its keys are made and who reads it. Changes nothing."""
    from gitops.reports import secrets
    from gitops.services.secret_plan import plan

    workspace, inventory = _load(environment)
    with Bar() as bar:
        planned = plan(workspace, inventory, _cluster(context) if context else None, bar)
    click.echo((secrets.plan_text if output == "text" else secrets.plan_json)(planned), nl=False)
    return CLEAN


@group.command("generate")
@_environment
@_context(False, "Make them in the cluster of this context of the kubeconfig.")
@click.option(
    "--directory", type=click.Path(path_type=Path, file_okay=False), metavar="D", help="Make them as manifests in this folder."
)
@click.option("--only", multiple=True, metavar="NAMESPACE/NAME[:KEY]", help="Only this Secret or key; may be repeated.")
@click.option(
    "--rotate",
    multiple=True,
    metavar="NAMESPACE/NAME[:KEY]",
    help="Give this Secret or key a new value, and whatever is made of it; may be repeated.",
)
@click.option(
    "--given",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    metavar="DIR",
    help="Values that the operator brings: DIR/NAMESPACE/NAME/KEY. Else they are asked for, on a terminal.",
)
@click.option("--dry-run", is_flag=True, help="Say what would be made; write nothing, ask for nothing.")
@_output
def generate_command(  # noqa: PLR0913, PLR0917 - one for each option
    environment: str,
    context: str | None,
    directory: Path | None,
    only: tuple[str, ...],
    rotate: tuple[str, ...],
    given: Path | None,
    dry_run: bool,
    output: str,
) -> int:
    """Makes the Secrets and keys that are missing. What is there stays as it is, unless --rotate names it."""
    from gitops.adapters.secret_folder import SecretFolder
    from gitops.reports import secrets
    from gitops.services.secret_generation import GenerateRequest, generate

    if (context is None) == (directory is None):
        raise click.UsageError("name either --context or --directory")
    _, inventory = _load(environment)
    folder = SecretFolder(directory) if directory else None
    store = folder or _cluster(str(context))
    click.echo(f"{'looking at' if dry_run else 'writing to'} {store}", err=True)
    request = GenerateRequest(datetime.now(UTC), only, rotate, dry_run)
    with folder.locked() if folder and not dry_run else nullcontext(), Bar() as bar:
        done = generate(inventory, store, request, _asking(given, dry_run, bar), bar)
    click.echo((secrets.generation_text if output == "text" else secrets.generation_json)(done), nl=False)
    return CLEAN if done.complete else FINDINGS


@group.command("audit")
@_environment
@_context(True, "The context of the kubeconfig whose cluster to look at.")
@click.option("--max-age", type=click.IntRange(1), metavar="DAYS", help="Report keys that were made longer ago.")
@_output
def audit_command(environment: str, context: str, max_age: int | None, output: str) -> int:
    """Says what is missing, extra, old, or not the copy that it should be. Changes nothing."""
    from gitops.reports import secrets
    from gitops.services.secret_audit import audit

    _, inventory = _load(environment)
    with Bar() as bar:
        found = audit(inventory, _cluster(context), datetime.now(UTC), max_age, bar)
    click.echo((secrets.audit_text if output == "text" else secrets.audit_json)(found), nl=False)
    return FINDINGS if found.findings else CLEAN


def main() -> int:
    """The command's entry point; returns the exit code."""
    return run_command(group)


def _load(environment: str) -> "tuple[Workspace, Inventory]":
    from gitops.services.secret_inventory import Inventory
    from gitops.services.workspace import Workspace

    workspace = Workspace(repository_root())
    return workspace, Inventory.of(workspace.tree, environment)


def _cluster(context: str) -> "Kubectl":
    from gitops.adapters.kubectl import Kubectl

    return Kubectl(context)


def _asking(given: Path | None, dry_run: bool, bar: Bar) -> "Ask":
    """Where values come from that the operator brings: files, else the terminal, else nowhere."""
    from gitops.adapters.secret_folder import read_given, refuse_work_tree
    from gitops.models.secret import SecretValue

    if given:
        refuse_work_tree(given.resolve())

    def ask(name: "KeyName", where_from: str) -> "SecretValue | None":
        value = read_given(given, name) if given else None
        if value is not None or dry_run or not sys.stdin.isatty():
            return value
        bar.stop()
        text = click.prompt(f"{name} ({where_from})\n  empty to leave it out", hide_input=True, default="", show_default=False)
        return SecretValue(text.encode()) if text else None

    return ask
