"""``make generate``: writes the generated files anew."""

import click

from gitops.adapters.cache import write_atomically
from gitops.cli.common import CLEAN, repository_root, run_command


@click.command("generate")
def command() -> int:
    """Writes the JSON Schemas and the rule pages from the code, and the catalogue from what Git holds."""
    from gitops.services.generate import generated_files, rendered_pages
    from gitops.services.workspace import Workspace

    root = repository_root()
    for path, text in {**generated_files(), **rendered_pages(Workspace(root))}.items():
        file = root / path
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            write_atomically(file, text.encode())
            click.echo(f"wrote {path}")
    return CLEAN


if __name__ == "__main__":
    raise SystemExit(run_command(command))
