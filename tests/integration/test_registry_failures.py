"""What the registry adapter makes of servers that refuse, break or lie; a credential must be in nothing that it says."""

import base64
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import pytest

from gitops.adapters.docker_config import DockerConfig
from gitops.adapters.http import Http, Patience
from gitops.adapters.registry import MANIFEST_LIMIT, Reason, Registry, RegistryFailed
from gitops.models.image import ImageReference
from gitops.models.oci import OCI_INDEX, OCI_MANIFEST, digest_of
from tests.support.images import image, index
from tests.support.misbehaving import Misbehaving, Reply, Trick, reply

USER, PASSWORD, TOKEN = "robot$reader", "s3cr3t-Passw0rd", "t0k3n.of.the-registry"
BASIC = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
PATIENCE = Patience(connect=2, read=0.3, whole=0.6, longest_pause=5, tries=3, back_off=0.001)
TAG = "/v2/team/app/manifests/1.0"
PUSHED = image()
MANIFEST = Reply(200, PUSHED.data, {"Content-Type": OCI_MANIFEST, "Docker-Content-Digest": PUSHED.digest})
HTML = Reply(200, b"<html>Please sign in</html>", {"Content-Type": "text/html; charset=utf-8"})


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


Client = Callable[..., Registry]


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


class Case(NamedTuple):
    replies: list[Reply]
    reason: Reason
    says: str
    times: int
    digest: str | None = None


def refused(code: str, status: int, **headers: str) -> Reply:
    return reply({"errors": [{"code": code, "message": f"{PASSWORD} is what you sent"}]}, status, **headers)


CASES = {
    "401 without a challenge": Case([Reply(401)], Reason.DENIED, "log in anew", 1),
    "401 with Basic": Case([ASKS_BASIC], Reason.DENIED, "the known credential is wrong", 2),
    "403": Case([refused("DENIED", 403)], Reason.DENIED, "answered 403 DENIED: the known credential", 1),
    "404": Case([refused("MANIFEST_UNKNOWN", 404)], Reason.ABSENT, "404 MANIFEST_UNKNOWN: it is not there; correct name", 1),
    "412 of Harbor": Case([refused("PROJECTPOLICYVIOLATION", 412)], Reason.DENIED, "a policy of the registry keeps", 1),
    "400": Case([refused("not a code", 400)], Reason.WRONG, "answered 400, which makes no sense", 1),
    "429": Case([refused("TOOMANYREQUESTS", 429, Retry_After="3")], Reason.BUSY, "too many requests; try later, log in", 3),
    "429 for long": Case([refused("TOOMANYREQUESTS", 429, Retry_After="3600")], Reason.BUSY, "come back in 3600 s", 1),
    "500": Case([Reply(500, b"<html>oops</html>")], Reason.BROKEN, "answered 500, several times", 3),
    "reset": Case([Reply(trick=Trick.RESET)], Reason.BROKEN, "broke off before the answer was complete; try again later", 3),
    "stall": Case([Reply(trick=Trick.STALL)], Reason.BROKEN, "did not answer in time; try again later", 3),
    "drip": Case(
        [MANIFEST._replace(trick=Trick.DRIP, without_length=True)], Reason.BROKEN, "did not come to an end in time", 3
    ),
    "half a body": Case([MANIFEST._replace(trick=Trick.CUT)], Reason.BROKEN, "broke off before the answer was complete", 3),
    "other bytes": Case([MANIFEST], Reason.WRONG, "are not those of the digest", 1, digest_of(b"others")),
    "other bytes than it tells": Case(
        [Reply(200, PUSHED.data, {"Content-Type": OCI_MANIFEST, "Docker-Content-Digest": digest_of(b"others")})],
        Reason.WRONG,
        "are not those of the digest; do not run them",
        1,
    ),
    "a digest of no kind": Case(
        [Reply(200, PUSHED.data, {"Content-Type": OCI_MANIFEST, "Docker-Content-Digest": "md5:00"})],
        Reason.WRONG,
        "are not those of the digest",
        1,
    ),
    "HTML": Case([HTML], Reason.WRONG, "answered with 'text/html' and not with a manifest; see which proxy", 1),
    "HTML that calls itself a manifest": Case(
        [Reply(200, HTML.body, {"Content-Type": OCI_MANIFEST})], Reason.WRONG, "malformed manifest: not JSON", 1
    ),
    "wrong type": Case(
        [reply({}, kind="application/vnd.docker.distribution.manifest.v1+json")], Reason.WRONG, "first schema", 1
    ),
    "a type that is no text": Case([reply({}, kind="\x01;; <b>")], Reason.WRONG, "with no known type", 1),
    "another type inside": Case(
        [reply(json.loads(PUSHED.data), kind=OCI_INDEX)], Reason.WRONG, "calls itself something else", 1
    ),
    "index and image at once": Case(
        [reply({"schemaVersion": 2, "manifests": [], "layers": []}, kind=OCI_INDEX)], Reason.WRONG, "or with layers", 1
    ),
    "a child without a digest": Case(
        [reply({"schemaVersion": 2, "manifests": [{"mediaType": OCI_MANIFEST, "size": 1}]}, kind=OCI_INDEX)],
        Reason.WRONG,
        "a reference without media type, digest",
        1,
    ),
    "deep JSON": Case(
        [Reply(200, b"[" * 100_000, {"Content-Type": OCI_MANIFEST})], Reason.WRONG, "malformed manifest: not JSON", 1
    ),
    "a huge manifest": Case(
        [Reply(200, b" " * (MANIFEST_LIMIT + 1), {"Content-Type": OCI_MANIFEST})], Reason.WRONG, "more than 4194304", 1
    ),
    "a huge manifest of no told length": Case(
        [Reply(200, b" " * (MANIFEST_LIMIT + 1), {"Content-Type": OCI_MANIFEST}, without_length=True)],
        Reason.WRONG,
        "has more than 4194304 bytes, which are not read; see which proxy",
        1,
    ),
    "sent round in circles": Case([Reply(302, b"", {"Location": TAG})], Reason.WRONG, "reached by 5 redirections", 6),
    "sent to nowhere": Case([Reply(302, b"", {"Location": "ftp://elsewhere/"})], Reason.WRONG, "names no place to go to", 1),
}


@pytest.mark.parametrize("name", CASES)
def test_every_failure_has_its_reason_and_says_what_to_do(
    name: str, server: Misbehaving, client: Client, logs: pytest.LogCaptureFixture
) -> None:
    case = CASES[name]
    server.replies[TAG.replace("1.0", case.digest or "1.0")] = list(case.replies)
    asking = client()
    with pytest.raises(RegistryFailed) as caught:
        asking.manifest(reference(case.digest))
    assert (caught.value.reason, len(server.asked)) == (case.reason, case.times), str(caught.value)
    assert case.says in str(caught.value)
    assert str(caught.value).startswith("quay.io/team/app:1.0")
    assert_no_secret(logs, repr(caught.value), *chain(caught.value), repr(asking.__dict__), repr(server.asked[0].path))


def test_what_passes_is_waited_for(server: Misbehaving, client: Client, pauses: list[float]) -> None:
    server.replies[TAG] = [Reply(429, b"", {"Retry-After": "3"}), Reply(trick=Trick.RESET), MANIFEST]
    assert client().manifest(reference()).digest == PUSHED.digest
    assert pauses[0] == 3
    assert 0 < pauses[1] < 0.01
    assert len(server.asked) == 3


def test_a_run_that_is_interrupted_asks_no_more(server: Misbehaving) -> None:
    server.replies[TAG] = [Reply(503)]
    http = Http(Patience(back_off=60))
    http.stop()
    registry = Registry(http, DockerConfig({"DOCKER_CONFIG": "/nonexistent"}), lambda _: f"{server.host}/team/app")
    with pytest.raises(RegistryFailed, match="was not asked again"):
        registry.manifest(reference())
    assert len(server.asked) == 1


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


def test_a_digest_is_fetched_where_the_registry_does_not_tell_it(server: Misbehaving, client: Client) -> None:
    server.replies[TAG] = [Reply(200, b"", {}), Reply(200, PUSHED.data, {"Content-Type": OCI_MANIFEST})]
    assert client().digest(reference()) == PUSHED.digest
    assert [one.method for one in server.asked] == ["HEAD", "GET"]


def test_a_list_of_what_belongs_to_an_image_may_have_several_pages(server: Misbehaving, client: Client) -> None:
    digest = PUSHED.digest
    listing = f"/v2/team/app/referrers/{digest}"
    pages = [index(image()), index(image(platform="linux/arm64"))]
    kind = {"Content-Type": OCI_INDEX}
    server.replies[listing] = [
        Reply(200, pages[0].data, {**kind, "Link": f'<{listing}?last=1>; rel="next"'}),
        Reply(200, pages[1].data, kind),
    ]
    found = client().referrers(reference(), digest)
    assert [one.digest for one in found] == [page.children[0].digest for page in pages]
    assert [one.path.partition("?")[2] for one in server.asked] == ["", "last=1"]


@pytest.mark.parametrize(
    ("after", "says"),
    [("<https://elsewhere.example/v2/>; rel=next", "which is another host"), ("<?more>; rel=next", "more than 100 pages")],
)
def test_a_list_does_not_lead_away_or_on_for_ever(after: str, says: str, server: Misbehaving, client: Client) -> None:
    server.replies[f"/v2/team/app/referrers/{PUSHED.digest}"] = [
        Reply(200, index().data, {"Content-Type": OCI_INDEX, "Link": after})
    ]
    with pytest.raises(RegistryFailed, match=says):
        client().referrers(reference(), PUSHED.digest)


def test_a_list_that_can_not_be_read_is_no_empty_list(server: Misbehaving, client: Client) -> None:
    server.replies = {
        f"/v2/team/app/manifests/{PUSHED.digest.replace(':', '-')}": [MANIFEST],
    }
    with pytest.raises(RegistryFailed, match="the list is no index") as caught:
        client().referrers(reference(), PUSHED.digest)
    assert caught.value.reason is Reason.WRONG
    server.replies[f"/v2/team/app/referrers/{PUSHED.digest}"] = [refused("DENIED", 403)]
    with pytest.raises(RegistryFailed) as caught:
        client().referrers(reference(), PUSHED.digest)
    assert caught.value.reason is Reason.DENIED


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


def test_a_helper_that_fails_stops_nothing_but_its_own_registry(server: Misbehaving, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"credHelpers": {server.host: "not-there"}}), encoding="utf-8")
    server.replies[TAG] = [ASKS_BASIC]
    registry = Registry(
        Http(PATIENCE), DockerConfig({"DOCKER_CONFIG": str(tmp_path)}), lambda repository: f"{server.host}/team/app"
    )
    with pytest.raises(RegistryFailed, match=r"docker-credential-not-there, which .* names for .* can't be started") as caught:
        registry.manifest(reference())
    assert caught.value.reason is Reason.DENIED
