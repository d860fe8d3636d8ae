"""A small repository whose one image lies in a real registry on loopback, a database of our own, and ``scan.py run``."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from gitops.adapters.registry import Registry
from gitops.adapters.scan_store import ScanStore
from gitops.cli.scan import main
from gitops.models.vulnerability import ScanReport
from tests.support.images import Contents, Image
from tests.support.misbehaving import Reply

NOW = "2026-11-24T12:00:00Z"
NAME = "registry.example.org/web"
IMAGE = f"{NAME}:1.0"
DEBIAN = Contents("debian", "12.7", {"openssl": "3.0.14-1~deb12u1"})
NOBODY = "127.0.0.1:9"  # where nothing listens
_POLICY = {"severity": "critical", "unscanned": "refuse", "signature": {"required": False}, "registries": ["docker.io"]}


@dataclass(frozen=True)
class Scene:
    """``root`` is the repository, ``place`` the folder of the registry where its images really lie, ``database`` a folder."""

    root: Path
    place: str
    client: Registry
    database: Path
    capsys: pytest.CaptureFixture[str]

    def push(self, image: Image, name: str = "web", tag: str = "1.0") -> str:
        return image.push(self.client, f"{self.place}/{name}", tag)

    def policies(self, mirror: str | None = None, **more: Any) -> None:
        """Writes the image policies: where images of registry.example.org lie (here, if nothing else is said), and more."""
        content = {"mirrors": {"registry.example.org": mirror or self.place}, "environments": {"testbed": _POLICY}, **more}
        (self.root / "policies" / "images.yaml").write_text(json.dumps(content), encoding="utf-8")

    def pin(self, lines: str, *environments: str) -> None:
        """Puts other lines in the place of the pin of the overlays (testbed's, if none is named)."""
        for environment in environments or ("testbed",):
            file = self.root / "overlays" / environment / "web" / "kustomization.yaml"
            text, _, _ = file.read_text(encoding="utf-8").partition("images:\n")
            file.write_text(f"{text}images:\n  - name: web\n    {lines}", encoding="utf-8")

    def scan(self, *arguments: str, db: tuple[str, ...] | None = None) -> tuple[int, str]:
        """Exit code and all that was said."""
        place = ("--db-folder", str(self.database)) if db is None else db
        return self.call("run", "--now", NOW, *place, *arguments)

    def call(self, *arguments: str) -> tuple[int, str]:
        """Any command of ``scan.py``."""
        code = main(list(arguments))
        told = self.capsys.readouterr()
        return code, told.out + told.err

    @property
    def store(self) -> ScanStore:
        return ScanStore(self.root / "build" / "images")

    def report(self, digest: str) -> ScanReport:
        report = self.store.report(digest)
        assert report is not None
        return report

    def ids(self, digest: str) -> set[str]:
        """What was found in an image."""
        return {one.id for one in self.report(digest).vulnerabilities}

    def reasons(self) -> list[str]:
        """Why images failed, as the store keeps it."""
        return [one.reason for one in self.store.failures()]


def replies(pushed: Image, repository: str) -> dict[str, list[Reply]]:
    """What a registry answers that has an image, and nothing else."""
    blobs = {f"/v2/{repository}/blobs/{digest}": [Reply(200, data)] for digest, data in pushed.blobs.items()}
    manifest = Reply(200, pushed.data, {"Content-Type": pushed.media_type, "Docker-Content-Digest": pushed.digest})
    return {**blobs, **{f"/v2/{repository}/manifests/{name}": [manifest] for name in ("1.0", pushed.digest)}, "/v2/": [Reply()]}
