"""The cache folder: files by the hash of what made them, safe under several runs at once."""

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

KEEP_SECONDS = 30 * 24 * 3600
_DAY = 24 * 3600


def digest(parts: Iterable[str | bytes]) -> str:
    """SHA-256 over the parts, each with its length, so that no two lists of parts give one digest."""
    sha = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        sha.update(b"%d:" % len(data))
        sha.update(data)
    return sha.hexdigest()


def write_atomically(path: Path, data: bytes) -> None:
    """Writes a whole file or none: to a temporary name beside it, then one rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        Path(temporary).chmod(0o644)  # mkstemp's 0600 would shut out the other users of a shared cache
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


class Cache:
    """JSON values by key, in one folder per kind of value.

    An entry that is damaged, or written for another key, counts as absent. With ``enabled=False`` nothing is read or
    written. Entries that nobody used for 30 days go away, looked for once a day.
    """

    def __init__(self, folder: Path, *, enabled: bool = True) -> None:
        self._folder = folder
        self._enabled = enabled

    def get(self, kind: str, key: str) -> Any:
        """The value, or None where there is none."""
        if not self._enabled:
            return None
        path = self._path(kind, key)
        try:
            data = path.read_bytes()
            checksum, _, payload = data.partition(b"\n")
            if checksum.decode() != digest([key, payload]):
                return None
            value = json.loads(payload)
            os.utime(path)
        except (OSError, ValueError):
            return None
        return value

    def put(self, kind: str, key: str, value: Any) -> None:
        """Keeps a JSON value. A cache that can't be written to (read-only, full) is no failure of the run."""
        if not self._enabled:
            return
        payload = json.dumps(value, separators=(",", ":"), allow_nan=False).encode()
        try:
            write_atomically(self._path(kind, key), digest([key, payload]).encode() + b"\n" + payload)
        except OSError:
            return
        self._prune(kind)

    def _path(self, kind: str, key: str) -> Path:
        return self._folder / kind / key[:2] / key

    def _prune(self, kind: str) -> None:
        stamp = self._folder / kind / ".pruned"
        now = time.time()
        try:
            if stamp.exists() and now - stamp.stat().st_mtime < _DAY:
                return
            stamp.touch()
            for path in stamp.parent.glob("*/*"):
                if now - path.stat().st_mtime > KEEP_SECONDS:
                    path.unlink(missing_ok=True)
        except OSError:
            return  # another run is pruning the same folder
