"""Starts a command with the right interpreter, from whichever one the user's shell found. Standard library only."""

import importlib
import os
import sys
from pathlib import Path
from typing import NoReturn

from gitops.adapters.folders import cache_folder

TOOLS = Path(__file__).resolve().parents[1]
ROOT = TOOLS.parent


def launch(command: str) -> NoReturn:
    """Runs ``gitops.cli.<command>`` inside the repository's ``.venv``; ends the process with its exit code."""
    python = ROOT / ".venv" / "bin" / "python"
    if Path(sys.prefix).resolve() != (ROOT / ".venv").resolve():
        if not python.exists():
            print(f"error: {ROOT} has no .venv; run 'make setup' there", file=sys.stderr)  # noqa: T201
            raise SystemExit(2)
        script = TOOLS / f"{command}.py"
        os.execv(python, [str(python), str(script), *sys.argv[1:]])  # noqa: S606 - a path of ours
    # Compiled modules go to the cache: a run writes nothing beside the sources.
    sys.pycache_prefix = str(cache_folder() / "bytecode")
    sys.dont_write_bytecode = False
    main = importlib.import_module(f"gitops.cli.{command}").main
    raise SystemExit(main())
