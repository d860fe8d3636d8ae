"""Waivers silence a finding until their day, and are findings themselves when they should not be there."""

from datetime import date
from pathlib import Path

import pytest

from tests.integration.conftest import FIXTURES, Lint, lay_over

WAIVER = """waivers:
  - rules: [SCHEMA001]
    {environments}
    objects: [{objects}]
    owner: platform
    reason: The old chart calls it so.
    expires: 2026-12-31
"""


@pytest.fixture
def waived(platform: Path):
    """A repository with a misspelt field in a base, and a waiver for it."""
    lay_over(platform, FIXTURES / "defects" / "misspelt-field")

    def write(objects: str = "Deployment/web", environments: str = "environments: [testbed, production]") -> Path:
        text = WAIVER.format(objects=objects, environments=environments)
        (platform / "policies").mkdir(exist_ok=True)
        (platform / "policies" / "waivers.yaml").write_text(text, encoding="utf-8")
        return platform

    return write


def rules(result) -> list[str]:
    return [
        f"{finding.rule} {finding.environment or '-'} {'waived' if finding.waiver else finding.level}"
        for finding in result.findings
    ]


@pytest.mark.parametrize("objects", ["Deployment/web", "Deployment/apps/web", "'Deployment/*'", "'*/apps/w?b'"])
def test_it_silences_what_it_names(objects: str, waived, run_lint: Lint) -> None:
    result = run_lint(waived(objects))
    assert rules(result) == ["SCHEMA001 production waived", "SCHEMA001 testbed waived"]
    assert (result.errors, result.waived) == (0, 2)
    assert result.findings[0].waiver.reason == "The old chart calls it so."


def test_it_holds_in_its_environments_only(waived, run_lint: Lint) -> None:
    result = run_lint(waived(environments="environments: [testbed]"))
    assert rules(result) == ["SCHEMA001 production error", "SCHEMA001 testbed waived"]


@pytest.mark.parametrize("objects", ["Deployment/wbe", "StatefulSet/web", "Deployment/other/web", "web"])
def test_what_it_does_not_name_stays_and_it_is_unused(objects: str, waived, run_lint: Lint) -> None:
    assert rules(run_lint(waived(objects))) == ["SCHEMA001 production error", "SCHEMA001 testbed error", "WAIVER003 - error"]


@pytest.mark.parametrize(
    ("today", "found"),
    [
        (date(2026, 12, 16), ["SCHEMA001 production waived", "SCHEMA001 testbed waived"]),
        (date(2026, 12, 17), ["SCHEMA001 production waived", "SCHEMA001 testbed waived", "WAIVER002 - warning"]),
        (date(2026, 12, 31), ["SCHEMA001 production waived", "SCHEMA001 testbed waived", "WAIVER002 - warning"]),
        (date(2027, 1, 1), ["SCHEMA001 production error", "SCHEMA001 testbed error", "WAIVER001 - error"]),
        (date(2025, 11, 26), ["SCHEMA001 production waived", "SCHEMA001 testbed waived"]),
        (date(2025, 11, 25), ["SCHEMA001 production error", "SCHEMA001 testbed error", "WAIVER004 - error"]),
    ],
    ids=["15 days before", "14 days before", "last day", "day after", "400 days ahead", "401 days ahead"],
)
def test_its_days(today: date, found: list[str], waived, run_lint: Lint) -> None:
    assert rules(run_lint(waived(), today=today)) == found


def test_a_narrowed_run_does_not_call_it_unused(waived, run_lint: Lint) -> None:
    assert rules(run_lint(waived("Deployment/wbe"), components=("other",))) == []


def test_a_run_that_could_not_see_everything_does_not_call_it_unused(waived, run_lint: Lint) -> None:
    repository = waived("Deployment/wbe")
    (repository / "base/other/service.yaml").unlink()
    assert "WAIVER003 - error" not in rules(run_lint(repository))


def test_it_is_listed_with_what_it_silences(waived, run_lint: Lint) -> None:
    (use,) = run_lint(waived()).waivers
    assert (use.line, use.state, use.days, use.note.owner) == (2, "holds", 37, "platform")
    assert [(finding.rule, finding.environment) for finding in use.silenced] == [
        ("SCHEMA001", "production"),
        ("SCHEMA001", "testbed"),
    ]


def test_of_two_that_cover_it_the_one_that_lapses_last_is_told(waived, run_lint: Lint) -> None:
    repository = waived()
    file = repository / "policies/waivers.yaml"
    longer = WAIVER.format(environments="", objects="Deployment/*").replace("2026-12-31", "2027-01-31")
    file.write_text(file.read_text(encoding="utf-8") + longer.removeprefix("waivers:\n"), encoding="utf-8")
    result = run_lint(repository)
    assert [len(use.silenced) for use in result.waivers] == [0, 2]
    assert [finding.rule for finding in result.findings if not finding.waiver] == ["WAIVER005"]
