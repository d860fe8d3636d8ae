"""The parts of the control plane that need none of its programs: ports, certificates, and servers that always end."""

import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gitops.models.errors import UserError
from tests.conftest import ROOT
from tests.e2e.control_plane.certificates import Authority, Use
from tests.e2e.control_plane.ports import LOOPBACK, free_ports
from tests.e2e.control_plane.processes import Processes, Server, StartFailed

WAIT = 15.0
# Tells that it runs and that it was asked to end; with STUBBORN it does not obey.
SERVER = """
import os, pathlib, signal, sys, time
folder, name = pathlib.Path(sys.argv[1]), sys.argv[2]
def end(*_):
    with open(folder / "ends", "a") as ends: ends.write(name + "\\n")
    if "stubborn" not in name: sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("hello from", name, flush=True)
(folder / (name + ".pid")).write_text(str(os.getpid()))
time.sleep(600)
"""


def server(folder: Path, name: str) -> Server:
    arguments = (sys.executable, "-I", "-c", SERVER, folder, name)
    return Server(name, arguments, lambda: bool((folder / f"{name}.pid").read_text(encoding="utf-8")))


def pid_of(folder: Path, name: str) -> int:
    return int((folder / f"{name}.pid").read_text(encoding="utf-8"))


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # A dead one that its new parent has not looked at yet.
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text(encoding="utf-8").rpartition(")")[2].split()[0] == "Z"


def eventually(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + WAIT
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def test_servers_end_in_reverse_order_with_the_block(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        processes.start(server(tmp_path, "first"), server(tmp_path, "second"))
        pids = [pid_of(tmp_path, name) for name in ("first", "second")]
        assert not any(map(is_gone, pids))
    assert all(map(is_gone, pids))
    assert (tmp_path / "ends").read_text(encoding="utf-8").split() == ["second", "first"]
    assert (tmp_path / "first.log").read_text(encoding="utf-8") == "hello from first\n"


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_servers_end_when_the_block_is_left_by_an_error(tmp_path: Path, error: type[BaseException]) -> None:
    def run() -> None:
        with Processes(tmp_path) as processes:
            processes.start(server(tmp_path, "one"))
            raise error

    with pytest.raises(error):
        run()
    assert is_gone(pid_of(tmp_path, "one"))


def test_a_server_that_does_not_obey_is_killed_with_what_it_started(tmp_path: Path) -> None:
    with Processes(tmp_path, grace=0.2) as processes:
        processes.start(server(tmp_path, "stubborn"))
        pid = pid_of(tmp_path, "stubborn")
    assert is_gone(pid)


def test_a_server_that_ends_at_once_is_told_with_the_end_of_its_log(tmp_path: Path) -> None:
    failing = Server("failing", (sys.executable, "-c", "print('no such flag'); raise SystemExit(3)"), lambda: False)
    with Processes(tmp_path) as processes:
        processes.start(server(tmp_path, "one"))
        with pytest.raises(StartFailed, match=r"failing ended with exit code 3.*failing\.log:\n  no such flag"):
            processes.start(failing)
    assert is_gone(pid_of(tmp_path, "one"))


def test_a_server_that_never_answers_is_told(tmp_path: Path) -> None:
    silent = Server("silent", (sys.executable, "-c", "import time; time.sleep(600)"), lambda: False)
    with Processes(tmp_path, grace=0.2) as processes, pytest.raises(StartFailed, match="silent does not answer after"):
        processes.start(silent, limit=0.3)


def test_a_program_that_is_not_there_is_told(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes, pytest.raises(StartFailed, match="gone can't be started"):
        processes.launch(Server("gone", (tmp_path / "gone",), lambda: True))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP])
def test_servers_end_even_when_the_run_is_killed(tmp_path: Path, number: signal.Signals) -> None:
    run = (
        "import sys, time; from pathlib import Path\n"
        "from tests.e2e.control_plane.processes import Processes\n"
        "from tests.integration.test_control_plane import server\n"
        "folder = Path(sys.argv[1])\n"
        "with Processes(folder) as processes:\n"
        "    processes.start(server(folder, 'first'), server(folder, 'second'))\n"
        "    (folder / 'started').touch()\n"
        "    time.sleep(600)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", run, tmp_path], env=environment)
    try:
        assert eventually((tmp_path / "started").exists)
        pids = [pid_of(tmp_path, name) for name in ("first", "second")]
    finally:
        process.send_signal(number)
        process.wait(WAIT)
    assert eventually(lambda: all(map(is_gone, pids)))
    assert (tmp_path / "ends").read_text(encoding="utf-8").split() == ["second", "first"]


def test_ports_are_free_different_and_outside_the_range_of_outgoing_connections() -> None:
    ports = free_ports(20)
    assert len(set(ports)) == 20
    assert all(1024 < port < 32768 for port in ports)
    for port in ports:
        with socket.socket() as listener:
            listener.bind((LOOPBACK, port))


@pytest.mark.skipif(shutil.which("openssl") is None, reason="the control plane's certificates are made by openssl")
def test_a_certificate_is_for_its_names_and_its_use_alone(tmp_path: Path) -> None:
    authority = Authority(tmp_path / "pki")
    serving = authority.issue("serving", "/CN=server", Use.SERVER, ["DNS:localhost", f"IP:{LOOPBACK}"])
    client = authority.issue("admin", "/O=system:masters/CN=admin", Use.CLIENT)
    for other, pair, name in (("mine", serving, LOOPBACK), ("name", serving, "127.0.0.2"), ("use", client, LOOPBACK)):
        context = ssl.create_default_context(cafile=str(authority.pair.certificate))
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        assert _handshake(context, pair.certificate, pair.key, name) == (other == "mine")


def _handshake(context: ssl.SSLContext, certificate: Path, key: Path, name: str) -> bool:
    """Whether a client of ``context`` takes the certificate for a name; both sides in memory."""
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate, key)
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = context.wrap_bio(to_client, to_server, server_hostname=name)
    server_side = serving.wrap_bio(to_server, to_client, server_side=True)
    for side in (client, server_side, client):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLCertVerificationError:
            return False
    return True


def test_without_openssl_the_user_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"openssl 3\.0 or newer is needed"):
        Authority(tmp_path / "pki")
