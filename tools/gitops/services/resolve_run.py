"""``scan.py resolve`` from end to end: inventory, registries, store, overlays."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from gitops.adapters.docker_config import DockerConfig
from gitops.adapters.http import Http
from gitops.adapters.registry import Registry
from gitops.adapters.resolution_store import ResolutionStore
from gitops.models.inventory import Resolution, Resolved
from gitops.services.image_inventory import InventoryRequest, take_inventory
from gitops.services.pinning import plan_pins
from gitops.services.resolving import keep, policies_of, resolve_all
from gitops.services.workspace import Workspace, default_jobs


class Pins(StrEnum):
    """What happens to the overlays."""

    LEAVE = "leave"
    SHOW = "show"
    WRITE = "write"


class Progress(Protocol):
    """Told how far a run is; what it shows is its own business."""

    def start(self, step: str, total: int) -> None: ...

    def advance(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ResolveRequest:
    """Which images, and what to do with what they lead to. ``jobs`` is how many images are asked for at once."""

    now: datetime
    jobs: int
    store: Path
    environments: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    pins: Pins = Pins.LEAVE


def run(workspace: Workspace, request: ResolveRequest, progress: Progress) -> Resolved:
    """Finds out where every image's name leads; raises ``UserError`` for what is wrong with the call or the repository."""
    policies = policies_of(workspace.tree)
    wanted = InventoryRequest(default_jobs(), request.environments, request.components)
    inventory = take_inventory(workspace, wanted, lambda total: progress.start("render", total), progress.advance)
    registry = Registry(Http(), DockerConfig(), policies.source)
    store = ResolutionStore(request.store)

    def done(resolution: Resolution) -> None:
        keep(store, resolution, request.now)
        progress.advance()

    progress.start("ask registries", len(inventory.images))
    resolutions = resolve_all(registry, inventory.images, policies.platforms, request.jobs, done)
    result = Resolved(inventory, resolutions)
    if request.pins is Pins.LEAVE:
        return result
    pinning = plan_pins(workspace.tree, resolutions)
    if request.pins is Pins.WRITE:
        pinning.write()
    return replace(result, edits=pinning.edits, by_hand=pinning.by_hand, diff=pinning.diff, written=request.pins is Pins.WRITE)
