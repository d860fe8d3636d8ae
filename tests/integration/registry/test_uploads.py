"""Uploads that break off, are refused or go elsewhere."""

from urllib.parse import parse_qs, urlsplit

import pytest

from gitops.adapters.registry import RegistryFailed
from gitops.models.oci import OCI_MANIFEST, digest_of
from tests.integration.registry.scene import ASKS_BASIC, PUSHED, TAG, Client, assert_no_secret, refused
from tests.support.misbehaving import Misbehaving, Reply, Trick

UPLOADS = "/v2/team/app/blobs/uploads/"


def upload(server: Misbehaving, data: bytes, *ends: Reply) -> None:
    server.replies = {
        f"/v2/team/app/blobs/{digest_of(data)}": [Reply(404)],
        UPLOADS: [Reply(202, b"", {"Location": "/upload/1?_state=signed-query"})],
        "/upload/1": list(ends),
    }


def test_an_upload_that_breaks_off_begins_anew(server: Misbehaving, client: Client) -> None:
    upload(server, b"data", Reply(trick=Trick.RESET), Reply(201))
    client().put_blob("quay.io/team/app", b"data")
    puts = [one for one in server.asked if one.method == "PUT"]
    assert [(parse_qs(urlsplit(one.path).query)["digest"], one.body) for one in puts] == [([digest_of(b"data")], b"data")] * 2
    assert [one.method for one in server.asked] == ["HEAD", "POST", "PUT"] * 2


def test_an_upload_that_is_refused_is_not_repeated(server: Misbehaving, client: Client, logs: pytest.LogCaptureFixture) -> None:
    upload(server, b"data", refused("DENIED", 403))
    with pytest.raises(RegistryFailed, match="403 DENIED") as caught:
        client().put_blob("quay.io/team/app", b"data")
    assert len(server.asked) == 3
    assert_no_secret(logs, str(caught.value))


def test_an_upload_elsewhere_gets_no_credential(server: Misbehaving, client: Client) -> None:
    with Misbehaving({"/upload": [Reply(201)]}) as storage:
        upload(server, b"data")
        server.replies[UPLOADS] = [ASKS_BASIC, Reply(202, b"", {"Location": f"{storage.url}/upload"})]
        client().put_blob("quay.io/team/app", b"data")
        assert [one.authorization for one in storage.asked] == [""]


def test_a_manifest_that_the_registry_stored_as_another_is_told(server: Misbehaving, client: Client) -> None:
    server.replies[TAG] = [Reply(201, b"", {"Docker-Content-Digest": digest_of(b"others")})]
    with pytest.raises(RegistryFailed, match="are not those of the digest"):
        client().put_manifest("quay.io/team/app", "1.0", OCI_MANIFEST, PUSHED.data)


def test_a_malformed_manifest_is_not_pushed(server: Misbehaving, client: Client) -> None:
    with pytest.raises(RegistryFailed, match="not pushed, since it is malformed"):
        client().put_manifest("quay.io/team/app", "1.0", OCI_MANIFEST, b"{}")
    assert server.asked == []
