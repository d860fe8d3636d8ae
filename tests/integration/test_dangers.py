"""One change, one danger, at the line to look at: and each rule's page shows the smallest of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.conftest import FIXTURES, lay_over, run_diff, told

DANGERS = sorted(path.name for path in (FIXTURES / "dangers").iterdir())


@pytest.mark.parametrize("name", DANGERS)
def test_danger(name: str, merging: Path, golden: Callable[[str, str], None]) -> None:
    lay_over(merging, FIXTURES / "dangers" / name)
    difference = run_diff(merging)
    assert difference.failures == ()
    assert len({(finding.rule, finding.file, finding.line) for finding in difference.dangers}) == 1
    golden(f"dangers/{name}.txt", "".join(f"{told(finding)}\n" for finding in difference.dangers))
