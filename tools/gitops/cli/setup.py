"""``make setup`` and ``make setup-scan``: builds the Go programs and installs the Trivy that are not there yet.

Uses the standard library only.
"""

import sys
from pathlib import Path

from gitops.adapters import toolchain, trivy_program
from gitops.launch import ROOT
from gitops.models.errors import UserError


def main(names: list[str]) -> int:
    """Builds or installs the named programs; returns the exit code."""
    try:
        toolchain.install(Path(ROOT), [name for name in names if name != "trivy"], _say)
        if "trivy" in names:
            trivy_program.install(Path(ROOT), _say)
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201
        return 2
    return 0


def _say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
