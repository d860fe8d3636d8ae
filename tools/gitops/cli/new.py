"""``tools/new.py``: starts a component."""

import click

from gitops.cli.common import CLEAN, repository_root, run_command

_EPILOG = """\b
What it writes passes 'make check'. Then: correct what is marked 'assumed', name the component's dependencies and secrets
in component.yaml, and who may reach it in networkpolicy.yaml; 'make generate' brings the catalogue up to date.
"""


@click.group("new.py", context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
def group() -> None:
    """Writes the files of something new."""


@group.command("component", epilog=_EPILOG)
@click.argument("name")
@click.option("--image", required=True, metavar="REPOSITORY:TAG", help="The image that the overlays pin.")
@click.option("--title", metavar="TEXT", help="What people call it (the name).")
@click.option("--description", required=True, metavar="TEXT", help="One sentence: what it does for the platform.")
@click.option("--owner", default="platform", show_default=True, metavar="TEAM", help="Who answers for it.")
@click.option("--namespace", default="dare", show_default=True, metavar="NAME", help="Where it runs.")
@click.option("--port", default=8080, show_default=True, type=click.IntRange(1, 65535), metavar="N", help="Where it listens.")
@click.option("--environment", "environments", multiple=True, metavar="E", help="Only here; may be repeated (Argo CD's).")
@click.option("--dry-run", is_flag=True, help="Name the files and write nothing.")
def component(  # noqa: PLR0913, PLR0917 - one for each option
    name: str,
    image: str,
    title: str | None,
    description: str,
    owner: str,
    namespace: str,
    port: int,
    environments: tuple[str, ...],
    dry_run: bool,
) -> int:
    """Starts the component NAME: its base, and an overlay in each environment that Argo CD delivers."""
    from gitops.services.scaffolding import NewComponent, new_component, write_component
    from gitops.services.workspace import Workspace

    workspace = Workspace(repository_root())
    wanted = NewComponent(name, title or name, description, owner, namespace, port, image, environments)
    files = new_component(workspace.tree, wanted)
    if not dry_run:
        write_component(workspace.tree.root, files)
    for path in files:
        click.echo(path)
    return CLEAN


def main() -> int:
    """The command's entry point; returns the exit code."""
    return run_command(group)
