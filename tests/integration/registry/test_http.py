"""The session itself: what it takes from the user's set-up, what not, and how it tells of a failure."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from gitops.adapters.http import Answer, Http, HttpFailed, HttpFault, Patience, Request, _followed, base_url, loopback, place
from gitops.models.errors import UserError
from gitops.models.secret import SecretValue
from tests.support.misbehaving import Misbehaving, Reply, Trick

PATIENCE = Patience(connect=2, read=2, tries=2, back_off=0.001)


@pytest.fixture
def server() -> Iterator[Misbehaving]:
    with Misbehaving({"/": [Reply(200, b"hello", {"Set-Cookie": "sid=1"})]}) as running:
        yield running


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_neither_netrc_nor_cookies_speak_for_the_user(
    server: Misbehaving, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    http = Http(PATIENCE)
    for authorization in (None, SecretValue(b"Bearer ours")):
        http.send(Request("GET", f"{server.url}/", authorization=authorization))
    assert [one.authorization for one in server.asked] == ["", "Bearer ours"]
    assert not list(http._session.cookies)


def test_loopback_is_asked_without_a_proxy(server: Misbehaving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    assert Http(PATIENCE).send(Request("GET", f"{server.url}/")).data == b"hello"


def test_a_proxy_that_can_not_be_reached_is_told_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("https_proxy", f"http://someone:pr0xy-pass@127.0.0.1:{closed_port()}")
    with pytest.raises(HttpFailed, match=r"https://quay\.io/v2/ can't be reached: Connection refused") as caught:
        Http(PATIENCE).send(Request("GET", "https://quay.io/v2/?secret=1"))
    assert "pr0xy-pass" not in str(caught.value)
    assert caught.value.fault is HttpFault.UNREACHABLE
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


def test_nobody_listening_is_told(server: Misbehaving) -> None:
    with pytest.raises(HttpFailed, match="can't be reached: Connection refused") as caught:
        Http(PATIENCE).send(Request("GET", f"http://127.0.0.1:{closed_port()}/"))
    assert caught.value.fault.transient


def test_what_speaks_no_tls_is_not_trusted(server: Misbehaving) -> None:
    with pytest.raises(HttpFailed, match="no trusted TLS connection; a site's own certificates") as caught:
        Http(PATIENCE).send(Request("GET", f"https://{server.host}/"))
    assert caught.value.fault is HttpFault.UNTRUSTED
    assert not caught.value.fault.transient


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"])
def test_certificates_that_are_not_there_are_told(variable: str, server: Misbehaving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "/nonexistent/ca.pem")
    with pytest.raises(HttpFailed, match=f"{variable} names /nonexistent/ca.pem, which is not there"):
        Http(PATIENCE).send(Request("GET", f"{server.url}/"))


def test_an_answer_that_leads_out_of_encryption_is_not_followed() -> None:
    request = Request("GET", "https://quay.io/v2/", authorization=SecretValue(b"Basic x"))
    with pytest.raises(HttpFailed, match="which is not encrypted"):
        _followed(request, Answer(302, {"Location": "http://quay.io/v2/?sig=1"}, b"", "https://quay.io/v2/"))
    followed = _followed(request, Answer(302, {"Location": "https://cdn.quay.io/x"}, b"", "https://quay.io/v2/"))
    assert (followed.url, followed.authorization) == ("https://cdn.quay.io/x", None)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost:5000", True),
        ("127.0.0.1", True),
        ("127.9.9.9:1", True),
        ("[::1]:5000", True),
        ("quay.io", False),
        ("localhost.example", False),
        ("10.0.0.1:5000", False),
        ("", False),
    ],
)
def test_loopback_alone_is_spoken_to_without_encryption(host: str, expected: bool) -> None:
    assert loopback(host) is expected
    assert base_url(host) == f"{'http' if expected else 'https'}://{host}"


def test_a_place_shows_neither_user_nor_query() -> None:
    assert place("https://user:word@quay.io:443/v2/x?token=1#f") == "https://quay.io:443/v2/x"


# Into a file ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def large() -> Iterator[Misbehaving]:
    body = bytes(range(256)) * 4096
    answers = {
        "/whole": [Reply(200, body)],
        "/at-last": [Reply(200, body, trick=Trick.CUT), Reply(503, b"busy"), Reply(200, body)],
        "/away": [Reply(404, b"not here")],
        "/elsewhere": [Reply(307, b"there", {"Location": "/whole"})],
        "/drip": [Reply(200, trick=Trick.DRIP, without_length=True)],
    }
    with Misbehaving(answers) as running:
        yield running


@pytest.mark.parametrize("path", ["/whole", "/at-last", "/elsewhere"])
def test_a_large_body_goes_into_a_file_whole(path: str, large: Misbehaving, tmp_path: Path) -> None:
    request = Request("GET", f"{large.url}{path}", limit=1 << 20, into=tmp_path / "file")
    answer = Http(Patience(tries=3, back_off=0.001)).send(request)
    assert (answer.status, answer.data) == (200, b"")
    assert (tmp_path / "file").read_bytes() == bytes(range(256)) * 4096


def test_only_a_good_answer_goes_into_the_file(large: Misbehaving, tmp_path: Path) -> None:
    answer = Http(PATIENCE).send(Request("GET", f"{large.url}/away", into=tmp_path / "file"))
    assert (answer.status, answer.data) == (404, b"not here")
    assert not (tmp_path / "file").exists()


def test_a_file_takes_no_more_than_the_limit_and_no_longer_than_it_may(large: Misbehaving, tmp_path: Path) -> None:
    with pytest.raises(HttpFailed, match="more than 1048575 are not read"):
        Http(PATIENCE).send(Request("GET", f"{large.url}/whole", limit=(1 << 20) - 1, into=tmp_path / "file"))
    with pytest.raises(HttpFailed, match="did not come to an end in time"):
        Http(PATIENCE).send(Request("GET", f"{large.url}/drip", into=tmp_path / "file", whole=0.1))


def test_a_disk_that_fails_is_not_the_networks_fault(large: Misbehaving, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="can't be written: No such file or directory"):
        Http(PATIENCE).send(Request("GET", f"{large.url}/whole", limit=1 << 20, into=tmp_path / "none" / "file"))
    with pytest.raises(UserError, match="can't be written: No space left on device"):
        Http(PATIENCE).send(Request("GET", f"{large.url}/whole", limit=1 << 20, into=Path("/dev/full")))
