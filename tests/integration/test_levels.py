"""Levels and rules for waivers: what a tree says of itself, and what the branch that it goes into lets it say."""

import subprocess
from pathlib import Path

import pytest

from gitops.models.errors import UserError
from gitops.models.finding import Result
from gitops.services.gate import target_of
from tests.integration.conftest import FIXTURES, Lint, lay_over

WAIVER = """waivers:
  - rules: [{rules}]
    objects: [{objects}]
    owner: platform
    reason: The old chart calls it so.
    expires: {expires}
"""


def git(repository: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *arguments], cwd=repository, check=True, capture_output=True)


def write(repository: Path, path: str, text: str) -> None:
    file = repository / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def commit(repository: Path) -> None:
    """What is there becomes main; the work goes on in the work tree."""
    git(repository, "init")
    git(repository, "add", ".")
    git(repository, "commit", "-m", "all is well")


def told(result: Result) -> list[str]:
    return [
        f"{finding.rule} {finding.environment or '-'} {'waived' if finding.waiver else finding.level}"
        for finding in result.findings
    ]


@pytest.fixture
def misspelt(platform: Path) -> Path:
    """A repository with a misspelt field in a base, found in both environments."""
    lay_over(platform, FIXTURES / "defects" / "misspelt-field")
    return platform


@pytest.mark.parametrize(
    ("levels", "found"),
    [
        ("{testbed: {SCHEMA001: warning}}", ["SCHEMA001 production error", "SCHEMA001 testbed warning"]),
        ("{testbed: {SCHEMA: off}}", ["SCHEMA001 production error"]),
        ("{testbed: {SCHEMA: off, SCHEMA001: warning}}", ["SCHEMA001 production error", "SCHEMA001 testbed warning"]),
        ("{testbed: {SCHEMA: warning}, production: {SCHEMA: off}}", ["SCHEMA001 testbed warning"]),
    ],
)
def test_an_environment_weighs_a_rule(levels: str, found: list[str], misspelt: Path, run_lint: Lint) -> None:
    write(misspelt, "policies/levels.yaml", f"levels: {levels}\n")
    result = run_lint(misspelt)
    assert told(result) == found
    assert result.errors == sum(finding.endswith("error") for finding in found)


def test_a_policy_whose_rule_is_off_is_not_asked(platform: Path, run_lint: Lint) -> None:
    """Where it is off nothing binds it, and it has no parameters to ask by."""
    lay_over(platform, FIXTURES / "defects" / "policy-refuses")
    policy = platform / "policies/admission/rel099-replicas.yaml"
    text = policy.read_text(encoding="utf-8").replace(
        "object.spec.replicas > 1", "object.spec.replicas > int(params.data.least)"
    )
    parameters = "  paramKind: {apiVersion: v1, kind: ConfigMap}\n  matchConstraints:"
    policy.write_text(text.replace("  matchConstraints:", parameters), encoding="utf-8")
    assert told(run_lint(platform)) == ["POLICY003 production warning", "POLICY003 testbed warning"]
    write(platform, "policies/levels.yaml", "levels: {testbed: {REL099: off}, production: {REL: off}}\n")
    assert told(run_lint(platform)) == []


@pytest.mark.parametrize(
    ("levels", "found"),
    [
        ("{testbed: {TREE004: off}}", ["TREE004 - error"]),
        ("{testbed: {TREE004: off}, production: {TREE: warning}}", ["TREE004 - warning"]),
        ("{testbed: {TREE004: off}, production: {TREE: off}}", []),
    ],
)
def test_what_concerns_no_environment_has_the_severest_level_of_all(
    levels: str, found: list[str], platform: Path, run_lint: Lint
) -> None:
    lay_over(platform, FIXTURES / "defects" / "dead-file")
    write(platform, "policies/levels.yaml", f"levels: {levels}\n")
    assert told(run_lint(platform)) == found


def test_what_must_hold_is_not_lowered(platform: Path, run_lint: Lint) -> None:
    lay_over(platform, FIXTURES / "defects" / "invalid-yaml")
    write(platform, "policies/levels.yaml", "levels: {testbed: {TREE: off}, production: {TREE: off}}\n")
    assert told(run_lint(platform)) == ["TREE001 - error"]


def test_a_rule_that_can_not_be_waived_stays(platform: Path, run_lint: Lint) -> None:
    lay_over(platform, FIXTURES / "defects" / "invalid-yaml")
    write(platform, "policies/waivers.yaml", WAIVER.format(rules="TREE", objects="base/web/service.yaml", expires="2026-12-31"))
    assert told(run_lint(platform)) == ["TREE001 - error"]


def test_a_merge_request_can_not_lower_a_level_for_itself(misspelt: Path, run_lint: Lint) -> None:
    write(misspelt, "policies/levels.yaml", "levels: {testbed: {SCHEMA: warning}}\n")
    commit(misspelt)
    write(misspelt, "policies/levels.yaml", "levels: {testbed: {SCHEMA: off}, production: {SCHEMA: off}}\n")
    assert told(run_lint(misspelt)) == []
    assert told(run_lint(misspelt, target_branch="main")) == ["SCHEMA001 production error", "SCHEMA001 testbed warning"]


def test_a_merge_request_can_raise_a_level(misspelt: Path, run_lint: Lint) -> None:
    write(misspelt, "policies/levels.yaml", "levels: {testbed: {SCHEMA: off}, production: {SCHEMA: off}}\n")
    commit(misspelt)
    write(misspelt, "policies/levels.yaml", "levels: {production: {SCHEMA: off}}\n")
    assert told(run_lint(misspelt, target_branch="main")) == ["SCHEMA001 testbed error"]


@pytest.mark.parametrize(
    ("rules", "waiver", "found"),
    [
        ("longestLife: 30\n", ("SCHEMA001", "Deployment/web", "2026-12-24"), []),
        ("longestLife: 30\n", ("SCHEMA001", "Deployment/web", "2026-12-25"), ["WAIVER004"]),
        ("broadest: {objects: name}\n", ("SCHEMA001", "'Deployment/*'", "2026-12-24"), ["WAIVER007"]),
        ("broadest: {rules: rule}\n", ("SCHEMA", "Deployment/web", "2026-12-24"), ["WAIVER007"]),
        ("notWaivable: [SCHEMA]\n", ("SCHEMA001", "Deployment/web", "2026-12-24"), ["WAIVER006"]),
        (None, ("SCHEMA001", "Deployment/web", "2026-12-24"), []),
    ],
)
def test_a_waiver_takes_effect_as_far_as_the_target_branch_allows(
    rules: str | None, waiver: tuple[str, str, str], found: list[str], misspelt: Path, run_lint: Lint
) -> None:
    if rules:
        write(misspelt, "policies/waiver-rules.yaml", rules)
    commit(misspelt)
    write(misspelt, "policies/waiver-rules.yaml", "longestLife: 400\n")
    write(misspelt, "policies/waivers.yaml", WAIVER.format(rules=waiver[0], objects=waiver[1], expires=waiver[2]))
    assert told(run_lint(misspelt)) == ["SCHEMA001 production waived", "SCHEMA001 testbed waived"]
    state = "error" if found else "waived"
    assert told(run_lint(misspelt, target_branch="main")) == [
        f"SCHEMA001 production {state}",
        f"SCHEMA001 testbed {state}",
        *(f"{rule} - error" for rule in found),
    ]


def test_the_target_branch_is_only_read(misspelt: Path, run_lint: Lint) -> None:
    commit(misspelt)
    write(misspelt, "policies/levels.yaml", "levels: {testbed: {SCHEMA: off}}\n")
    before = subprocess.run(["git", "status", "--porcelain"], cwd=misspelt, capture_output=True, text=True, check=True).stdout
    run_lint(misspelt, target_branch="main")
    after = subprocess.run(["git", "status", "--porcelain"], cwd=misspelt, capture_output=True, text=True, check=True).stdout
    assert before == after == " M policies/levels.yaml\n"


def test_a_target_branch_that_git_does_not_know(misspelt: Path, run_lint: Lint) -> None:
    commit(misspelt)
    with pytest.raises(UserError, match="git knows no revision 'origin/mian' here; fetch it"):
        run_lint(misspelt, target_branch="origin/mian")


def test_rules_that_can_not_be_read_at_the_target_branch(misspelt: Path, run_lint: Lint) -> None:
    write(misspelt, "policies/waiver-rules.yaml", "longestLife: 4000\n")
    commit(misspelt)
    write(misspelt, "policies/waiver-rules.yaml", "longestLife: 40\n")
    with pytest.raises(UserError, match=r"policies/waiver-rules\.yaml can't be read at 'main': longestLife: 4000 is greater"):
        run_lint(misspelt, target_branch="main")


@pytest.mark.parametrize(
    ("variables", "target"),
    [
        ({}, None),
        ({"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}, "origin/main"),
        ({"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main", "DARE_TARGET_BRANCH": "upstream/main"}, "upstream/main"),
    ],
)
def test_the_pipeline_tells_the_target_branch(variables: dict[str, str], target: str | None) -> None:
    assert target_of(variables) == target


def test_ten_thousand_waivers(platform: Path, run_lint: Lint) -> None:
    about, rest = "rules: [META002], objects: [Deployment/apps/web-{0}, '*/old-{0}']", "owner: platform, reason: r"
    entry = f"  - {{{{{about}, {rest}, expires: 2026-12-31}}}}\n"
    write(platform, "policies/waivers.yaml", "waivers:\n" + "".join(entry.format(number) for number in range(10_000)))
    result = run_lint(platform)
    assert {finding.rule for finding in result.findings} == {"WAIVER003"}
    assert [finding.line for finding in result.findings] == list(range(2, 10_002))
