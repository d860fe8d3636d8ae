"""Starts a command with the right interpreter, from whichever one the user's shell found.

Standard library only, and as little of it as will do: every start pays for it twice.
"""

import os
import sys
from typing import NoReturn

TOOLS = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))  # noqa: PTH120 - pathlib takes longer than the rest
ROOT = os.path.dirname(TOOLS)  # noqa: PTH120


def launch(command: str) -> NoReturn:
    """Runs ``gitops.cli.<command>`` inside the repository's ``.venv``; ends the process with its exit code."""
    venv = f"{ROOT}/.venv"
    python = f"{venv}/bin/python"
    if os.path.realpath(sys.prefix) != os.path.realpath(venv):
        if not os.access(python, os.X_OK):
            print(f"error: {ROOT} has no .venv; run 'make setup' there", file=sys.stderr)  # noqa: T201
            raise SystemExit(2)
        os.execv(python, [python, f"{TOOLS}/{command}.py", *sys.argv[1:]])  # noqa: S606 - a path of ours
    raise SystemExit(_run(command))


def _run(command: str) -> int:
    from importlib import import_module

    from gitops.adapters.folders import cache_folder

    # Compiled modules go to the cache: a run writes nothing beside the sources.
    sys.pycache_prefix = str(cache_folder() / "bytecode")
    sys.dont_write_bytecode = False
    code: int = import_module(f"gitops.cli.{command}").main()
    return code
