"""``scan.py run``: what is in the images, and what is wrong with it."""

from datetime import datetime, timedelta
from pathlib import Path

import click

from gitops.cli.common import CLEAN, FINDINGS, Bar, repository_root
from gitops.cli.outputs import Output, deliver, moment, refuse_clashes

_FORMATS = ("text", "json")


@click.command("run")
@click.option("--environment", "environments", multiple=True, metavar="E", help="Only this environment; may be repeated.")
@click.option("--component", "components", multiple=True, metavar="C", help="Only this component; may be repeated.")
@click.option("--image", "images", multiple=True, metavar="GLOB", help="Only images of such names; may be repeated.")
@click.option(
    "--db-repository", "repository", metavar="REF", help="The registry and path where the database of vulnerabilities lies."
)
@click.option(
    "--db-folder", "folder", type=click.Path(path_type=Path), metavar="DIR", help="The folder where the database lies."
)
@click.option("--rescan", is_flag=True, help="Make all reports anew, also those that nothing newer is known about.")
@click.option("--older-than", type=click.IntRange(0), metavar="DAYS", help="Make reports anew that are older.")
@click.option(
    "--output", "outputs", type=Output(_FORMATS), multiple=True, help="text or json, [=FILE]; may be repeated.  [default: text]"
)
@click.option("--now", callback=moment, metavar="TIME", help="The time to note (now, in UTC), as 2026-11-24T12:00:00Z.")
@click.option("--jobs", type=click.IntRange(1, 64), metavar="N", help="Scanners at once (one per processor).")
@click.option(
    "--store", type=click.Path(path_type=Path), metavar="DIR", help="Where results are kept.  [default: build/images]"
)
@click.option(
    "--sbom-store",
    "sboms",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where SBOMs are kept.  [default: STORE/sboms]",
)
def command(  # noqa: PLR0913, PLR0917 - one for each option
    environments: tuple[str, ...],
    components: tuple[str, ...],
    images: tuple[str, ...],
    repository: str | None,
    folder: Path | None,
    rescan: bool,
    older_than: int | None,
    outputs: tuple[tuple[str, Path | None], ...],
    now: datetime,
    jobs: int | None,
    store: Path | None,
    sboms: Path | None,
) -> int:
    """Lists what is in each image, and scans it.

    For each digest and platform an SBOM is made once, from the registry, and kept. Reports are made of SBOMs, without a
    registry: where there is none yet, where the database is newer than the one that it was made with or the scanner another,
    and where the last scan failed. A run that was interrupted goes on where it ended. Exit code 1 where any image could not be
    scanned.
    """
    from gitops.reports.scans import scans_json, scans_text
    from gitops.services.scan_run import RunRequest, run
    from gitops.services.scanning import Renewal
    from gitops.services.workspace import Workspace, default_jobs

    if (repository is None) == (folder is None):
        places = "--db-repository (ghcr.io/aquasecurity/trivy-db, or a mirror of it) or --db-folder"
        raise click.UsageError(f"name the place of the database of vulnerabilities: either {places}")
    chosen = outputs or (("text", None),)
    refuse_clashes(chosen)
    root = repository_root()
    request = RunRequest(
        now=now,
        jobs=jobs or default_jobs(),
        store=store or root / "build" / "images",
        sboms=sboms,
        environments=environments,
        components=components,
        images=images,
        repository=repository,
        folder=folder,
        renewal=Renewal(rescan, None if older_than is None else timedelta(days=older_than)),
    )
    with Bar() as bar:
        result = run(Workspace(root), request, bar)
    writers = {"text": scans_text, "json": scans_json}
    for name, file in chosen:
        deliver(writers[name](result), file)
    return CLEAN if result.complete else FINDINGS
