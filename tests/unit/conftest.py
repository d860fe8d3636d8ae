"""Unit tests start no process and open no connection."""

import socket
import subprocess

import pytest


@pytest.fixture(autouse=True)
def _no_outside_world(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        pytest.fail("a unit test started a process or opened a connection")

    monkeypatch.setattr(subprocess.Popen, "__init__", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    for name in ("CI_JOB_TOKEN", "GITLAB_TOKEN", "ARGOCD_AUTH_TOKEN", "KUBECONFIG"):
        monkeypatch.delenv(name, raising=False)
