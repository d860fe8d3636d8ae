"""Whatever stands in a file, the tool says something about it; it never fails itself."""

import random
from pathlib import Path

import pytest
import yaml

from tests.integration.conftest import FIXTURES, Lint, lay_over
from tests.spoiling import spoiled


@pytest.mark.parametrize("seed", range(40))
def test_a_spoiled_file_is_no_bug_of_ours(seed: int, platform: Path, run_lint: Lint) -> None:
    chance = random.Random(seed)
    lay_over(platform, FIXTURES / "defects" / "custom-kind-misspelt-field")
    lay_over(platform, FIXTURES / "defects" / "unused-waiver")
    file = chance.choice(sorted(platform.rglob("*.yaml")))
    text = file.read_text(encoding="utf-8")
    if chance.random() < 0.1:
        file.write_text(text[: chance.randrange(len(text))], encoding="utf-8")
    else:
        file.write_text(yaml.safe_dump(spoiled(yaml.safe_load(text), chance)), encoding="utf-8")
    assert run_lint(platform, use_cache=True).findings  # the two defects at least, unless they are what was spoiled
