"""The images that an object names, as kustomize's ``images`` finds them."""

from collections.abc import Iterator
from typing import Any

from gitops.models.paths import JsonPath
from gitops.models.values import mapping


def images_of(value: Any, path: JsonPath = ()) -> Iterator[tuple[JsonPath, str]]:
    """The image of every container in an object, at any depth, as kustomize's ``images`` finds them; ``""`` for none."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("containers", "initContainers", "ephemeralContainers") and isinstance(item, list):
                for index, container in enumerate(item):
                    image = mapping(container).get("image", "")
                    if isinstance(image, str):
                        yield (*path, key, index, "image"), image
            else:
                yield from images_of(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from images_of(item, (*path, index))


def image_name(image: str) -> str:
    """Registry and path as they are written, without tag and digest."""
    name = image.partition("@")[0]
    head, colon, tail = name.rpartition(":")
    return head if colon and "/" not in tail else name
