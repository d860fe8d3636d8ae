"""A real registry on loopback: crane's."""

import contextlib
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from gitops.adapters import toolchain

ROOT = Path(__file__).resolve().parents[2]
_PORT = re.compile(r"serving on port (\d+)")
_LONGEST_START = 20.0


@contextlib.contextmanager
def registry(folder: Path) -> Iterator[str]:
    """A running, empty registry: its host (``127.0.0.1:PORT``). ``folder`` takes blobs and the log; manifests are in memory.

    It has no list of referrers, as many have none. The port is one that was free; the program ends with the block.
    """
    program = toolchain.find(ROOT, "crane").path
    (folder / "blobs").mkdir(parents=True)
    log = folder / "registry.log"
    arguments: list[str | Path] = [program, "registry", "serve", "--address", "127.0.0.1:0", "--disk", folder / "blobs"]
    with log.open("wb") as file:
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    try:
        yield f"127.0.0.1:{_port(process, log)}"
    finally:
        process.kill()  # nothing of it outlives the test, so there is nothing to put in order
        process.wait()


def _port(process: "subprocess.Popen[bytes]", log: Path) -> str:
    """The port that the registry says it listens on."""
    until = time.monotonic() + _LONGEST_START
    while time.monotonic() < until:
        if found := _PORT.search(log.read_text(encoding="utf-8")):
            return found[1]
        if process.poll() is not None:
            break
        time.sleep(0.01)
    raise RuntimeError(f"the registry did not start:\n{log.read_text(encoding='utf-8')}")
