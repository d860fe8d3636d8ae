"""Where the names of images lead: each to a digest, asked from its registry."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from gitops.adapters.registry import Reason, Registry, RegistryFailed
from gitops.models.errors import UserError
from gitops.models.image import ImageReference
from gitops.models.image_policy import ImagePolicies
from gitops.models.inventory import NamedImage, Outcome, Resolution
from gitops.models.oci import Manifest
from gitops.repository.tree import IMAGES, Tree

NO_PLATFORM = "platform"
"""The reason of a failure that is the image's and not its registry's: nothing in it runs on our nodes."""


class Resolutions(Protocol):
    """Where it is kept what a name led to, and when."""

    def keep_resolution(self, image: str, digest: str, when: datetime) -> None: ...


@dataclass(frozen=True, slots=True)
class _Found:
    manifest: Manifest
    platforms: dict[str, str]


def policies_of(tree: Tree) -> ImagePolicies:
    """The image policies; raises ``UserError`` where their file is defective: without it nobody knows the mirrors."""
    facts = tree.files.get(IMAGES)
    if facts is not None and facts.data is None:
        raise UserError(f"{IMAGES} is defective; 'tools/lint.py' tells what is wrong")
    return tree.image_policies


def resolve_all(
    registry: Registry,
    images: Iterable[NamedImage],
    platforms: tuple[str, ...],
    jobs: int,
    done: Callable[[Resolution], None],
) -> tuple[Resolution, ...]:
    """What each image's name leads to, in their order; the failure of one is its own affair.

    ``done`` gets each as it comes, from this thread. An interrupt leaves those alone that have not begun.
    """
    listed = tuple(images)
    found: dict[int, Resolution] = {}
    with ThreadPoolExecutor(jobs) as pool:
        running = {pool.submit(resolve, registry, image, platforms): number for number, image in enumerate(listed)}
        try:
            for future in as_completed(running):
                found[running[future]] = future.result()
                done(future.result())
        except BaseException:
            registry.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return tuple(found[number] for number in range(len(listed)))


def resolve(registry: Registry, image: NamedImage, platforms: tuple[str, ...]) -> Resolution:
    """Asks for one image, by its digest if it is pinned, and then whether its tag still leads there."""
    reference = image.reference
    try:
        found = _fetch(registry, reference, platforms)
    except RegistryFailed as failure:
        return Resolution(image, Outcome.FAILED, reference.digest or "", reason=failure.reason, message=failure.message)
    lacking = [platform for platform in platforms if platform not in found.platforms]
    outcome = Outcome.CHECKED if reference.digest else Outcome.RESOLVED
    resolution = Resolution(image, outcome, found.manifest.digest, found.manifest.media_type, found.platforms)
    if lacking:
        message = f"{reference}: nothing in it runs on {', '.join(lacking)}, as {IMAGES} asks; choose another image"
        return replace(resolution, outcome=Outcome.FAILED, reason=NO_PLATFORM, message=message)
    return _held_against_tag(registry, resolution) if reference.digest and reference.tag else resolution


def _fetch(registry: Registry, reference: ImageReference, platforms: tuple[str, ...]) -> _Found:
    """The manifest and, of the platforms that are asked for, those that it has. The first of two for one platform counts, as
    it does for container runtimes."""
    manifest = registry.manifest(reference)
    there: dict[str, str] = {}
    for one in registry.platforms(reference, manifest):
        if one.platform in platforms:
            there.setdefault(one.platform, one.digest)
    return _Found(manifest, there)


def _held_against_tag(registry: Registry, resolution: Resolution) -> Resolution:
    reference = resolution.image.reference
    tagged = replace(reference, digest=None)
    try:
        now = registry.digest(tagged)
    except RegistryFailed as failure:
        if failure.reason is Reason.ABSENT:
            message = f"{tagged} is gone from its registry; the digest is still there. Pin a version that is kept"
            return replace(resolution, outcome=Outcome.MOVED, message=message)
        return replace(resolution, outcome=Outcome.FAILED, reason=failure.reason, message=failure.message)
    if now == resolution.digest:
        return resolution
    message = (
        f"{tagged} leads to {now} by now. What is pinned stays; to run the new one, take its digest out of the overlay, "
        "resolve and scan again"
    )
    return replace(resolution, outcome=Outcome.MOVED, now=now, message=message)


def keep(store: Resolutions, one: Resolution, when: datetime) -> None:
    """Keeps where a tag led, for the scan to notice one that moves later."""
    reference = replace(one.image.reference, digest=None)
    led = one.now if one.outcome is Outcome.MOVED else one.digest
    if one.outcome is not Outcome.FAILED and reference.tag and led:
        store.keep_resolution(str(reference), led, when)
