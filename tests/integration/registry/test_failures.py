"""What the registry adapter makes of servers that refuse, break or lie."""

import json
from typing import NamedTuple

import pytest

from gitops.adapters.docker_config import DockerConfig
from gitops.adapters.http import Http, Patience
from gitops.adapters.registry import MANIFEST_LIMIT, Reason, Registry, RegistryFailed
from gitops.models.oci import OCI_INDEX, OCI_MANIFEST, digest_of
from tests.integration.registry.scene import (
    ASKS_BASIC,
    HTML,
    MANIFEST,
    PUSHED,
    TAG,
    Client,
    assert_no_secret,
    chain,
    reference,
    refused,
)
from tests.support.images import image, index
from tests.support.misbehaving import Misbehaving, Reply, Trick, reply


class Case(NamedTuple):
    replies: list[Reply]
    reason: Reason
    says: str
    times: int
    digest: str | None = None


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
