"""Every image that the chosen overlays may run, with all that name it."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from gitops.models.image import ImageReference, InvalidImageReference
from gitops.models.inventory import Gap, ImageUse, Inventory, NamedImage, UnnamedImage, Unrendered
from gitops.models.resource import Resource
from gitops.repository.images import every_image
from gitops.repository.provenance import Provenance
from gitops.repository.rendering import RenderedEnvironment, Renderer
from gitops.services.selection import select
from gitops.services.workspace import Workspace


@dataclass(frozen=True, slots=True)
class InventoryRequest:
    """Which overlays: all, unless environments or components narrow it. ``jobs`` is how many renders run at once."""

    jobs: int
    environments: tuple[str, ...] = ()
    components: tuple[str, ...] = ()


def take_inventory(
    workspace: Workspace, request: InventoryRequest, start: Callable[[int], None], advance: Callable[[], None]
) -> Inventory:
    """Renders the chosen overlays and gathers their images; raises ``UserError`` for names that do not exist.

    ``start`` is told how many overlays there are, ``advance`` is called once for each.
    """
    tree = workspace.tree
    chosen = select(tree, request.environments, request.components).overlays
    environments = [
        replace(environment, overlays=tuple(overlay for overlay in environment.overlays if overlay in chosen))
        for environment in tree.environments.values()
    ]
    start(len(chosen))
    rendered = Renderer(tree, workspace.kustomize, workspace.cache, request.jobs).render(environments, advance)
    return inventory_of(rendered, Provenance(tree))


def inventory_of(environments: list[RenderedEnvironment], provenance: Provenance) -> Inventory:
    """The images of what was rendered."""
    images: dict[ImageReference, set[ImageUse]] = defaultdict(set)
    unnamed: dict[tuple[str, Gap], set[ImageUse]] = defaultdict(set)
    for text, use in _uses(environments, provenance):
        try:
            reference = ImageReference.parse(text)
        except InvalidImageReference:
            unnamed[text, Gap.MALFORMED].add(use)
            continue
        if reference.tag is None and reference.digest is None:
            unnamed[text, Gap.NO_VERSION if "/" in text else Gap.LOGICAL].add(use)
        else:
            images[reference].add(use)
    return Inventory(
        tuple(NamedImage(one, tuple(sorted(images[one]))) for one in sorted(images, key=str)),
        tuple(UnnamedImage(text, gap, tuple(sorted(unnamed[text, gap]))) for text, gap in sorted(unnamed)),
        tuple(_unrendered(environments)),
    )


def _uses(environments: list[RenderedEnvironment], provenance: Provenance) -> Iterator[tuple[str, ImageUse]]:
    for environment in environments:
        for resource in environment.resources:
            for path, image in every_image(resource):
                if image:  # a container without one is the schema's business
                    place = provenance.place(resource, path, image)
                    yield image, _use(resource, place.file, place.line)


def _use(resource: Resource, file: str, line: int) -> ImageUse:
    overlay = resource.overlay
    return ImageUse(overlay.environment, overlay.component, overlay.path, str(resource.identity), file, line)


def _unrendered(environments: list[RenderedEnvironment]) -> Iterator[Unrendered]:
    for environment in environments:
        for failure in environment.failures:
            yield Unrendered(failure.overlay.path, failure.message)
        for overlay in environment.blocked:
            yield Unrendered(overlay.path, "a file that it reads is missing or defective; tools/lint.py tells which")
