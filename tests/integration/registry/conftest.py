"""A registry adapter that is sent to a server which misbehaves as it is told."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops.adapters.docker_config import DockerConfig
from gitops.adapters.http import Http
from gitops.adapters.registry import Registry
from tests.integration.registry.scene import BASIC, PATIENCE, Client
from tests.support.misbehaving import Misbehaving


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    with Misbehaving() as running:
        yield running


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def logs(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


@pytest.fixture
def client(tmp_path: Path, server: Misbehaving, pauses: list[float]) -> Client:
    """A registry adapter that is sent to the server, and knows a credential for it where it is to."""

    def make(*, known: bool = True) -> Registry:
        auths = {server.host: {"auth": BASIC}} if known else {}
        (tmp_path / "config.json").write_text(json.dumps({"auths": auths}), encoding="utf-8")
        config = DockerConfig({"DOCKER_CONFIG": str(tmp_path)})
        return Registry(
            Http(PATIENCE, pause=pauses.append), config, lambda repository: repository.replace("quay.io", server.host)
        )

    return make
