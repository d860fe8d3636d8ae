"""The images that an object names.

kustomize finds those of containers by itself. Others have to be told to it, in a component's ``configurations``: that of a
CephCluster (``cephVersion``), and every value of a ConfigMap whose label says that it holds images.
"""

from collections.abc import Iterator
from typing import Any

from gitops.models.paths import JsonPath
from gitops.models.resource import Resource
from gitops.models.values import mapping
from gitops.repository.manifests import manifests_in

HOLDS = "project-dare.eu/holds"


def images_of(value: Any, path: JsonPath = ()) -> Iterator[tuple[JsonPath, str]]:
    """The images that kustomize's ``images`` pins, with their places, at any depth; ``""`` for a container without one."""
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


def every_image(resource: Resource) -> Iterator[tuple[JsonPath, str]]:
    """The images that running an object may pull: those of its containers, whatever a custom resource calls ``image``, and the
    same of manifests in a ConfigMap, from which a program makes objects at its own time."""
    if resource.kind != "CustomResourceDefinition":
        yield from dict.fromkeys(_images_of_body(resource.body))
    if (resource.group, resource.kind) == ("", "ConfigMap"):
        yield from images_of(resource.body)
        for key, text in mapping(resource.body.get("data")).items():
            for body in manifests_in(text) if isinstance(text, str) and "image:" in text else ():
                yield from ((("data", key), image) for _, image in _images_of_body(body))


def _images_of_body(body: dict[str, Any]) -> Iterator[tuple[JsonPath, str]]:
    yield from images_of(body)
    group = str(body.get("apiVersion", "")).rpartition("/")[0]
    if "." in group and not group.endswith(".k8s.io"):
        yield from _named_image(body.get("spec"), ("spec",))


def _named_image(value: Any, path: JsonPath) -> Iterator[tuple[JsonPath, str]]:
    """What stands under ``image`` where ``images_of`` does not look."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key == "image" and isinstance(item, str):
                yield (*path, key), item
            elif key not in ("containers", "initContainers", "ephemeralContainers", "cephVersion"):
                yield from _named_image(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _named_image(item, (*path, index))


def image_name(image: str) -> str:
    """Registry and path as they are written, without tag and digest."""
    name = image.partition("@")[0]
    head, colon, tail = name.rpartition(":")
    return head if colon and "/" not in tail else name
