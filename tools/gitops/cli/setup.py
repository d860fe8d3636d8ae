"""``make setup``: builds the Go programs that are not there yet. Uses the standard library only."""

import sys
from pathlib import Path

from gitops.adapters import toolchain
from gitops.launch import ROOT
from gitops.models.errors import UserError


def main(names: list[str]) -> int:
    """Builds the named programs; returns the exit code."""
    try:
        toolchain.install(Path(ROOT), names, lambda text: print(text, flush=True))  # noqa: T201
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
