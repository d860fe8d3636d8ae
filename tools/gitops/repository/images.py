"""The images that an object names, as kustomize's ``images`` finds them.

It finds those of containers by itself. The others have to be told to it, in a component's ``configurations``: that of a
CephCluster (``cephVersion``), and every value of a ConfigMap whose label says that it holds images.
"""

from collections.abc import Iterator
from typing import Any

from gitops.models.paths import JsonPath
from gitops.models.values import mapping

HOLDS = "project-dare.eu/holds"


def images_of(value: Any, path: JsonPath = ()) -> Iterator[tuple[JsonPath, str]]:
    """Every image in an object with its place, at any depth; ``""`` for a container without one."""
    if isinstance(value, dict):
        if mapping(mapping(value.get("metadata")).get("labels")).get(HOLDS) == "images":
            yield from (
                ((*path, "data", key), item) for key, item in mapping(value.get("data")).items() if isinstance(item, str)
            )
        for key, item in value.items():
            if key in ("containers", "initContainers", "ephemeralContainers") and isinstance(item, list):
                for index, container in enumerate(item):
                    image = mapping(container).get("image", "")
                    if isinstance(image, str):
                        yield (*path, key, index, "image"), image
            elif key == "cephVersion" and isinstance(mapping(item).get("image"), str):
                yield (*path, key, "image"), item["image"]
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
