"""``scan.py run`` from end to end: inventory, registries, database, scanner, store."""

import threading
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path

from gitops.adapters import trivy_program
from gitops.adapters.docker_config import DockerConfig
from gitops.adapters.folders import cache_folder
from gitops.adapters.http import Http
from gitops.adapters.registry import Registry
from gitops.adapters.resolution_store import ResolutionStore
from gitops.adapters.scan_store import ScanStore
from gitops.adapters.trivy import Trivy
from gitops.adapters.trivy_database import Database, DatabaseFailed, DatabaseStore, in_folder
from gitops.models.errors import UserError
from gitops.models.inventory import Inventory
from gitops.models.scanning import DatabaseFacts, ScanRun
from gitops.services.image_inventory import InventoryRequest, take_inventory
from gitops.services.resolve_run import Progress
from gitops.services.resolving import policies_of
from gitops.services.scan_targets import Finder
from gitops.services.scanning import Renewal, Scan, scan_all
from gitops.services.workspace import TOOLS, Workspace, default_jobs

_ASKED_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class RunRequest:
    """Which images, with which database, and what to do anew. ``jobs`` is how many scanners run at once.

    ``images`` are globs over the names of images, with or without tag and digest; of the database's two places one is given.
    """

    now: datetime
    jobs: int
    store: Path
    sboms: Path | None = None
    environments: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    repository: str | None = None
    folder: Path | None = None
    renewal: Renewal = field(default_factory=Renewal)


def run(workspace: Workspace, request: RunRequest, progress: Progress) -> ScanRun:
    """Scans what is to be scanned; raises ``UserError`` for what is wrong with the call, the set-up or the repository."""
    program = trivy_program.find(TOOLS.parent)
    policies = policies_of(workspace.tree)
    registry = Registry(Http(), DockerConfig(), policies.source)
    trivy = Trivy(program, cache_folder() / "scratch")
    trivy.tidy()
    store = ScanStore(request.store, request.sboms)
    inventory = _inventory(workspace, request, progress)
    finder = Finder(
        store, ResolutionStore(request.store), registry, policies.platforms, request.now, max(request.jobs, _ASKED_AT_ONCE)
    )
    progress.start("ask registries", len(inventory.images))
    targets, unresolved = finder.find(inventory.images, progress.advance)
    progress.start("get the database", 1)
    database, why = _database(request, registry)
    scan = Scan(
        store=store,
        registry=registry,
        trivy=trivy,
        database=database,
        no_database=why,
        now=request.now,
        renewal=request.renewal,
        stopping=threading.Event(),
    )
    progress.start("scan", len(targets))
    scanned, failed = scan_all(scan, targets, request.jobs, progress.advance)
    return ScanRun(
        inventory,
        trivy.version,
        DatabaseFacts(database.source, database.version, database.made) if database else None,
        scanned,
        tuple(sorted((*unresolved, *failed), key=lambda one: (one.image, one.platform, one.digest))),
        tuple(_notes(database, store)),
    )


def _inventory(workspace: Workspace, request: RunRequest, progress: Progress) -> Inventory:
    wanted = InventoryRequest(default_jobs(), request.environments, request.components)
    inventory = take_inventory(workspace, wanted, lambda total: progress.start("render", total), progress.advance)
    if not request.images:
        return inventory
    chosen = tuple(
        one
        for one in inventory.images
        if any(fnmatchcase(name, glob) for glob in request.images for name in (str(one.reference), one.reference.repository))
    )
    if not chosen:
        raise UserError(f"no image that the chosen overlays name matches {' or '.join(request.images)}")
    return replace(inventory, images=chosen, unnamed=(), unrendered=())


def _database(request: RunRequest, registry: Registry) -> tuple[Database | None, str]:
    try:
        if request.folder:
            return in_folder(request.folder), ""
        if request.repository:
            return DatabaseStore(cache_folder() / "trivy", registry).fetch(request.repository), ""
    except DatabaseFailed as error:
        return None, str(error)
    raise UserError("no place of a database of vulnerabilities was named")


def _notes(database: Database | None, store: ScanStore) -> list[str]:
    damaged = [f"{path} is damaged and counts as absent" for path in dict.fromkeys(store.damaged)]
    return [database.note, *damaged] if database and database.note else damaged
