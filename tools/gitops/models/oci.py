"""Manifests of images and what they refer to, as registries serve them.

Source: OCI image and distribution specifications 1.1 (https://github.com/opencontainers/image-spec, .../distribution-spec), and
Docker's schema 2 (https://distribution.github.io/distribution/spec/manifest-v2-2/).
"""

import hashlib
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from gitops.models.values import mapping

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
MANIFEST_TYPES = (OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST)
INDEX_TYPES = frozenset({OCI_INDEX, DOCKER_LIST})
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json"
CONFIG_TYPES = frozenset({OCI_CONFIG, DOCKER_CONFIG})

_HASHES = {"sha256": 64, "sha384": 96, "sha512": 128}  # with the number of digits
_DIGEST = re.compile(r"(sha256|sha384|sha512):([0-9a-f]+)")
# Variants that are the usual one of their architecture; containerd leaves them out too (platforms/database.go).
_PLAIN_VARIANTS = frozenset({("arm64", "v8"), ("amd64", "v1")})


class MalformedManifest(Exception):
    """The bytes are no manifest, or one that two readers could understand differently."""


def digest_of(data: bytes) -> str:
    """``sha256:`` and the hash in hexadecimal."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def is_digest(text: object) -> bool:
    """Whether a text is a digest that can be verified: SHA-2, in lower case."""
    found = _DIGEST.fullmatch(text) if isinstance(text, str) else None
    return found is not None and len(found[2]) == _HASHES[found[1]]


def has_digest(data: bytes, digest: str) -> bool:
    """Whether the bytes are those that a digest stands for."""
    algorithm, _, encoded = digest.partition(":")
    return is_digest(digest) and hashlib.new(algorithm, data).hexdigest() == encoded


def platform_of(described: Any) -> str:
    """``os/architecture[/variant]`` of a ``platform`` or an image's configuration; empty where it tells neither."""
    told = mapping(described)
    system, architecture, variant = (told.get(key) or "" for key in ("os", "architecture", "variant"))
    if not isinstance(system, str) or not isinstance(architecture, str) or not isinstance(variant, str):
        raise MalformedManifest("a platform whose parts are no texts")
    if not system or not architecture:
        return ""
    named = variant if (architecture, variant) not in _PLAIN_VARIANTS else ""
    return "/".join(part for part in (system, architecture, named) if part)


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a manifest refers to: another manifest, or a blob. ``platform`` is ``os/architecture[/variant]`` or empty."""

    media_type: str
    digest: str
    size: int
    platform: str = ""
    artifact_type: str = ""
    annotations: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, value: Any) -> "Descriptor":
        """A descriptor as it stands in a manifest; raises ``MalformedManifest``."""
        told = mapping(value)
        media_type, digest, size = told.get("mediaType"), told.get("digest"), told.get("size")
        if not isinstance(media_type, str) or not is_digest(digest) or type(size) is not int or size < 0:
            raise MalformedManifest("a reference without media type, digest (SHA-2) and size")
        annotations = {key: text for key, text in mapping(told.get("annotations")).items() if isinstance(text, str)}
        artifact = told.get("artifactType")
        return cls(
            media_type,
            str(digest),
            size,
            platform_of(told.get("platform")),
            artifact if isinstance(artifact, str) else "",
            annotations,
        )

    def written(self) -> dict[str, Any]:
        """The descriptor as it stands in a manifest."""
        system, _, architecture = self.platform.partition("/")
        architecture, _, variant = architecture.partition("/")
        platform = {"architecture": architecture, "os": system, **({"variant": variant} if variant else {})}
        return {
            "mediaType": self.media_type,
            "digest": self.digest,
            "size": self.size,
            **({"platform": platform} if self.platform else {}),
            **({"artifactType": self.artifact_type} if self.artifact_type else {}),
            **({"annotations": dict(self.annotations)} if self.annotations else {}),
        }


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest whose bytes were held against their digest; ``content`` is what they say."""

    media_type: str
    digest: str
    data: bytes
    content: dict[str, Any]

    @classmethod
    def read(cls, media_type: str, digest: str, data: bytes) -> "Manifest":
        """A manifest from its bytes; raises ``MalformedManifest``.

        One that is an index to one reader and an image to another would be scanned as the first and run as the second
        (https://github.com/advisories/GHSA-77vh-xpmg-72qh), so it must be one of them, and say no other type than it came with.
        """
        try:
            content = json.loads(data)
        except (ValueError, RecursionError):
            content = None
        if media_type not in MANIFEST_TYPES:
            raise MalformedManifest(f"of the type '{media_type}'")
        if not isinstance(content, dict) or content.get("schemaVersion") != 2:
            raise MalformedManifest("not JSON of schema version 2")
        if content.get("mediaType", media_type) != media_type:
            raise MalformedManifest(f"it came as {media_type} and calls itself something else")
        if media_type in INDEX_TYPES:
            if "layers" in content or "config" in content or not isinstance(content.get("manifests"), list):
                raise MalformedManifest("an index without manifests, or with layers")
        elif "manifests" in content or not isinstance(content.get("layers"), list):
            raise MalformedManifest("a manifest without layers, or with manifests")
        manifest = cls(media_type, digest, data, content)
        _ = manifest.children, manifest.layers, manifest.is_index or manifest.config  # so that nobody meets a bad one later
        return manifest

    @property
    def is_index(self) -> bool:
        return self.media_type in INDEX_TYPES

    @property
    def children(self) -> tuple[Descriptor, ...]:
        """The manifests of an index, in its order; nothing for an image."""
        return _descriptors(self.content.get("manifests", ()))

    @property
    def layers(self) -> tuple[Descriptor, ...]:
        """The layers of an image; nothing for an index."""
        return _descriptors(self.content.get("layers", ()))

    @property
    def config(self) -> Descriptor:
        """What describes an image; an index has none."""
        return Descriptor.read(self.content.get("config"))


def _descriptors(listed: Iterable[Any]) -> tuple[Descriptor, ...]:
    return tuple(Descriptor.read(one) for one in listed)
