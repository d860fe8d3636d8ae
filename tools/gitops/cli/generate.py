"""``make generate``: writes the generated files anew."""

from pathlib import Path

import click

from gitops.adapters.cache import write_atomically
from gitops.cli.common import CLEAN, repository_root, run_command


@click.command("generate")
def command() -> int:
    """Writes the JSON Schemas and the rule pages from the code, and from what Git holds the bindings and the catalogue."""
    from gitops.services.bindings import admission_files
    from gitops.services.generate import generated_files, rendered_pages
    from gitops.services.workspace import Workspace

    root = repository_root()
    _write(root, {**generated_files(), **admission_files(Workspace(root).tree)})
    _write(root, rendered_pages(Workspace(root)))  # of what has just been written, too
    return CLEAN


def _write(root: Path, files: dict[str, str]) -> None:
    for path, text in files.items():
        file = root / path
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            write_atomically(file, text.encode())
            click.echo(f"wrote {path}")


if __name__ == "__main__":
    raise SystemExit(run_command(command))
