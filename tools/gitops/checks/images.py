"""Images: a name that means the same bytes tomorrow."""

from collections.abc import Iterator

from gitops.checks.evidence import EnvironmentEvidence
from gitops.checks.unit import Problem, Scope, check
from gitops.models.finding import Level
from gitops.models.image import ImageReference, InvalidImageReference
from gitops.models.paths import JsonPath
from gitops.models.resource import Resource
from gitops.repository.images import every_image
from gitops.repository.references import is_custom

_NAMES = "https://kubernetes.io/docs/concepts/containers/images/#image-names"


@check(
    "IMG001",
    "Image without a version",
    Scope.OBJECT,
    why="Two nodes that pull at different times run different programs, and a rollback brings nothing back.",
    fix="Set newTag in the overlay's images to the version that is meant.",
    reference=_NAMES,
)
def no_version(resource: Resource) -> Iterator[Problem]:
    """Images with neither tag nor digest, or with the tag latest, also in custom resources and in manifests in ConfigMaps."""
    for path, image, reference in _images(resource):
        if reference is None:
            yield Problem(f"'{image}' is no image reference", resource, path, text=image, image=image)
        elif reference.digest is None and reference.effective_tag == "latest":
            what = "has the tag latest" if reference.tag else "has no tag"
            yield Problem(f"{image} {what}", resource, path, text=image, image=image)


@check(
    "IMG002",
    "Image without a digest",
    Scope.OBJECT,
    why="A tag can be moved in the registry: what was scanned and tried need not be what runs.",
    fix="Set digest in the overlay's images to the digest of the version that was scanned.",
    reference=_NAMES,
)
def no_digest(resource: Resource) -> Iterator[Problem]:
    """Images of a version that no digest pins, also in custom resources and in manifests in ConfigMaps."""
    for path, image, reference in _images(resource):
        if reference is not None and reference.digest is None and reference.effective_tag != "latest":
            yield Problem(f"{image} has no digest", resource, path, text=image, image=image)


@check(
    "IMG005",
    "One image in two versions",
    Scope.ENVIRONMENT,
    why="What was scanned and tried of one version says nothing of the other, and nobody can tell which of them was meant.",
    fix="Pin one version in all overlays of the environment.",
    reference=_NAMES,
    level=Level.WARNING,
    anywhere=True,
)
def two_versions(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Images of one registry and path that an environment runs with different tags or digests; one version in several places
    is none. Told once for each overlay and version that differs from the first."""
    first: dict[tuple[str, str], tuple[ImageReference, Resource]] = {}
    told: set[tuple[str, ImageReference]] = set()
    for resource, path, image in _running(evidence):
        try:
            reference = ImageReference.parse(image)
        except InvalidImageReference:
            continue
        chosen, where = first.setdefault((reference.registry, reference.path), (reference, resource))
        if reference != chosen and (resource.overlay.path, reference) not in told:
            told.add((resource.overlay.path, reference))
            message = f"{image} is of version {_version(chosen)} in {where.overlay.path}"
            yield Problem(message, resource, path, text=image, image=image)


def _running(evidence: EnvironmentEvidence) -> Iterator[tuple[Resource, JsonPath, str]]:
    """Every image of an environment. Those of workloads are read where they stand: to look everywhere takes its time."""
    for workload in evidence.workloads:
        for container in workload.containers():
            image = container.body.get("image")
            if isinstance(image, str):
                yield workload.resource, (*container.path, "image"), image
    for resource in evidence.resources:
        if is_custom(resource) or (resource.group, resource.kind) == ("", "ConfigMap"):
            yield from ((resource, path, image) for path, image in every_image(resource))


def _version(reference: ImageReference) -> str:
    return "@".join(filter(None, (reference.tag, reference.digest))) or "(none)"


def _images(resource: Resource) -> Iterator[tuple[JsonPath, str, ImageReference | None]]:
    """Every image that is named at all; one that is missing is the schema's business."""
    for path, image in every_image(resource):
        if image:
            try:
                yield path, image, ImageReference.parse(image)
            except InvalidImageReference:
                yield path, image, None
