"""A small but real database for Trivy: made here, and handed out by a registry as its makers hand out theirs.

Source: https://github.com/aquasecurity/trivy-db (``pkg/vulnsrc``: one bucket for each source, in it the package, in it the
vulnerability with its advisory; ``pkg/types``: what stands in them), schema version 2.
"""

import io
import json
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gitops.adapters.registry import Registry
from gitops.models.oci import OCI_MANIFEST, Descriptor, digest_of
from tests.support import bbolt
from tests.support.images import Image

SCHEMA = 2
MADE = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
CONFIG_TYPE = "application/vnd.aquasec.trivy.config.v1+json"
LAYER_TYPE = "application/vnd.aquasec.trivy.db.layer.v1.tar+gzip"
_TITLE = "org.opencontainers.image.title"
_SEVERITIES = ("UNKNOWN", "LOW", "MEDIUM", "HIGH", "CRITICAL")
_NPM, _PIP = "npm::GitHub Security Advisory npm", "pip::GitHub Security Advisory pip"


@dataclass(frozen=True)
class Advisory:
    """A vulnerability of a package in one source: ``fixed`` is the version that corrects it, empty where there is none.

    ``source`` is a distribution with its release ("alpine 3.20"), "npm" or "pip"; ``severity`` "" one that nobody has told.
    """

    id: str
    source: str
    package: str
    fixed: str = ""
    severity: str = "HIGH"
    title: str = "made up for tests"
    published: str = "2026-10-01T00:00:00Z"


# Of the packages that tests.support.images.Contents has where nothing else is said; none is about anything real.
ADVISORIES = (
    Advisory("CVE-2026-1001", "alpine 3.20", "openssl", "3.3.2-r1", "MEDIUM"),
    Advisory("CVE-2026-1002", "alpine 3.20", "openssl", "", "CRITICAL"),
    Advisory("CVE-2026-1003", "debian 12", "openssl", "3.0.15-1~deb12u1", "HIGH"),
    Advisory("CVE-2026-1004", "npm", "lodash", "4.17.12", "CRITICAL"),
    Advisory("CVE-2026-1005", "npm", "lodash", "", "LOW"),
    Advisory("CVE-2026-1006", "pip", "jinja2", "2.10.1", "HIGH"),
    Advisory("CVE-2026-1007", "pip", "jinja2", "", ""),
)


@dataclass(frozen=True)
class Database:
    """What a database holds, when it was made, and by which schema it says it is."""

    advisories: tuple[Advisory, ...] = ADVISORIES
    made: datetime = MADE
    schema: int = SCHEMA
    more: Mapping[str, Any] = field(default_factory=dict)
    """Further fields of metadata.json, or others in the place of its own."""

    def write(self, folder: Path) -> Path:
        """Writes trivy.db and metadata.json into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        bbolt.write(folder / "trivy.db", _buckets(self.advisories))
        (folder / "metadata.json").write_bytes(_json(self._metadata()))
        return folder

    def push(self, registry: Registry, repository: str, tag: str, scratch: Path) -> str:
        """Pushes it the way that ``trivy --db-repository`` looks for it; returns the digest."""
        folder = self.write(scratch)
        packed = io.BytesIO()
        with tarfile.open(fileobj=packed, mode="w:gz") as tar:
            for name in ("trivy.db", "metadata.json"):
                tar.add(folder / name, arcname=name)
        return artifact_of(packed.getvalue()).push(registry, repository, tag)

    def _metadata(self) -> dict[str, Any]:
        made = self.made.isoformat().replace("+00:00", "Z")
        after = (self.made + timedelta(days=1)).isoformat().replace("+00:00", "Z")
        return {"Version": self.schema, "NextUpdate": after, "UpdatedAt": made, "DownloadedAt": made, **self.more}


def artifact_of(layer: bytes) -> Image:
    """A database as it lies in a registry, of this packed tar. Its name there Trivy itself takes from an annotation."""
    described = {**Descriptor(LAYER_TYPE, digest_of(layer), len(layer)).written(), "annotations": {_TITLE: "db.tar.gz"}}
    config = Descriptor(CONFIG_TYPE, digest_of(b"{}"), 2).written()
    manifest = {"schemaVersion": 2, "mediaType": OCI_MANIFEST, "config": config, "layers": [described]}
    return Image(OCI_MANIFEST, _json(manifest), {digest_of(b"{}"): b"{}", digest_of(layer): layer})


def _buckets(advisories: tuple[Advisory, ...]) -> bbolt.Bucket:
    sources: dict[str, dict[str, dict[str, bytes]]] = {}
    for one in advisories:
        source = {"npm": _NPM, "pip": _PIP}.get(one.source, one.source)
        sources.setdefault(source, {}).setdefault(one.package, {})[one.id] = _json(_advisory(one))
    described = {source: _json({"ID": "test", "Name": f"Tests' {source}", "URL": "https://example.org/"}) for source in sources}
    return {**sources, "data-source": described, "vulnerability": {one.id: _json(_vulnerability(one)) for one in advisories}}


def _advisory(one: Advisory) -> dict[str, Any]:
    if one.source not in ("npm", "pip"):
        return {"FixedVersion": one.fixed}
    if not one.fixed:
        return {"VulnerableVersions": [">=0"]}
    return {"PatchedVersions": [one.fixed], "VulnerableVersions": [f"<{one.fixed}"]}


def _vulnerability(one: Advisory) -> dict[str, Any]:
    told = {"Title": one.title, "Description": one.title, "PublishedDate": one.published, "LastModifiedDate": one.published}
    if one.severity:
        told |= {"Severity": one.severity, "VendorSeverity": {"nvd": _SEVERITIES.index(one.severity)}}  # type: ignore[dict-item]
    return told


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
