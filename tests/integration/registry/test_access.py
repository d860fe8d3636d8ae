"""Who asks a registry: passwords and tokens go to whom they are for, and into nothing that is said."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from gitops.adapters.docker_config import DockerConfig
from gitops.adapters.http import Http
from gitops.adapters.registry import Reason, Registry, RegistryFailed
from gitops.models.oci import digest_of
from tests.integration.registry.scene import (
    ASKS_BASIC,
    BASIC,
    HTML,
    MANIFEST,
    PASSWORD,
    PATIENCE,
    TAG,
    TOKEN,
    Client,
    assert_no_secret,
    bearer,
    chain,
    reference,
)
from tests.support.misbehaving import Misbehaving, Reply, Trick, reply


def test_without_a_credential_the_message_says_how_to_give_one(server: Misbehaving, client: Client) -> None:
    server.replies[TAG] = [ASKS_BASIC]
    with pytest.raises(RegistryFailed, match=r"no credential for it is known.*'docker login 127\.0\.0\.1:\d+'.*DARE_REGISTRY"):
        client(known=False).manifest(reference())
    assert [one.authorization for one in server.asked] == [""]


def test_a_password_goes_to_who_asks_for_it_and_only_then(
    server: Misbehaving, client: Client, logs: pytest.LogCaptureFixture
) -> None:
    server.replies[TAG] = [ASKS_BASIC, MANIFEST]
    asking = client()
    asking.manifest(reference())
    asking.manifest(reference())
    assert [one.authorization for one in server.asked] == ["", f"Basic {BASIC}", f"Basic {BASIC}"]
    assert_no_secret(logs, repr(vars(asking)), repr(vars(asking._access)))


@pytest.mark.parametrize("key", ["token", "access_token"])
def test_a_token_is_fetched_once_and_anew_when_it_has_lapsed(
    key: str, server: Misbehaving, client: Client, logs: pytest.LogCaptureFixture
) -> None:
    server.replies = {
        TAG: [bearer(server), MANIFEST, MANIFEST, bearer(server), MANIFEST],
        "/token": [reply({key: TOKEN}), reply({key: TOKEN + "2"})],
    }
    asking = client()
    for _ in range(3):
        asking.manifest(reference())
    tokens = [one for one in server.asked if one.path.startswith("/token")]
    assert [one.authorization for one in tokens] == [f"Basic {BASIC}"] * 2
    assert parse_qs(urlsplit(tokens[0].path).query) == {
        "service": ["registry, of tests"],
        "scope": ["repository:team/app:pull"],
    }
    sent = [one.authorization for one in server.asked if one.path == TAG]
    assert sent == ["", f"Bearer {TOKEN}", f"Bearer {TOKEN}", f"Bearer {TOKEN}", f"Bearer {TOKEN}2"]
    assert_no_secret(logs, repr(vars(asking._access)))


def test_a_token_for_anybody_needs_no_credential(server: Misbehaving, client: Client) -> None:
    server.replies = {TAG: [bearer(server), MANIFEST], "/token": [reply({"token": TOKEN})]}
    client(known=False).manifest(reference())
    assert [one.authorization for one in server.asked] == ["", "", f"Bearer {TOKEN}"]


def test_an_identity_token_is_sent_in_a_form(server: Misbehaving, tmp_path: Path, logs: pytest.LogCaptureFixture) -> None:
    auths = {server.host: {"identitytoken": PASSWORD}}
    (tmp_path / "config.json").write_text(json.dumps({"auths": auths}), encoding="utf-8")
    server.replies = {TAG: [bearer(server), MANIFEST], "/token": [reply({"access_token": TOKEN})]}
    config = DockerConfig({"DOCKER_CONFIG": str(tmp_path)})
    Registry(Http(PATIENCE), config, lambda _: f"{server.host}/team/app").manifest(reference())
    (asked,) = (one for one in server.asked if one.path == "/token")
    assert (asked.method, asked.authorization) == ("POST", "")
    assert parse_qs(asked.body.decode()) == {
        "grant_type": ["refresh_token"],
        "refresh_token": [PASSWORD],
        "client_id": ["dare-gitops"],
        "service": ["registry, of tests"],
        "scope": ["repository:team/app:pull"],
    }
    assert_no_secret(logs)


TOKENS = {
    "refused": (reply({"details": PASSWORD}, 401), Reason.DENIED, "gives no token (401): the known credential is wrong"),
    "HTML": (HTML, Reason.WRONG, "answered without a token; see which proxy or sign-in page"),
    "no token": (reply({"expires_in": 60}), Reason.WRONG, "answered without a token"),
    "a token with a line break": (reply({"token": f"{TOKEN}\r\nX-More: 1"}), Reason.WRONG, "answered without a token"),
    "busy": (Reply(429), Reason.BUSY, "too many requests"),
    "broken": (Reply(502), Reason.BROKEN, "answered 502, several times"),
    "reset": (Reply(trick=Trick.RESET), Reason.BROKEN, "/token: the connection broke off"),
}


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_that_is_not_given_is_told(
    name: str, server: Misbehaving, client: Client, logs: pytest.LogCaptureFixture
) -> None:
    given, reason, says = TOKENS[name]
    server.replies = {TAG: [bearer(server)], "/token": [given]}
    with pytest.raises(RegistryFailed) as caught:
        client().manifest(reference())
    assert caught.value.reason is reason
    assert says in str(caught.value)
    assert_no_secret(logs, str(caught.value), *chain(caught.value))


def test_a_token_that_does_not_help_is_a_refusal(server: Misbehaving, client: Client, logs: pytest.LogCaptureFixture) -> None:
    server.replies = {TAG: [bearer(server)], "/token": [reply({"token": TOKEN})]}
    with pytest.raises(RegistryFailed, match="answered 401 UNAUTHORIZED: the known credential") as caught:
        client().manifest(reference())
    assert len(server.asked) == 3
    assert_no_secret(logs, *chain(caught.value))


@pytest.mark.parametrize(
    "realm", ["http://elsewhere.example/token", "https://user:word@elsewhere.example/", "", "file:///etc/passwd"]
)
def test_a_credential_goes_to_no_place_that_could_be_listened_to(realm: str, server: Misbehaving, client: Client) -> None:
    challenge = f'Bearer realm="{realm}",service="x"'
    server.replies[TAG] = [Reply(401, b"", {"WWW-Authenticate": challenge})]
    with pytest.raises(RegistryFailed, match="is no address that a credential may go to") as caught:
        client().manifest(reference())
    assert caught.value.reason is Reason.WRONG
    assert "word" not in str(caught.value)
    assert len(server.asked) == 1


def test_a_blob_on_another_host_is_fetched_without_the_credential(
    server: Misbehaving, client: Client, logs: pytest.LogCaptureFixture
) -> None:
    data = b"configuration"
    blob = f"/v2/team/app/blobs/{digest_of(data)}"
    with Misbehaving({"/stored": [Reply(200, data)]}) as storage:
        server.replies[blob] = [
            ASKS_BASIC,
            Reply(307, b"", {"Location": f"{storage.url}/stored?X-Amz-Signature=signed-query"}),
        ]
        assert client().blob("quay.io/team/app", digest_of(data)) == data
        assert [(one.path, one.authorization) for one in storage.asked] == [("/stored?X-Amz-Signature=signed-query", "")]
        storage.replies["/stored"] = [Reply(trick=Trick.CUT, body=data)]
        with pytest.raises(RegistryFailed) as caught:
            client().blob("quay.io/team/app", digest_of(data))
        assert f"{storage.url}/stored" in str(caught.value)
        assert "signed-query" not in str(caught.value) + repr(caught.value.__cause__)
        storage.replies["/stored"] = [Reply(200, b"something else")]
        with pytest.raises(RegistryFailed, match="are not those of the digest") as caught:
            client().blob("quay.io/team/app", digest_of(data))
        assert_no_secret(logs, str(caught.value))


def test_a_blob_on_the_same_host_keeps_the_credential(server: Misbehaving, client: Client) -> None:
    data = b"configuration"
    server.replies = {
        f"/v2/team/app/blobs/{digest_of(data)}": [ASKS_BASIC, Reply(302, b"", {"Location": "/stored"})],
        "/stored": [Reply(200, data)],
    }
    assert client().blob("quay.io/team/app", digest_of(data)) == data
    assert server.asked[-1].authorization == f"Basic {BASIC}"


def test_a_helper_that_fails_stops_nothing_but_its_own_registry(server: Misbehaving, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"credHelpers": {server.host: "not-there"}}), encoding="utf-8")
    server.replies[TAG] = [ASKS_BASIC]
    registry = Registry(
        Http(PATIENCE), DockerConfig({"DOCKER_CONFIG": str(tmp_path)}), lambda repository: f"{server.host}/team/app"
    )
    with pytest.raises(RegistryFailed, match=r"docker-credential-not-there, which .* names for .* can't be started") as caught:
        registry.manifest(reference())
    assert caught.value.reason is Reason.DENIED
