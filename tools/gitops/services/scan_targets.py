"""Which manifests are to be scanned: where the names of images lead, by the store if it knows, else by their registries."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gitops.adapters.registry import Registry
from gitops.adapters.resolution_store import ResolutionStore
from gitops.adapters.scan_store import ScanStore
from gitops.models.image import ImageReference
from gitops.models.inventory import NamedImage, Outcome, Resolution
from gitops.models.scanning import Fault, ImageRecord, ScanFailure, Target
from gitops.services.resolving import keep, resolve_all


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds the manifests of images. ``platforms`` are those that the policy asks for, ``jobs`` how many registries at once."""

    store: ScanStore
    resolutions: ResolutionStore
    registry: Registry
    platforms: tuple[str, ...]
    now: datetime
    jobs: int

    def find(
        self, images: tuple[NamedImage, ...], advance: Callable[[], None]
    ) -> tuple[tuple[Target, ...], tuple[ScanFailure, ...]]:
        """The manifests that the images lead to, each once, and the images that lead nowhere."""
        records: dict[ImageReference, ImageRecord] = {}
        unknown: list[NamedImage] = []
        for image in images:
            record = self._known(image.reference)
            if record:
                records[image.reference] = record
                self.store.forget_failure(str(image.reference))
                advance()
            else:
                unknown.append(image)
        failures: list[ScanFailure] = []

        def done(resolution: Resolution) -> None:
            result = self._resolved(resolution)
            if isinstance(result, ImageRecord):
                records[resolution.image.reference] = result
            else:
                failures.append(result)
            advance()

        resolve_all(self.registry, unknown, self.platforms, self.jobs, done)
        return self._targets(records), tuple(failures)

    def _known(self, reference: ImageReference) -> ImageRecord | None:
        """What the store says of an image: a digest can't change, and a tag counts as it was when it was last resolved."""
        digest = reference.digest or self._led(reference)
        record = self.store.image(digest) if digest else None
        return record if record and all(platform in record.platforms for platform in self.platforms) else None

    def _led(self, reference: ImageReference) -> str | None:
        kept = self.resolutions.resolution(str(reference))
        return kept.digest if kept else None

    def _resolved(self, resolution: Resolution) -> ImageRecord | ScanFailure:
        """Keeps where an image leads, or why it leads nowhere."""
        reference = resolution.image.reference
        before = None if reference.digest else self.resolutions.resolution(str(reference))
        if resolution.outcome is Outcome.FAILED:
            return self._failed(resolution, resolution.reason, resolution.message)
        if before and before.digest != resolution.digest:
            message = (
                f"{reference} leads to {resolution.digest} by now, and led to {before.digest} when it was resolved "
                f"({before.when:%Y-%m-%d %H:%M} UTC); resolve it again, and scan again"
            )
            return self._failed(resolution, Fault.MOVED, message)
        keep(self.resolutions, resolution, self.now)
        record = ImageRecord(resolution.digest, resolution.media_type, resolution.platforms)
        self.store.keep_image(record)
        self.store.forget_failure(str(reference))
        return record

    def _failed(self, resolution: Resolution, reason: str, message: str) -> ScanFailure:
        failure = ScanFailure(str(resolution.image.reference), resolution.digest, "", reason, message, self.now)
        self.store.keep_failure(failure)
        return failure

    def _targets(self, records: dict[ImageReference, ImageRecord]) -> tuple[Target, ...]:
        named: dict[tuple[str, str], list[ImageReference]] = defaultdict(list)
        for reference in sorted(records, key=str):
            for platform in self.platforms:
                named[records[reference].platforms[platform], platform].append(reference)
        return tuple(Target(tuple(images), digest, platform) for (digest, platform), images in named.items())
