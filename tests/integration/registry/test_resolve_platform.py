"""The platform's own images, each a tiny one in a registry on loopback: the mirrors by which a site pulls through its Harbor
lead there."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops.adapters.docker_config import DockerConfig
from gitops.adapters.http import Http
from gitops.adapters.registry import Registry
from gitops.cli.scan import main
from gitops.models.inventory import Gap, Inventory
from gitops.repository.pins import read_pins
from gitops.services.image_inventory import InventoryRequest, take_inventory
from gitops.services.workspace import Workspace
from tests.integration.conftest import ROOT
from tests.support.images import ARM64, Contents, image, index
from tests.support.registry import registry

REGISTRIES = ("docker.io", "quay.io", "registry.gitlab.com", "registry.k8s.io")


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture
def platform(host: str, tmp_path: Path) -> Path:
    """A copy of this repository's manifests, with the mirrors set."""
    root = tmp_path / "platform"
    for folder in ("base", "overlays", "clusters", "policies"):
        shutil.copytree(ROOT / folder, root / folder)
    file = root / "policies" / "images.yaml"
    mirrors = "".join(f"  {name}: {host}/{name.replace('.', '-')}\n" for name in REGISTRIES)
    file.write_text(f"{file.read_text(encoding='utf-8')}mirrors:\n{mirrors}", encoding="utf-8")
    return root


def inventory(root: Path) -> Inventory:
    return take_inventory(Workspace(root), InventoryRequest(2), lambda total: None, lambda: None)


def test_every_image_with_a_version_gets_its_digest_and_only_these_lines_change(
    platform: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DARE_ROOT", str(platform))
    monkeypatch.setenv("DOCKER_CONFIG", str(platform / "none"))
    workspace = Workspace(platform)
    client = Registry(Http(), DockerConfig(), workspace.tree.image_policies.source)
    before = inventory(platform)
    assert len(before.images) > 35
    digests = {}
    for number, named in enumerate(before.images):
        contents = Contents(files={"name": str(named.reference)})
        pushed = index(image(contents), image(contents, ARM64)) if number % 2 else image(contents)
        digests[named.reference] = pushed.push(client, named.reference.repository, named.reference.tag)
    texts = {path: path.read_bytes().decode() for path in platform.rglob("kustomization.yaml")}

    code = main(["resolve", "--write", "--now", "2026-11-24", "--output", "json"])
    told = json.loads(capsys.readouterr().out)

    # What has no version of its own stays without a digest, and is told; that is all that is left to do.
    without = {one.text for one in before.unnamed if one.gap is not Gap.LOGICAL}
    assert (code == 1) is bool(without)
    assert {one["text"]: one["why"] for one in told["unnamed"]} == {one.text: one.gap.value for one in before.unnamed}
    assert {one["outcome"] for one in told["images"]} == {"resolved"}
    assert told["byHand"] == []
    for path, text in texts.items():
        now = path.read_bytes().decode()
        assert re.sub(r"(?m)^ +digest: sha256:[0-9a-f]{64}\n", "", now) == text, path
        for pin in read_pins(now, path.name):
            if pin.new_tag and pin.reference:
                unpinned = type(pin.reference)(pin.reference.registry, pin.reference.path, pin.new_tag)
                assert pin.digest == digests[unpinned], path

    after = inventory(platform)
    assert {str(one.reference) for one in after.images} == {f"{one}@{digest}" for one, digest in digests.items()}
    assert after.unnamed == before.unnamed
    assert main(["resolve", "--write", "--output", "json"]) == code
    again = json.loads(capsys.readouterr().out)
    assert {one["outcome"] for one in again["images"]} == {"checked"}
    assert (again["edits"], again["byHand"], again["diff"]) == ([], [], "")
