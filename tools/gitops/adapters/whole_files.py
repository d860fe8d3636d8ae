"""Several files of the repository, replaced together or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from gitops.models.errors import UserError


@dataclass(frozen=True, slots=True)
class Change:
    """A file that is there: what was read of it, and what is to be in it."""

    path: Path
    before: bytes = field(repr=False)
    after: bytes = field(repr=False)


def replace_all(changes: Iterable[Change]) -> None:
    """Writes all new contents beside the files, then renames each into its place; access rights stay.

    Raises ``UserError`` where a file is not as it was read any more, or can't be written: then all are as they were.
    """
    listed = list(changes)
    staged: list[tuple[Path, Change]] = []
    done: list[Change] = []
    try:
        for change in listed:
            staged.append((_stage(change.path, change.after), change))  # noqa: PERF401 - one by one: each is to be cleaned up
        _refuse_others(listed)
        for temporary, change in staged:
            temporary.replace(change.path)
            done.append(change)
    except BaseException as error:
        for change in done:
            _stage(change.path, change.before).replace(change.path)
        if isinstance(error, OSError):
            name = error.filename or "a file"
            raise UserError(f"{name} can't be written: {error.strerror or error}; nothing was changed") from error
        raise
    finally:
        for temporary, _ in staged:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)


def _refuse_others(changes: list[Change]) -> None:
    for change in changes:
        if change.path.read_bytes() != change.before:
            raise UserError(f"{change.path} was changed by somebody else meanwhile; nothing was written, run it again")


def _stage(path: Path, data: bytes) -> Path:
    """A new file beside another, with its access rights."""
    rights = path.stat().st_mode & 0o7777
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            os.fchmod(file.fileno(), rights)
    except BaseException:
        Path(name).unlink()
        raise
    return Path(name)
