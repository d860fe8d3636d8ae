"""One defect, one clear finding, at the line to edit; and everything else is still checked."""

import shutil
from pathlib import Path

import pytest

from tests.integration.conftest import FIXTURES, Lint, lay_over, told

DEFECTS = sorted(path.name for path in (FIXTURES / "defects").iterdir())
# What stands in base/other/service.yaml besides, to see that a defect hides nothing.
BYSTANDER = "META002"


@pytest.mark.parametrize("name", DEFECTS)
def test_defect(name: str, platform: Path, run_lint: Lint, golden) -> None:
    lay_over(platform, FIXTURES / "defects" / name)
    result = run_lint(platform)
    assert result.findings
    golden(f"defects/{name}.txt", "".join(f"{told(finding)}\n" for finding in result.findings))


def test_sound_repository_is_clean(platform: Path, run_lint: Lint) -> None:
    result = run_lint(platform)
    assert result.findings == ()
    assert (result.overlays, result.objects) == (6, 12)


@pytest.mark.parametrize("name", DEFECTS)
def test_defect_hides_nothing_else(name: str, platform: Path, run_lint: Lint) -> None:
    folder = FIXTURES / "defects" / name
    lay_over(platform, folder)
    before = {told(finding) for finding in run_lint(platform).findings}
    if (platform / "base" / "other" / "service.yaml").exists():
        shutil.copy(platform / "base/other/service.yaml", platform / "base/other/service.yaml.orig")
        text = (platform / "base/other/service.yaml").read_text(encoding="utf-8")
        (platform / "base/other/service.yaml").write_text(
            text.replace("spec:", "  labels: {a b: c}\nspec:", 1), encoding="utf-8"
        )
        (platform / "base/other/service.yaml.orig").unlink()
        after = run_lint(platform)
        assert before <= {told(finding) for finding in after.findings}
        assert BYSTANDER in {finding.rule for finding in after.findings if finding.component == "other"}
