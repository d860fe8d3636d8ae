"""What the tests of a misbehaving registry have in common: who asks, for what, and where a secret must not be."""

import base64
from collections.abc import Callable, Iterator
from types import TracebackType

import pytest

from gitops.adapters.http import Patience
from gitops.adapters.registry import Registry
from gitops.models.image import ImageReference
from gitops.models.oci import OCI_MANIFEST
from tests.support.images import image
from tests.support.misbehaving import Misbehaving, Reply, reply

Client = Callable[..., Registry]

USER, PASSWORD, TOKEN = "robot$reader", "s3cr3t-Passw0rd", "t0k3n.of.the-registry"
BASIC = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
PATIENCE = Patience(connect=2, read=0.3, whole=0.6, longest_pause=5, tries=3, back_off=0.001)
TAG = "/v2/team/app/manifests/1.0"
PUSHED = image()
MANIFEST = Reply(200, PUSHED.data, {"Content-Type": OCI_MANIFEST, "Docker-Content-Digest": PUSHED.digest})
HTML = Reply(200, b"<html>Please sign in</html>", {"Content-Type": "text/html; charset=utf-8"})


def reference(digest: str | None = None) -> ImageReference:
    return ImageReference("quay.io", "team/app", "1.0", digest)


def bearer(server: Misbehaving, realm: str | None = None) -> Reply:
    where = realm or f"{server.url}/token"
    challenge = f'Bearer realm="{where}",service="registry, of tests",scope="repository:team/app:pull"'
    return reply({"errors": [{"code": "UNAUTHORIZED", "message": "no"}]}, 401, WWW_Authenticate=challenge)


def assert_no_secret(logs: pytest.LogCaptureFixture, *texts: str) -> None:
    for text in (*texts, logs.text):
        for secret in (PASSWORD, BASIC, TOKEN, "signed-query"):
            assert secret not in text


def chain(error: BaseException | None) -> Iterator[str]:
    """All that a traceback would show of an error, the values in its frames included."""
    while error is not None:
        yield repr(error)
        trace: TracebackType | None = error.__traceback__
        while trace is not None:
            if "gitops" in trace.tb_frame.f_code.co_filename:
                yield repr(trace.tb_frame.f_locals)
            trace = trace.tb_next
        error = error.__cause__ or error.__context__


ASKS_BASIC = Reply(401, b"", {"WWW-Authenticate": 'Basic realm="registry"'})


def refused(code: str, status: int, **headers: str) -> Reply:
    return reply({"errors": [{"code": code, "message": f"{PASSWORD} is what you sent"}]}, status, **headers)
