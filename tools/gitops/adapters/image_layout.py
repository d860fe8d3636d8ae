"""An image as a folder (OCI image layout), fetched from its registry with every byte held against its digest.

Trivy could fetch images itself, but does not hold layers against their digests (tried with 0.76): a registry or a proxy that
gives it other bytes than it gives to the nodes would keep a package from being found. So it only gets what was verified here.
Source: https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gitops.adapters.registry import Reason, Registry, RegistryFailed
from gitops.models.image import ImageReference
from gitops.models.oci import CONFIG_TYPES, OCI_INDEX, Descriptor
from gitops.models.values import mapping


@dataclass(frozen=True, slots=True)
class Layout:
    """An image on this disk; ``config`` is the digest of what describes it, ``built`` when that says it was built (UTC)."""

    folder: Path
    config: str
    built: datetime | None


def fetch(registry: Registry, image: ImageReference, folder: Path) -> Layout:
    """Fetches the manifest of one platform, and all that it refers to, into an empty folder; raises ``RegistryFailed``."""
    manifest = registry.manifest(image)
    if manifest.is_index or manifest.config.media_type not in CONFIG_TYPES:
        raise RegistryFailed(Reason.WRONG, f"{image}: it is no image for one platform that could be scanned; push it anew")
    blobs = folder / "blobs" / "sha256"
    blobs.mkdir(parents=True)
    config = registry.blob(image.repository, manifest.config.digest)
    _place(folder, manifest.digest).write_bytes(manifest.data)
    _place(folder, manifest.config.digest).write_bytes(config)
    for digest, layer in {one.digest: one for one in manifest.layers}.items():
        registry.save_blob(image.repository, layer, _place(folder, digest))
    only = Descriptor(manifest.media_type, manifest.digest, len(manifest.data)).written()
    index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [only]}
    (folder / "index.json").write_text(json.dumps(index), encoding="utf-8")
    (folder / "oci-layout").write_text(json.dumps({"imageLayoutVersion": "1.0.0"}), encoding="utf-8")
    return Layout(folder, manifest.config.digest, _built(config))


def _place(folder: Path, digest: str) -> Path:
    algorithm, _, encoded = digest.partition(":")
    place = folder / "blobs" / algorithm / encoded
    place.parent.mkdir(exist_ok=True)
    return place


def _built(config: bytes) -> datetime | None:
    """When an image says that it was built; None where it does not, which Go's zero time stands for too."""
    try:
        told = mapping(json.loads(config)).get("created")
        when = datetime.fromisoformat(told) if isinstance(told, str) else None
    except (ValueError, RecursionError):
        return None
    return when.astimezone(UTC) if when and when.tzinfo and when.year > 1 else None
