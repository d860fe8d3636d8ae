"""Programs that come as wheels of PyPI, each into a folder of its own. Standard library only: set-up uses it first of all.

``tools/toolchain/<name>.txt`` pins one with its hashes. It does not go into the ``.venv``: what is hundreds of megabytes large
is installed once for all work trees, and only where somebody needs it.
"""

import hashlib
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from gitops.adapters import command
from gitops.adapters.folders import cache_folder

INSTALL_LIMIT = 1800.0
_PIP_INSTALL = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps")


def lock_file(root: Path, name: str) -> Path:
    """Where the pin of a wheel stands."""
    return root / "tools" / "toolchain" / f"{name}.txt"


def folder_for(lock: Path, name: str) -> Path:
    """The folder that what is pinned is installed into: another pin never meets an old program."""
    return cache_folder() / "toolchain" / f"{name}-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"


def unpack(lock: Path, folder: Path) -> None:
    """Installs what is pinned into a folder that is not there yet, whole or not at all; raises ``CommandFailed``."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=".wheel-") as scratch:
        target = Path(scratch) / "content"
        command.run([sys.executable, *_PIP_INSTALL, "--target", target, "--requirement", lock], limit=INSTALL_LIMIT)
        try:
            target.replace(folder)
        except OSError:
            if not folder.exists():  # else another run was faster, with the same content
                raise
