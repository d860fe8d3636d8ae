"""Ends servers whose run is gone, even where the run was killed and could not: a program of its own, standard library only.

The run writes ``+PID`` for each server that it starts and ``-PID`` for each that it has stopped. When the pipe closes, because
the run ended in whatever way, what is left is stopped in reverse order.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterable

GRACE = 5.0


def main(lines: Iterable[str]) -> None:
    """Reads until the end, then stops what is left."""
    left: list[int] = []
    for line in lines:
        sign, pid = line[0], int(line[1:])
        if sign == "+":
            left.append(pid)
        elif pid in left:
            left.remove(pid)
    for pid in reversed(left):
        _stop(pid)


def _stop(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
        until = time.monotonic() + GRACE
        while time.monotonic() < until:
            time.sleep(0.05)
            os.kill(pid, 0)
        os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.stdin)
