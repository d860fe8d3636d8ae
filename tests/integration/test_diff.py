"""What a merge request changes, on small real repositories: two states, two clusters, one of which follows a tag."""

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from gitops.cli import diff as diff_command
from gitops.cli.common import run_command
from gitops.models.difference import Difference
from gitops.models.errors import UserError
from gitops.reports.diff_formats import DIFF_REPORTS
from tests.integration.conftest import FIXTURES, ROOT, git, lay_over, run_diff

MERGES = FIXTURES / "merges"
CASES = sorted(path.name for path in MERGES.iterdir() if path.name != "before")


def pin(repository: Path, cluster: str, revision: str) -> None:
    file = repository / f"clusters/{cluster}/release.yaml"
    file.write_text(re.sub("revision: .*", f"revision: {revision}", file.read_text(encoding="utf-8")), encoding="utf-8")


def change(repository: Path, path: str, old: str, new: str) -> None:
    file = repository / path
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def text(difference: Difference, report: str = "text") -> str:
    """A report for people, the same in every run: commits have other names each time."""
    return re.sub(r"\b[0-9a-f]{12}\b", "commit", DIFF_REPORTS[report].write(difference))


def rules(difference: Difference) -> set[str]:
    return {danger.rule for danger in difference.dangers}


def names(difference: Difference) -> list[str]:
    return [
        f"{delivery.name} {delivery.arrival.value}: {change.kind.value} {change.name}"
        for delivery in difference.deliveries
        for change in delivery.objects
    ]


@pytest.mark.parametrize("case", CASES)
def test_merge_request(case: str, merging: Path, golden: Callable[[str, str], None]) -> None:
    lay_over(merging, MERGES / case)
    difference = run_diff(merging)
    for report, suffix in (("text", "txt"), ("markdown", "md"), ("html", "html")):
        golden(f"diff/{case}.{suffix}", text(difference, report))
    schema = json.loads((ROOT / "tests/schemas/diff-report.json").read_text(encoding="utf-8"))
    Draft202012Validator(schema).validate(json.loads(DIFF_REPORTS["json"].write(difference)))


def test_nothing_changed(merging: Path) -> None:
    difference = run_diff(merging)
    assert (difference.deliveries, difference.dangers, difference.failures) == ((), (), ())


def test_a_change_that_no_render_shows(merging: Path) -> None:
    change(merging, "base/web/deployment.yaml", "kind: Deployment", "kind: Deployment # a workload")
    assert run_diff(merging).deliveries == ()


def test_the_testbed_gets_it_on_merge_and_production_with_a_release(merging: Path) -> None:
    change(merging, "base/web/deployment.yaml", "cpu: 10m", "cpu: 20m")
    assert names(run_diff(merging)) == [
        "production with the next release: changed Deployment apps/web",
        "testbed on merge: changed Deployment apps/web",
    ]
    assert names(run_diff(merging, environments=("testbed",))) == ["testbed on merge: changed Deployment apps/web"]


def test_what_main_got_meanwhile_is_not_of_this_change(merging: Path) -> None:
    git(merging, "checkout", "main")
    change(merging, "base/other/service.yaml", "port: 80", "port: 81")
    git(merging, "commit", "-am", "meanwhile")
    git(merging, "checkout", "topic")
    assert run_diff(merging, base="main").deliveries == ()


def test_commits_the_index_the_work_tree_and_new_files_count(merging: Path) -> None:
    change(merging, "base/web/deployment.yaml", "cpu: 10m", "cpu: 20m")
    git(merging, "commit", "-am", "one")
    change(merging, "base/web/service.yaml", "port: 80", "port: 80\n      appProtocol: http")
    git(merging, "add", ".")
    (merging / "base/other/more.yaml").write_text(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: more\n", encoding="utf-8"
    )
    change(merging, "base/other/kustomization.yaml", "service.yaml", "service.yaml\n  - more.yaml")
    found = names(run_diff(merging, environments=("testbed",)))
    assert [name.rpartition(": ")[2] for name in found] == [
        "added ConfigMap apps/more",
        "changed Deployment apps/web",
        "changed Service apps/web",
    ]
    assert [name.rpartition(": ")[2] for name in names(run_diff(merging, head="topic", environments=("testbed",)))] == [
        "changed Deployment apps/web"
    ]


def test_the_users_tree_and_index_stay_as_they_are(merging: Path) -> None:
    change(merging, "base/web/deployment.yaml", "cpu: 10m", "cpu: 20m")
    git(merging, "add", ".")
    change(merging, "base/web/deployment.yaml", "cpu: 20m", "cpu: 30m")

    def state() -> bytes:
        status = ["git", "status", "--porcelain=v2", "--branch", "--untracked-files=all"]
        return subprocess.run(status, cwd=merging, check=True, capture_output=True).stdout

    before = state()
    run_diff(merging, base="main", head="topic")
    run_diff(merging)
    assert state() == before
    assert subprocess.run(["git", "worktree", "list"], cwd=merging, check=True, capture_output=True).stdout.count(b"\n") == 1


def test_a_repository_inside_a_work_tree(tmp_path: Path, merging: Path) -> None:
    outer = tmp_path / "outer"
    outer.mkdir()
    (merging / ".git").rename(tmp_path / "set-aside")
    merging.rename(outer / "inner")
    git(outer, "init")
    git(outer, "add", ".")
    git(outer, "commit", "-m", "all is well")
    change(outer / "inner", "base/web/deployment.yaml", "cpu: 10m", "cpu: 20m")
    assert len(names(run_diff(outer / "inner"))) == 2


@pytest.mark.parametrize("broken_side", ["old", "new"])
def test_a_side_that_fails_to_render_is_no_deletion(broken_side: str, merging: Path) -> None:
    sound = (merging / "overlays/testbed/web/kustomization.yaml").read_text(encoding="utf-8")
    (merging / "overlays/testbed/web/kustomization.yaml").write_text(sound + "namePrefix: [1]\n", encoding="utf-8")
    if broken_side == "old":
        git(merging, "commit", "-am", "broken")
        git(merging, "branch", "-f", "main")
        (merging / "overlays/testbed/web/kustomization.yaml").write_text(sound, encoding="utf-8")
    difference = run_diff(merging)
    assert [failure.overlay.path for failure in difference.failures] == ["overlays/testbed/web"]
    assert names(difference) == []
    assert "not rendered\n  overlays/testbed/web" in text(difference)


def test_a_file_that_is_missing_or_defective_is_a_failure_too(merging: Path) -> None:
    (merging / "base/web/service.yaml").unlink()
    change(merging, "base/other/service.yaml", "kind: Service", "kind: [Service")
    difference = run_diff(merging, environments=("testbed",))
    assert [failure.message.partition(": ")[0] for failure in difference.failures] == [
        "base/other/service.yaml:3",
        "base/web/kustomization.yaml:6",
    ]
    assert names(difference) == []


def test_a_pin_that_moves_brings_what_lies_between_two_releases(merging: Path) -> None:
    git(merging, "checkout", "main")
    change(merging, "base/web/deployment.yaml", "cpu: 10m", "cpu: 20m")
    git(merging, "commit", "-am", "tried on the testbed")
    git(merging, "tag", "v1.1.0")
    git(merging, "checkout", "-B", "topic")
    pin(merging, "production", "v1.1.0")
    difference = run_diff(merging)
    assert names(difference) == ["production on merge: changed Deployment apps/web"]
    assert [side.partition(" ")[0] for side in difference.deliveries[0].revisions] == ["v1.0.0", "v1.1.0"]
    assert rules(difference) == set()


def test_a_release_that_this_very_change_is_cut_into(merging: Path) -> None:
    change(merging, "base/web/deployment.yaml", "cpu: 10m", "cpu: 20m")
    pin(merging, "production", "v1.1.0")
    difference = run_diff(merging)
    assert names(difference) == [
        "production on merge: changed Deployment apps/web",
        "testbed on merge: changed Deployment apps/web",
    ]
    (danger,) = difference.dangers
    assert (danger.rule, danger.file, danger.line) == ("DANGER011", "clusters/production/release.yaml", 8)


def test_a_pin_to_a_commit_beside_main(merging: Path) -> None:
    change(merging, "base/web/deployment.yaml", "cpu: 10m", "cpu: 20m")
    git(merging, "commit", "-am", "mine")
    git(merging, "tag", "v1.1.0")
    pin(merging, "production", "v1.1.0")
    assert rules(run_diff(merging)) == {"DANGER011"}


def test_a_pin_that_is_given_up_for_the_branch(merging: Path) -> None:
    pin(merging, "production", "main")
    (danger,) = run_diff(merging).dangers
    assert danger.message == "from now on every merge reaches production together with testbed (production follows main)"


def test_a_pin_from_a_tag_that_was_not_fetched(merging: Path) -> None:
    git(merging, "tag", "-d", "v1.0.0")
    pin(merging, "production", "v1.1.0")
    (failure,) = run_diff(merging).failures
    assert failure.message == "git knows no v1.0.0, from which the pin moves; fetch the tags"


WAIVER = """waivers:
  - rules: [DANGER009]
    environments: [testbed]
    objects: [Deployment/web]
    owner: platform
    reason: The web is off while its disk is copied.
    expires: 2026-12-01
"""


def test_a_waiver_lets_a_danger_pass(merging: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(merging, "base/web/deployment.yaml", "replicas: 1", "replicas: 0")
    difference = run_diff(merging)
    assert difference.endangered
    (merging / "policies").mkdir(exist_ok=True)
    (merging / "policies/waivers.yaml").write_text(WAIVER, encoding="utf-8")
    difference = run_diff(merging)
    assert not difference.endangered
    assert "waived until 2026-12-01 by platform: The web is off while its disk is copied." in text(difference)


@pytest.mark.parametrize(
    ("waiver", "rules"),
    [
        pytest.param(WAIVER.replace("2026-12-01", "2030-12-01"), "", id="longer than anybody may"),
        pytest.param(WAIVER.replace("Deployment/web", '"*"').replace("DANGER009", "DANGER"), "", id="for everything"),
        pytest.param(WAIVER, "longestLife: 1\n", id="longer than the target branch allows"),
        pytest.param(WAIVER, "notWaivable: [DANGER]\n", id="what the target branch lets nobody waive"),
    ],
)
def test_a_merge_request_can_not_wave_its_own_dangers_through(waiver: str, rules: str, merging: Path) -> None:
    git(merging, "checkout", "main")
    (merging / "policies").mkdir(exist_ok=True)
    (merging / "policies/waiver-rules.yaml").write_text(rules or "longestLife: 400\n", encoding="utf-8")
    git(merging, "add", ".")
    git(merging, "commit", "-m", "rules")
    git(merging, "checkout", "-B", "topic")
    change(merging, "base/web/deployment.yaml", "replicas: 1", "replicas: 0")
    (merging / "policies/waiver-rules.yaml").write_text("longestLife: 400\n", encoding="utf-8")
    (merging / "policies/waivers.yaml").write_text(waiver, encoding="utf-8")
    assert run_diff(merging).endangered


@pytest.mark.parametrize(
    ("main", "topic", "found"),
    [
        ("warning", "warning", {"warning"}),
        ("warning", "off", {"warning"}),
        ("off", "off", set()),
        ("error", "off", {"error"}),
    ],
)
def test_a_danger_weighs_what_both_sides_levels_say(main: str, topic: str, found: set[str], merging: Path) -> None:
    git(merging, "checkout", "main")
    (merging / "policies").mkdir(exist_ok=True)
    levels = merging / "policies/levels.yaml"
    levels.write_text(f"levels: {{testbed: {{DANGER009: {main}}}, production: {{DANGER009: {main}}}}}\n", encoding="utf-8")
    git(merging, "add", ".")
    git(merging, "commit", "-m", "levels")
    git(merging, "checkout", "-B", "topic")
    change(merging, "base/web/deployment.yaml", "replicas: 1", "replicas: 0")
    levels.write_text(f"levels: {{testbed: {{DANGER009: {topic}}}, production: {{DANGER009: {topic}}}}}\n", encoding="utf-8")
    git(merging, "add", ".")
    git(merging, "commit", "-m", "topic")
    for head in (None, "topic"):
        assert {danger.level.value for danger in run_diff(merging, head=head).dangers} == found


def test_lint_calls_no_waiver_of_a_danger_unused(merging: Path, run_lint: Callable[..., object]) -> None:
    (merging / "policies").mkdir(exist_ok=True)
    (merging / "policies/waivers.yaml").write_text(WAIVER, encoding="utf-8")
    assert "WAIVER003" not in {finding.rule for finding in run_lint(merging).findings}  # type: ignore[attr-defined]
    (merging / "policies/waivers.yaml").write_text(WAIVER.replace("[DANGER009]", "[DANGER009, META002]"), encoding="utf-8")
    assert "WAIVER003" in {finding.rule for finding in run_lint(merging).findings}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"base": "nope"}, "git knows no revision 'nope' here"),
        ({"base": "--all"}, "git knows no revision '--all' here"),
        ({"head": "nope"}, "git knows no revision 'nope' here"),
        ({"environments": ("testbet",)}, "unknown environment 'testbet'; did you mean 'testbed'?"),
    ],
)
def test_unknown_names(asked: dict[str, object], message: str, merging: Path) -> None:
    with pytest.raises(UserError) as error:
        run_diff(merging, **asked)
    assert message in str(error.value)


def test_a_base_without_overlays(merging: Path) -> None:
    git(merging, "checkout", "--orphan", "empty")
    git(merging, "rm", "-rfq", ".")
    (merging / "README").write_text("x", encoding="utf-8")
    git(merging, "add", "README")
    git(merging, "commit", "-m", "nothing yet")
    git(merging, "checkout", "topic")
    git(merging, "-c", "core.editor=true", "merge", "--allow-unrelated-histories", "-m", "both", "empty")
    with pytest.raises(UserError, match="has no folder 'overlays' to compare with"):
        run_diff(merging, base="empty")


def test_no_work_tree(platform: Path) -> None:
    with pytest.raises(UserError, match="is no git work tree; --base needs one"):
        run_diff(platform)


def _command(*arguments: str) -> int:
    return run_command(diff_command.command, list(arguments))


def test_the_exit_codes(merging: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("DARE_ROOT", str(merging))
    assert _command("--fail-on", "danger") == 0
    change(merging, "base/web/deployment.yaml", "replicas: 1", "replicas: 0")
    assert _command() == 0
    assert _command("--fail-on", "danger") == 1
    (merging / "base/web/service.yaml").unlink()
    assert _command() == 1
    assert _command("--base", "nope") == 2
    assert _command("--output", "text", "--output", "json") == 2


def test_every_report_from_one_run(merging: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARE_ROOT", str(merging))
    lay_over(merging, MERGES / "change")
    outputs = [f"--output={name}={tmp_path / name}" for name in DIFF_REPORTS]
    assert _command(*outputs) == 0
    report = json.loads((tmp_path / "json").read_text(encoding="utf-8"))
    assert {delivery["cluster"] for delivery in report["deliveries"]} == {"testbed", "production"}
    assert (tmp_path / "html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_no_report_has_a_secret_value(merging: Path) -> None:
    secret = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  x: HUSH{}\n"
    change(merging, "base/other/kustomization.yaml", "service.yaml", "service.yaml\n  - secret.yaml")
    (merging / "base/other/secret.yaml").write_text(secret.format(1), encoding="utf-8")
    git(merging, "add", ".")
    git(merging, "commit", "-m", "a secret")
    for base, shown in (("main", "added"), ("topic", "changed")):
        (merging / "base/other/secret.yaml").write_text(secret.format(2), encoding="utf-8")
        difference = run_diff(merging, base=base)
        assert f"testbed on merge: {shown} Secret apps/s" in names(difference)
        for report in DIFF_REPORTS.values():
            assert "HUSH" not in report.write(difference)
