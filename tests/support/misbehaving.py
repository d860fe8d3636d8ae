"""A server on loopback that answers as it is told, also as no server should."""

import json
import socket
import struct
import sys
import threading
from dataclasses import dataclass, field
from enum import Enum
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self


class Trick(Enum):
    """What goes wrong below HTTP."""

    NONE = "nothing"
    RESET = "the connection is reset before an answer"
    STALL = "nothing comes"
    DRIP = "a byte comes now and then, for ever"
    CUT = "half of the announced body comes"


class Reply(NamedTuple):
    """One answer; ``without_length`` leaves out how long the body is."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed
    trick: Trick = Trick.NONE
    without_length: bool = False


class Asked(NamedTuple):
    """One request as it came."""

    method: str
    path: str
    authorization: str
    body: bytes


def reply(content: Any, status: int = 200, kind: str = "application/json", **headers: str) -> Reply:
    """An answer in JSON; ``Docker_Content_Digest`` is that header."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps(content).encode(), {"Content-Type": kind, **told})


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is part of the play; anything else is a mistake in it."""
        if not isinstance(sys.exception(), OSError | ValueError):
            super().handle_error(request, client_address)


@dataclass
class Misbehaving:
    """``replies`` are given in their order to requests for a path (without query), the last of them again and again; any
    other path is not there. ``asked`` holds what came."""

    replies: dict[str, list[Reply]] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def __enter__(self) -> Self:
        ours = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *arguments: object) -> None: ...

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                ours.asked.append(Asked(self.command, self.path, self.headers.get("Authorization", ""), body))
                ours.give(self, ours.next_reply(self.path.partition("?")[0]))

            do_GET = do_HEAD = do_POST = do_PUT = answer  # noqa: N815 - the names that the library looks for

        self._over = threading.Event()
        self._server = _Server(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self._server.server_port}"
        self.url = f"http://{self.host}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def next_reply(self, path: str) -> Reply:
        left = self.replies.get(path, [Reply(404)])
        return left.pop(0) if len(left) > 1 else left[0]

    def give(self, handler: BaseHTTPRequestHandler, given: Reply) -> None:
        handler.close_connection = given.trick is not Trick.NONE or given.without_length
        if given.trick is Trick.RESET:
            # No time to linger: the kernel sends a reset in the place of a proper end.
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            handler.connection.close()
            return
        if given.trick is Trick.STALL:
            self._over.wait(30)
            return
        handler.send_response(given.status)
        for name, value in given.headers.items():
            handler.send_header(name, value)
        if not given.without_length:
            handler.send_header("Content-Length", str(len(given.body)))
        handler.end_headers()
        if handler.command == "HEAD":
            return
        if given.trick is Trick.DRIP:
            self._drip(handler)
        else:
            handler.wfile.write(given.body[: len(given.body) // 2] if given.trick is Trick.CUT else given.body)

    def _drip(self, handler: BaseHTTPRequestHandler) -> None:
        try:
            while not self._over.wait(0.02):
                handler.wfile.write(b" ")
                handler.wfile.flush()
        except OSError:
            return  # the other side has had enough
