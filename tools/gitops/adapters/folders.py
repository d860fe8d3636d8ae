"""Where runs keep what outlives them. Imports next to nothing: every start of a command comes through here."""

import os
from pathlib import Path

CACHE_VARIABLE = "DARE_CACHE"


def cache_folder() -> Path:
    """``$DARE_CACHE``, else ``dare-gitops`` in the user's cache folder (XDG base directory specification)."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return Path(chosen).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "dare-gitops"
