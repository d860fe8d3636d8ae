"""Tiny real images, written byte for byte: the same call makes the same digests on any machine.

An image is an OCI layout's parts: a configuration and one layer. A scanner finds in it what it finds in a large one: the
distribution (``etc/os-release``), its packages (apk's or dpkg's database), Python's and Node's packages with their licences.
"""

import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gitops.adapters.registry import Registry
from gitops.models.oci import OCI_CONFIG, OCI_INDEX, OCI_MANIFEST, Descriptor, digest_of

# Not compressed: what gzip makes differs from one zlib to the next.
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
BUILT = "2026-11-01T12:00:00Z"
AMD64 = "linux/amd64"
ARM64 = "linux/arm64"


@dataclass(frozen=True)
class Contents:
    """What lies in an image: packages with their versions, of ``system`` (``alpine``, ``debian`` or none), Python and Node.

    ``files`` are further ones, by path.
    """

    system: str = "alpine"
    release: str = "3.20.3"
    packages: Mapping[str, str] = field(default_factory=lambda: {"openssl": "3.3.1-r0"})
    python: Mapping[str, str] = field(default_factory=lambda: {"Jinja2": "2.4.1"})
    node: Mapping[str, str] = field(default_factory=lambda: {"lodash": "4.17.4"})
    licence: str = "MIT"
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Image:
    """A manifest or an index, with all that it refers to: blobs, and the manifests of an index, by digest."""

    media_type: str
    data: bytes
    blobs: Mapping[str, bytes] = field(default_factory=dict)
    children: tuple["Image", ...] = ()
    platform: str = ""

    @property
    def digest(self) -> str:
        return digest_of(self.data)

    @property
    def descriptor(self) -> Descriptor:
        return Descriptor(self.media_type, self.digest, len(self.data), self.platform)

    def push(self, registry: Registry, repository: str, tag: str | None = None) -> str:
        """Pushes it under a tag, or by digest alone; returns its digest."""
        for data in self.blobs.values():
            registry.put_blob(repository, data)
        for child in self.children:
            child.push(registry, repository)
        return registry.put_manifest(repository, tag or self.digest, self.media_type, self.data)

    def write_layout(self, folder: Path) -> Path:
        """Writes it as an OCI image layout (https://github.com/opencontainers/image-spec/blob/v1.1.1/image-layout.md)."""
        blobs = folder / "blobs" / "sha256"
        blobs.mkdir(parents=True, exist_ok=True)
        for image in (self, *self.children):
            for digest, data in {**image.blobs, image.digest: image.data}.items():
                (blobs / digest.removeprefix("sha256:")).write_bytes(data)
        (folder / "oci-layout").write_bytes(_json({"imageLayoutVersion": "1.0.0"}))
        (folder / "index.json").write_bytes(_index_of(self).data)
        return folder


def image(contents: Contents | None = None, platform: str = AMD64, built: str | None = BUILT) -> Image:
    """An image for one platform; ``built`` None makes one that does not say when it was built."""
    layer = _layer(_files(contents or Contents()))
    system, architecture = platform.split("/")[:2]
    config = {
        "architecture": architecture,
        "os": system,
        **({"created": built} if built else {}),
        "config": {"User": "1000", "Entrypoint": ["/app/run"]},
        "rootfs": {"type": "layers", "diff_ids": [digest_of(layer)]},
    }
    return artifact(_json(config), layer, config_type=OCI_CONFIG, layer_type=OCI_LAYER, platform=platform)


def artifact(config: bytes, layer: bytes, *, config_type: str, layer_type: str, platform: str = "", **more: Any) -> Image:
    """A manifest of a configuration and one layer; ``more`` are further fields of it (``artifactType``, ``subject``)."""
    described = [
        Descriptor(kind, digest_of(data), len(data)).written() for kind, data in ((config_type, config), (layer_type, layer))
    ]
    manifest = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": described[0], "layers": [described[1]], **more}
    return Image(OCI_MANIFEST, _json(manifest), {digest_of(config): config, digest_of(layer): layer}, platform=platform)


def index(*images: Image) -> Image:
    """An image for several platforms."""
    return _index_of(*images)


def _index_of(*images: Image) -> Image:
    content = {
        "schemaVersion": 2,
        "mediaType": OCI_INDEX,
        "manifests": [image.descriptor.written() for image in images],
    }
    return Image(OCI_INDEX, _json(content), children=images)


def _files(contents: Contents) -> dict[str, str]:
    files = dict(contents.files)
    if contents.system:
        files["etc/os-release"] = f'ID={contents.system}\nVERSION_ID={contents.release}\nPRETTY_NAME="{contents.system}"\n'
    if contents.system == "alpine":
        files["etc/alpine-release"] = f"{contents.release}\n"
        files["lib/apk/db/installed"] = "".join(
            f"C:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=\nP:{name}\nV:{version}\nA:x86_64\nL:{contents.licence}\no:{name}\n\n"
            for name, version in contents.packages.items()
        )
    if contents.system == "debian":
        files["etc/debian_version"] = f"{contents.release}\n"
        files["var/lib/dpkg/status"] = "".join(
            f"Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: {version}\nSource: {name}\n\n"
            for name, version in contents.packages.items()
        )
    for name, version in contents.python.items():
        folder = f"usr/lib/python3/site-packages/{name.lower()}-{version}.dist-info"
        files[f"{folder}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nLicense: {contents.licence}\n"
    for name, version in contents.node.items():
        files[f"app/node_modules/{name}/package.json"] = json.dumps(
            {"name": name, "version": version, "license": contents.licence}
        )
    return files


def _layer(files: Mapping[str, str]) -> bytes:
    """A tar of the files in the order of their names, of no time and nobody."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, text in sorted(files.items()):
            entry = tarfile.TarInfo(name)
            entry.size = len(text.encode())
            entry.mode = 0o644
            tar.addfile(entry, io.BytesIO(text.encode()))
    return target.getvalue()


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
