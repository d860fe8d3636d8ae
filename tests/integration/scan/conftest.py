"""The registry, the database and the repository of ``scene.py``."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from gitops.adapters.docker_config import DockerConfig
from gitops.adapters.http import Http, Patience
from gitops.adapters.registry import Registry
from tests.integration.scan.scene import NAME, Scene
from tests.support.registry import registry
from tests.support.trivy_db import Database


@pytest.fixture(scope="package")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture
def scene(
    platform: Path, host: str, request: pytest.FixtureRequest, real_trivy: None, capsys: pytest.CaptureFixture[str]
) -> Scene:
    """Everything as it should be; the registry has a folder for this test alone, without an image yet."""
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    tmp_path: Path = request.getfixturevalue("tmp_path")
    monkeypatch.setenv("DARE_ROOT", str(platform))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))
    # As often as ever, with hardly a wait in between.
    monkeypatch.setattr("gitops.services.scan_run.Http", partial(Http, Patience(back_off=0.001)))
    folder = "".join(letter for letter in f"{request.path.stem}{request.node.name}".lower() if letter.isalnum())
    client = Registry(Http(), DockerConfig(), lambda repository: repository)
    scene = Scene(platform, f"{host}/{folder[:100]}", client, Database().write(tmp_path / "database"), capsys)
    scene.policies()
    scene.pin(f"newName: {NAME}\n    newTag: '1.0'\n", "testbed", "production")
    return scene
