"""Git, read only: neither the work tree nor the index of the user is touched."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

from gitops.adapters import command
from gitops.adapters.cache import digest
from gitops.models.errors import UserError

LIMIT = 60.0
_KEEP_SECONDS = 7 * 24 * 3600
_NAME_LENGTH = 32


def changed_paths(root: Path, revision: str) -> frozenset[str]:
    """Paths (relative to ``root``) that differ from where this branch left ``revision``.

    Counts commits, the index, the work tree and files that git does not know yet. Raises ``UserError`` where ``root`` is
    no work tree, the revision is unknown or the histories have nothing in common.
    """
    return paths_between(root, merge_base(root, revision, "HEAD", "--changed-since"), None)


def merge_base(root: Path, revision: str, head: str, option: str) -> str:
    """The commit at which ``head`` left ``revision``; ``option`` is the one that a person gave the revision with.

    Raises ``UserError`` where ``root`` is no work tree, a revision is unknown or the histories have nothing in common.
    """
    _require_work_tree(root, option)
    if commit_of(root, revision) is None:
        raise UserError(f"git knows no revision '{revision}' here; fetch it, or name another with {option}")
    if commit_of(root, head) is None:
        raise UserError(f"git knows no revision '{head}' here; fetch it, or name another")
    try:
        return _git(root, "merge-base", "--end-of-options", revision, head).strip()
    except command.CommandFailed as error:
        raise UserError(f"'{revision}' and {head} have no commit in common; in a shallow clone, fetch more history") from error


def commit_of(root: Path, revision: str) -> str | None:
    """The commit that a revision names here, or None where git knows none."""
    try:
        return _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}").strip()
    except command.CommandFailed:
        return None


def is_ancestor(root: Path, commit: str, of: str) -> bool:
    """Whether everything that ``commit`` holds is in ``of`` too."""
    arguments = ["git", "-C", str(root), "merge-base", "--is-ancestor", commit, of]
    return command.run(arguments, limit=LIMIT, accept=frozenset({0, 1})).returncode == 0


def paths_between(root: Path, old: str, new: str | None) -> frozenset[str]:
    """Paths (relative to ``root``) that differ between two commits, or a commit and the work tree with its new files (None)."""
    commits = [old] if new is None else [old, new]
    found = _git(root, "diff", "--name-only", "--no-renames", "-z", "--relative", *commits, "--")
    if new is None:
        found += _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return frozenset(path for path in found.split("\0") if path)


def exported(root: Path, commit: str, folders: Iterable[str], store: Path) -> Path:
    """A folder below ``store`` with these folders as they were at ``commit``; kept for a week after its last use.

    Written as git would check them out, by way of an index of our own. ``root`` may be a folder inside the work tree.
    """
    _forget_old(store)
    listed = _git(root, "ls-tree", "-d", "-z", commit, "--", *folders).split("\0")[:-1]
    trees = {path: entry.split()[2] for entry, _, path in (line.partition("\t") for line in listed)}
    target = store / digest([*trees, *trees.values()])[:_NAME_LENGTH]
    if target.is_dir():
        os.utime(target)
        return target
    store.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=store, prefix=".new-") as scratch:
        own = {"GIT_INDEX_FILE": f"{scratch}/index"}
        for path, tree in trees.items():
            arguments = ["git", "-C", str(root), "read-tree", f"--prefix={path}/", tree]
            command.run(arguments, limit=LIMIT, environment=own)
        whole = Path(scratch, "tree")
        whole.mkdir()
        top = _git(root, "rev-parse", "--show-toplevel").strip("\n")
        command.run(["git", "-C", top, "checkout-index", "--all", f"--prefix={whole}/"], limit=LIMIT, environment=own)
        try:
            whole.rename(target)
        except OSError:
            if not target.is_dir():  # else another run was faster
                raise
    return target


def _forget_old(store: Path) -> None:
    """Takes away what nobody asked for in a week, and what interrupted runs left."""
    if not store.is_dir():
        return
    for entry in os.scandir(store):
        try:
            if entry.is_dir(follow_symlinks=False) and time.time() - entry.stat().st_mtime > _KEEP_SECONDS:
                shutil.rmtree(entry.path, ignore_errors=True)
        except OSError:
            continue  # another run is doing the same


def file_at(root: Path, revision: str, path: str) -> bytes | None:
    """What a file (``path`` relative to ``root``) says in a revision, None where it is not there; nothing is checked out.

    Raises ``UserError`` where ``root`` is no work tree or the revision is unknown.
    """
    _require_work_tree(root, "--target-branch")
    if commit_of(root, revision) is None:
        raise UserError(f"git knows no revision '{revision}' here; fetch it, or name another with --target-branch")
    prefix = _git(root, "rev-parse", "--show-prefix").rstrip("\n")
    try:
        blob = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}:{prefix}{path}").strip()
    except command.CommandFailed:
        return None
    return _git(root, "cat-file", "blob", blob).encode()


def _require_work_tree(root: Path, option: str) -> None:
    try:
        _git(root, "rev-parse", "--is-inside-work-tree")
    except command.CommandMissing as error:
        raise UserError(f"git is not installed; {option} needs it") from error
    except command.CommandFailed as error:
        raise UserError(f"{root} is no git work tree; {option} needs one") from error


def _git(root: Path, *arguments: str) -> str:
    return command.run(["git", "-C", root, *arguments], limit=LIMIT).stdout
