"""``tools/scan.py``: which image may run where. Each command is a module of this package, loaded when it is called."""

from importlib import import_module

import click

from gitops.cli.common import run_command

_EPILOG = """\b
Credentials of registries come from Docker's configuration (DOCKER_CONFIG, else ~/.docker/config.json) and are never shown.
\b
Exit codes: 0 approved or done, 1 something is refused or could not be decided, 2 a mistake in the call or the set-up, 3 a bug,
130 interrupted; what was done until then is kept, and the next run goes on from there.
"""
_SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}

# In the order in which they are used; the first line of each module's command says what it does.
_COMMANDS: tuple[str, ...] = ("resolve", "run")


class _Commands(click.Group):
    """Imports a command's module only when it is needed: --help answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = import_module(f"{__name__}.{cmd_name.replace('-', '_')}").command
        return command


@click.command("scan.py", cls=_Commands, epilog=_EPILOG, context_settings=_SETTINGS)
def group() -> None:
    """Finds the platform's images, scans them, and decides which may run where."""


def main(arguments: list[str] | None = None) -> int:
    """Runs the command and returns its exit code."""
    return run_command(group, arguments)
