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
            os.fchmod(file.fileno(), 0o644)  # mkstemp's 0600 would shut out the other users of a shared cache
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
        self._folder = str(folder)
        self._enabled = enabled

    def get(self, kind: str, key: str) -> Any:
        """The value, or None where there is none."""
        if not self._enabled:
            return None
        path = self._path(kind, key)
        try:
            with open(path, "rb") as file:  # noqa: PTH123 - thousands of entries: pathlib would cost as much as the reading
                checksum, _, payload = file.read().partition(b"\n")
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
            write_atomically(Path(self._path(kind, key)), digest([key, payload]).encode() + b"\n" + payload)
        except OSError:
            return

    def prune(self) -> None:
        """Takes away what nobody used for 30 days; does nothing when that was done less than a day ago."""
        stamp = Path(self._folder, ".pruned")
        now = time.time()
        try:
            if not self._enabled or (stamp.exists() and now - stamp.stat().st_mtime < _DAY):
                return
            stamp.touch()
            for path in stamp.parent.glob("*/*/*"):
                if now - path.stat().st_mtime > KEEP_SECONDS:
                    path.unlink(missing_ok=True)
        except OSError:
            return  # another run is pruning the same folder, or there is none yet

    def _path(self, kind: str, key: str) -> str:
        return f"{self._folder}/{kind}/{key[:2]}/{key}"


class Pack:
    """Many small values that one run needs together, in one entry of a cache: a file for each would cost more to open.

    What other runs put there stays, until the pack is so large that only what this run used is worth keeping.
    """

    LARGEST = 50_000

    def __init__(self, store: Cache, kind: str, key: str) -> None:
        self._store, self._kind, self._key = store, kind, key
        kept = store.get(kind, key)
        self._known: dict[str, Any] = kept if isinstance(kept, dict) else {}
        self._used: dict[str, Any] = {}
        self._learned = False

    def get(self, name: str) -> Any:
        """The value, or None where there is none."""
        value = self._known.get(name)
        if value is not None:
            self._used[name] = value
        return value

    def put(self, name: str, value: Any) -> None:
        """Keeps a JSON value other than None, once ``save`` is called."""
        self._known[name] = self._used[name] = value
        self._learned = True

    def save(self) -> None:
        """Writes the pack, if this run added to it."""
        if self._learned:
            self._store.put(self._kind, self._key, self._known if len(self._known) <= self.LARGEST else self._used)
            self._learned = False
