"""One control plane for all end-to-end tests of a run."""

import signal
from collections.abc import Iterator
from types import FrameType

import pytest

from tests.conftest import ROOT
from tests.e2e.control_plane.cluster import Cluster, Programs, clusters


@pytest.fixture(scope="session", autouse=True)
def _end_in_order_when_asked_to() -> Iterator[None]:
    """A pipeline that is cancelled ends like a person's Ctrl-C: fixtures are left, and servers stop."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """An empty cluster with the controllers that the dry run needs."""
    with clusters(Programs.installed(ROOT), ROOT / "build" / "e2e" / "tests", ["tests"]) as running:
        yield running["tests"]
