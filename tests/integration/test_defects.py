"""One defect, one clear finding, at the line to edit; and everything else is still checked."""

from pathlib import Path

import pytest

from tests.integration.conftest import FIXTURES, Lint, lay_over, told

DEFECTS = sorted(path.name for path in (FIXTURES / "defects").iterdir())
# A label that no API server takes, in another component.
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
    assert (result.overlays, result.objects) == (6, 14)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("more-than-the-cluster-has", id="the cluster's facts"),
        pytest.param("ingress-of-another-host", id="a fact of the environment"),
        pytest.param("address-not-in-depends-on", id="a component's description and its manifests"),
        pytest.param("two-owners", id="another overlay"),
        pytest.param("dependency-not-deployed", id="an overlay that goes"),
    ],
)
def test_what_is_kept_of_a_sound_environment_ends_with_it(name: str, platform: Path, run_lint: Lint) -> None:
    assert run_lint(platform, use_cache=True).findings == ()
    lay_over(platform, FIXTURES / "defects" / name)
    fresh = run_lint(platform).findings
    assert fresh
    assert run_lint(platform, use_cache=True).findings == run_lint(platform, use_cache=True).findings == fresh


@pytest.mark.parametrize("name", DEFECTS)
def test_defect_hides_nothing_else(name: str, platform: Path, run_lint: Lint) -> None:
    lay_over(platform, FIXTURES / "defects" / name)
    before = {told(finding) for finding in run_lint(platform, use_cache=True).findings}
    bystander = platform / "base" / "other" / "service.yaml"
    if name == "renders-nothing":
        bystander = platform / "base" / "web" / "service.yaml"
    text = bystander.read_text(encoding="utf-8")
    bystander.write_text(text.replace("spec:", "  labels: {a b: c}\nspec:", 1), encoding="utf-8")
    after = run_lint(platform, use_cache=True).findings
    assert before <= {told(finding) for finding in after}
    assert (BYSTANDER, bystander.relative_to(platform).as_posix()) in {(finding.rule, finding.file) for finding in after}
