"""The repositories that the benchmark makes are sound, or its times would be those of an error."""

import subprocess
import sys
from pathlib import Path

from tests.integration.conftest import ROOT, Lint


def test_a_made_repository_is_clean(tmp_path: Path, run_lint: Lint) -> None:
    folder = tmp_path / "made"
    subprocess.run([sys.executable, ROOT / "tests/bench/generate.py", folder, "4"], check=True, timeout=60)
    result = run_lint(folder)
    assert result.findings == ()
    assert result.overlays == 2 * (4 + 1)
    assert result.objects >= 8 * 2 * 4
