"""--environment, --component and --changed-since: what is looked at, and what a change reaches."""

from pathlib import Path

import pytest

from gitops.models.errors import UserError
from gitops.models.finding import Result
from tests.integration.conftest import Lint, git


@pytest.fixture
def committed(platform: Path) -> Path:
    git(platform, "init")
    git(platform, "add", ".")
    git(platform, "commit", "-m", "all is well")
    return platform


def replace(repository: Path, path: str, old: str, new: str) -> None:
    file = repository / path
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


def checked(result: Result) -> tuple[int, tuple[str, ...]]:
    return result.overlays, result.environments


def test_one_environment(platform: Path, run_lint: Lint) -> None:
    replace(platform, "base/web/deployment.yaml", "image: web", "imagee: web")
    result = run_lint(platform, environments=("testbed",))
    assert checked(result) == (3, ("testbed",))
    assert [finding.environment for finding in result.findings] == ["testbed"]


def test_one_component(platform: Path, run_lint: Lint) -> None:
    replace(platform, "base/web/deployment.yaml", "image: web", "imagee: web")
    assert checked(run_lint(platform, components=("other",))) == (2, ("production", "testbed"))
    assert run_lint(platform, components=("other",)).findings == ()
    assert run_lint(platform, components=("web",)).errors == 2


def test_tree_findings_of_other_components_are_left_out(platform: Path, run_lint: Lint) -> None:
    (platform / "base/web/forgotten.yaml").write_text("kind: X\n", encoding="utf-8")
    (platform / "overlays/testbed/web/forgotten.yaml").write_text("kind: X\n", encoding="utf-8")
    assert run_lint(platform, components=("other",)).findings == ()
    assert [finding.file for finding in run_lint(platform, environments=("production",)).findings] == [
        "base/web/forgotten.yaml"
    ]


def test_a_clash_with_an_overlay_that_was_not_asked_for_is_found(platform: Path, run_lint: Lint) -> None:
    replace(platform, "base/other/service.yaml", "name: other", "name: web")
    result = run_lint(platform, components=("web",))
    assert {finding.rule for finding in result.findings} == {"REF004"}


@pytest.mark.parametrize(
    ("narrowed", "message"),
    [
        ({"environments": ("testbet",)}, "unknown environment 'testbet'; did you mean 'testbed'?"),
        ({"components": ("wbe",)}, "unknown component 'wbe'; did you mean 'web'?"),
        ({"components": ("zzz",)}, "unknown component 'zzz'; did you mean 'namespaces', 'other' or 'web'?"),
    ],
)
def test_unknown_names(narrowed: dict[str, tuple[str, ...]], message: str, platform: Path, run_lint: Lint) -> None:
    with pytest.raises(UserError) as error:
        run_lint(platform, **narrowed)
    assert str(error.value) == message


def test_nothing_changed(committed: Path, run_lint: Lint) -> None:
    assert checked(run_lint(committed, changed_since="HEAD")) == (0, ())


@pytest.mark.parametrize(
    ("path", "overlays"),
    [
        ("base/web/deployment.yaml", 2),
        ("base/web/files/web.conf", 2),
        ("overlays/production/web/ingress-patch.yaml", 1),
        ("overlays/testbed/web/kustomization.yaml", 1),
        ("overlays/testbed/environment/facts.yaml", 3),
        ("base/web/component.yaml", 2),
        ("clusters/testbed/cluster.yaml", 3),
        ("policies/waivers.yaml", 6),
        ("tools/anything.py", 6),
        ("docs/anything.md", 0),
    ],
)
def test_a_change_reaches_the_overlays_that_read_it(path: str, overlays: int, committed: Path, run_lint: Lint) -> None:
    file = committed / path
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as appended:
        appended.write("# changed\n" if path != "policies/waivers.yaml" else "waivers: []\n")
    assert run_lint(committed, changed_since="HEAD").overlays == overlays


def test_a_deleted_file_reaches_its_readers(committed: Path, run_lint: Lint) -> None:
    (committed / "base/web/service.yaml").unlink()
    result = run_lint(committed, changed_since="HEAD")
    assert result.overlays == 2
    assert [finding.rule for finding in result.findings] == ["TREE003"]


def test_changes_count_from_where_the_branch_left(committed: Path, run_lint: Lint) -> None:
    git(committed, "checkout", "-b", "topic")
    replace(committed, "base/web/deployment.yaml", "cpu: 10m", "cpu: 20m")
    git(committed, "commit", "-am", "more")
    git(committed, "checkout", "main")
    replace(committed, "base/other/service.yaml", "port: 80", "port: 81")
    git(committed, "commit", "-am", "meanwhile")
    git(committed, "checkout", "topic")
    assert run_lint(committed, changed_since="main").overlays == 2


def test_a_dead_file_in_a_change_is_found_though_it_reaches_nothing(committed: Path, run_lint: Lint) -> None:
    (committed / "base/web/forgotten.yaml").write_text("kind: X\n", encoding="utf-8")
    assert [finding.rule for finding in run_lint(committed, changed_since="HEAD").findings] == ["TREE004"]


def test_an_unknown_revision(committed: Path, run_lint: Lint) -> None:
    with pytest.raises(UserError, match="git knows no revision 'nope' here"):
        run_lint(committed, changed_since="nope")


def test_a_revision_that_looks_like_an_option(committed: Path, run_lint: Lint) -> None:
    with pytest.raises(UserError, match="git knows no revision '--all' here"):
        run_lint(committed, changed_since="--all")


def test_no_work_tree(platform: Path, run_lint: Lint) -> None:
    with pytest.raises(UserError, match="is no git work tree"):
        run_lint(platform, changed_since="HEAD")
