"""The only place that starts a process. Standard library only: set-up uses it before anything is installed."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TIME_LIMIT_VARIABLE = "DARE_TIME_LIMIT"
DEFAULT_TIME_LIMIT = 60.0
_LONGEST_TIME_LIMIT = 24 * 3600.0

_running: set["subprocess.Popen[bytes]"] = set()  # added to and taken from by several threads, each operation atomic


class CommandFailed(Exception):
    """A program ended with a failure; ``message`` is what it said on standard error (or out, if it said nothing)."""

    def __init__(self, program: str, message: str, returncode: int | None = None) -> None:
        super().__init__(f"{program}: {message}")
        self.program = program
        self.message = message
        self.returncode = returncode


class CommandTimedOut(CommandFailed):
    """A program did not end within its time limit and was killed, with all that it had started."""


class CommandMissing(CommandFailed):
    """There is no such program, or it can't be executed."""


@dataclass(frozen=True, slots=True)
class Output:
    """What a program printed, decoded as UTF-8, and its exit code."""

    returncode: int
    stdout: str
    stderr: str


def time_limit() -> float:
    """Seconds that one call of kustomize or kubeconform may take: ``DARE_TIME_LIMIT``, up to a day, else a minute."""
    try:
        seconds = float(os.environ.get(TIME_LIMIT_VARIABLE, ""))
    except ValueError:
        return DEFAULT_TIME_LIMIT
    return seconds if 0 < seconds <= _LONGEST_TIME_LIMIT else DEFAULT_TIME_LIMIT


def run(
    arguments: Sequence[str | Path],
    *,
    limit: float,
    cwd: Path | None = None,
    environment: Mapping[str, str | None] | None = None,
    accept: frozenset[int] | None = frozenset({0}),
    given: bytes | None = None,
) -> Output:
    """Runs a program and returns its output; its standard input is ``given``, or nothing.

    ``limit`` is in seconds, ``environment`` is added to ours (None takes a variable away), ``accept`` holds the exit codes that
    are no failure (None: any).
    Raises ``CommandMissing``, ``CommandTimedOut`` or ``CommandFailed``.
    """
    program = Path(arguments[0]).name
    try:
        process = subprocess.Popen(
            [str(argument) for argument in arguments],
            stdin=subprocess.DEVNULL if given is None else subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env=_variables(environment or {}),
            start_new_session=True,  # so that a time-out ends its children too
        )
    except OSError as error:
        raise CommandMissing(program, f"can't be started: {error.strerror or error}") from error
    _running.add(process)
    try:
        stdout, stderr = process.communicate(given, timeout=limit)
    except subprocess.TimeoutExpired:
        _kill(process)
        process.communicate()
        raise CommandTimedOut(program, f"did not end within {limit:g} s") from None
    except BaseException:  # an interrupt must not leave the program behind
        _kill(process)
        process.communicate()
        raise
    finally:
        _running.discard(process)
    output = Output(process.returncode, stdout.decode(errors="replace"), stderr.decode(errors="replace"))
    if accept is not None and output.returncode not in accept:
        said = output.stderr.strip() or output.stdout.strip() or "it said nothing"
        how = f"killed by signal {-output.returncode}" if output.returncode < 0 else f"exit code {output.returncode}"
        raise CommandFailed(program, f"{said} ({how})", output.returncode)
    return output


def _variables(changed: Mapping[str, str | None]) -> dict[str, str]:
    both = {**os.environ, **changed}
    return {name: value for name, value in both.items() if value is not None}


@contextlib.contextmanager
def killed_on_interrupt() -> Iterator[None]:
    """Ends every program that other threads wait for when this one is interrupted, so that they need not be waited for."""
    try:
        yield
    except BaseException:
        for process in list(_running):
            _kill(process)
        raise


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
