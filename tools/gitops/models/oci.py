"""Manifests of images and what they refer to, as registries serve them.

Source: OCI image and distribution specifications 1.1 (https://github.com/opencontainers/image-spec, .../distribution-spec), and
Docker's schema 2 (https://distribution.github.io/distribution/spec/manifest-v2-2/).
"""

import hashlib
from dataclasses import dataclass, field
from typing import Any

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
MANIFEST_TYPES = (OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST)
INDEX_TYPES = frozenset({OCI_INDEX, DOCKER_LIST})
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"


def digest_of(data: bytes) -> str:
    """``sha256:`` and the hash in hexadecimal."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What a manifest refers to: another manifest, or a blob. ``platform`` is ``os/architecture[/variant]`` or empty."""

    media_type: str
    digest: str
    size: int
    platform: str = ""
    artifact_type: str = ""
    annotations: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest whose bytes were held against their digest; ``content`` is what they say."""

    media_type: str
    digest: str
    data: bytes
    content: dict[str, Any]

    @property
    def is_index(self) -> bool:
        return self.media_type in INDEX_TYPES
