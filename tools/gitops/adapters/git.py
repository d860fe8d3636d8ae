"""Git, read only."""

from pathlib import Path

from gitops.adapters import command
from gitops.models.errors import UserError

LIMIT = 60.0


def changed_paths(root: Path, revision: str) -> frozenset[str]:
    """Paths (relative to ``root``) that differ from where this branch left ``revision``.

    Counts commits, the index, the work tree and files that git does not know yet. Raises ``UserError`` where ``root`` is
    no work tree, the revision is unknown or the histories have nothing in common.
    """
    _require_work_tree(root)
    try:
        _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except command.CommandFailed as error:
        raise UserError(f"git knows no revision '{revision}' here; fetch it, or name another with --changed-since") from error
    try:
        base = _git(root, "merge-base", revision, "HEAD").strip()
    except command.CommandFailed as error:
        raise UserError(f"'{revision}' and HEAD have no commit in common; in a shallow clone, fetch more history") from error
    tracked = _git(root, "diff", "--name-only", "--no-renames", "-z", "--relative", base)
    unknown = _git(root, "ls-files", "--others", "--exclude-standard", "-z")
    return frozenset(path for path in (tracked + unknown).split("\0") if path)


def _require_work_tree(root: Path) -> None:
    try:
        _git(root, "rev-parse", "--is-inside-work-tree")
    except command.CommandMissing as error:
        raise UserError("git is not installed; --changed-since needs it") from error
    except command.CommandFailed as error:
        raise UserError(f"{root} is no git work tree; --changed-since needs one") from error


def _git(root: Path, *arguments: str) -> str:
    return command.run(["git", "-C", root, *arguments], limit=LIMIT).stdout
