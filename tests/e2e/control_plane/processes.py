"""Starts servers, waits until they answer, and stops them by process id in reverse order, however the run ends.

``Processes`` stops them when its block is left, by an exception or an interrupt too. What a block cannot see (the run itself
is killed) is what ``keeper.py`` is for. A run that wants to end in order on SIGTERM turns it into ``KeyboardInterrupt``, as
``gitops.cli.common.run_command`` does.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from gitops.models.errors import UserError

START_LIMIT = 120.0
GRACE = 10.0
_PAUSE = 0.1
_TAIL = 15
_KEEPER = Path(__file__).with_name("keeper.py")


class StartFailed(UserError):
    """A server ended before it answered, or did not answer in time; the message has the end of its log."""


@dataclass(frozen=True, slots=True)
class Server:
    """A program to start. ``name`` is also its log's; ``answers`` tells whether it is ready and may fail with ``OSError``."""

    name: str
    arguments: tuple[str | Path, ...]
    answers: Callable[[], bool]
    environment: Mapping[str, str] = field(default_factory=dict)


class Running:
    """A server that was started."""

    def __init__(self, server: Server, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.name = server.name
        self.pid = process.pid
        self._server = server
        self._process = process
        self._log = log

    def wait(self, limit: float = START_LIMIT) -> None:
        """Returns when the server answers; raises ``StartFailed`` where it ended, or did not within ``limit`` seconds."""
        until = time.monotonic() + limit
        while True:
            code = self._process.poll()
            if code is not None:
                raise StartFailed(f"{self.name} ended with exit code {code}; {self._end_of_log()}")
            with contextlib.suppress(OSError):
                if self._server.answers():
                    return
            if time.monotonic() > until:
                raise StartFailed(f"{self.name} does not answer after {limit:g} s; {self._end_of_log()}")
            time.sleep(_PAUSE)

    def stop(self, grace: float = GRACE) -> None:
        """Asks the server to end; kills it, and whatever it started, when it has not after ``grace`` seconds."""
        try:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(grace)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self._process.wait()

    def _end_of_log(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL:]
        return "\n  ".join([f"the end of {self._log}:", *(lines or ["(it is empty)"])])


class Processes:
    """The servers of one run; a block. Each writes its output into ``logs``/<name>.log."""

    def __init__(self, logs: Path, grace: float = GRACE) -> None:
        self._logs = logs
        self._grace = grace
        self._stack = ExitStack()
        self._keeper: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._keeper = subprocess.Popen(
            [sys.executable, "-I", str(_KEEPER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
            start_new_session=True,  # a Ctrl-C is for us, who stop the servers in order
        )
        self._stack.callback(self._dismiss, self._keeper)
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None) -> None:
        self._stack.close()

    def launch(self, server: Server) -> Running:
        """Starts a server without waiting for it; raises ``StartFailed`` where there is no such program."""
        log = self._logs / f"{server.name}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("wb") as output:
            try:
                process = subprocess.Popen(
                    [str(argument) for argument in server.arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    env={**os.environ, **server.environment},
                    start_new_session=True,
                )
            except OSError as error:
                raise StartFailed(f"{server.name} can't be started: {error}") from error
        running = Running(server, process, log)
        self._stack.callback(self._stop, running)
        self._tell(f"+{running.pid}")
        return running

    def start(self, *servers: Server, limit: float = START_LIMIT) -> None:
        """Starts servers side by side and waits until each answers."""
        for running in [self.launch(server) for server in servers]:
            running.wait(limit)

    def _stop(self, running: Running) -> None:
        running.stop(self._grace)
        self._tell(f"-{running.pid}")

    def _tell(self, line: str) -> None:
        """To the keeper; one that is gone is no reason to leave the servers."""
        if self._keeper and self._keeper.stdin:
            with contextlib.suppress(OSError):
                self._keeper.stdin.write(f"{line}\n")
                self._keeper.stdin.flush()

    @staticmethod
    def _dismiss(keeper: "subprocess.Popen[str]") -> None:
        with contextlib.suppress(OSError):
            keeper.communicate(timeout=GRACE)
