"""``scan.py resolve``: which bytes the names of images mean now."""

from datetime import datetime
from pathlib import Path

import click

from gitops.cli.common import CLEAN, FINDINGS, Bar, repository_root
from gitops.cli.outputs import Output, deliver, moment, refuse_clashes

_FORMATS = ("text", "json")
_AT_ONCE = 8


@click.command("resolve")
@click.option("--environment", "environments", multiple=True, metavar="E", help="Only this environment; may be repeated.")
@click.option("--component", "components", multiple=True, metavar="C", help="Only this component; may be repeated.")
@click.option("--write", is_flag=True, help="Put the digests into the overlays' images.")
@click.option("--dry-run", is_flag=True, help="Show what --write would change, as a unified diff, and change nothing.")
@click.option(
    "--output", "outputs", type=Output(_FORMATS), multiple=True, help="text or json, [=FILE]; may be repeated.  [default: text]"
)
@click.option("--now", callback=moment, metavar="TIME", help="The time to note (now, in UTC), as 2026-11-24T12:00:00Z.")
@click.option(
    "--jobs", type=click.IntRange(1, 64), default=_AT_ONCE, metavar="N", help="Images asked for at once.  [default: 8]"
)
@click.option(
    "--store", type=click.Path(path_type=Path), metavar="DIR", help="Where results are kept.  [default: build/images]"
)
def command(  # noqa: PLR0913, PLR0917 - one for each option
    environments: tuple[str, ...],
    components: tuple[str, ...],
    write: bool,
    dry_run: bool,
    outputs: tuple[tuple[str, Path | None], ...],
    now: datetime,
    jobs: int,
    store: Path | None,
) -> int:
    """Finds out where the names of images lead.

    Asks the registries for the digest of every image, and holds those that are pinned against their tags. Nothing is guessed:
    a name without a version is told, and so is one that only stands for an image. A tag that leads to another digest than the
    pinned one is told, and the pin stays. Exit code 1 where anything could not be resolved.
    """
    from gitops.reports.resolutions import resolved_json, resolved_text
    from gitops.services.resolve_run import Pins, ResolveRequest, run
    from gitops.services.workspace import Workspace

    chosen = outputs or (("text", None),)
    refuse_clashes(chosen)
    root = repository_root()
    request = ResolveRequest(
        now=now,
        jobs=jobs,
        environments=environments,
        components=components,
        pins=Pins.SHOW if dry_run else Pins.WRITE if write else Pins.LEAVE,
        store=store or root / "build" / "images",
    )
    with Bar() as bar:
        result = run(Workspace(root), request, bar)
    writers = {"text": resolved_text, "json": resolved_json}
    for name, file in chosen:
        deliver(writers[name](result), file)
    return CLEAN if result.complete else FINDINGS
