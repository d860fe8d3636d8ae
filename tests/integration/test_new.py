"""tools/new.py: what it writes is sound, and it never writes half of it."""

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from gitops.cli.new import group
from gitops.models.errors import UserError
from gitops.repository import documents
from tests.integration.conftest import ROOT, Lint

CALL = ["component", "hello", "--image", "quay.io/dare/hello:1.0", "--description", "Says: hello, 'you' # all"]


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of this repository's own components."""
    for folder in ("base", "overlays", "clusters", "policies"):
        shutil.copytree(ROOT / folder, tmp_path / "own" / folder)
    monkeypatch.setenv("DARE_ROOT", str(tmp_path / "own"))
    return tmp_path / "own"


def call(*arguments: str, expect: type[Exception] | None = None) -> str:
    result = CliRunner().invoke(group, [*CALL, *arguments], standalone_mode=False)
    assert isinstance(result.exception, expect) if expect else result.exception is None, result.exception
    return str(result.exception) if expect else result.output


def test_a_new_component_passes_every_check(repository: Path, run_lint: Lint) -> None:
    before = run_lint(repository)
    told = call("--port", "9000").split()
    assert [path for path in told if not (repository / path).is_file()] == []
    after = run_lint(repository)
    assert [finding for finding in after.findings if finding.fails and finding not in before.findings] == []
    assert after.overlays == before.overlays + 2


def test_one_machine_gets_it_when_asked(repository: Path, run_lint: Lint) -> None:
    call()
    assert not (repository / "overlays/local/hello").exists()
    shutil.rmtree(repository / "base/hello")
    for environment in ("testbed", "production"):
        shutil.rmtree(repository / "overlays" / environment / "hello")
    call("--environment", "local", "--environment", "testbed")
    assert [finding for finding in run_lint(repository).findings if finding.fails] == []


def test_its_texts_survive_yaml(repository: Path) -> None:
    call("--title", "yes")
    component = documents.values((repository / "base/hello/component.yaml").read_text(encoding="utf-8"))[0]
    assert (component["title"], component["description"]) == ("yes", "Says: hello, 'you' # all")


def test_a_digest_is_pinned_beside_the_tag(repository: Path) -> None:
    call("--image", f"quay.io/dare/hello:1.0@sha256:{'a' * 64}", "--environment", "testbed")
    overlay = documents.values((repository / "overlays/testbed/hello/kustomization.yaml").read_text(encoding="utf-8"))[0]
    pin = {"name": "hello", "newName": "quay.io/dare/hello", "newTag": "1.0", "digest": f"sha256:{'a' * 64}"}
    assert overlay["images"] == [pin]
    assert not (repository / "overlays/production/hello").exists()


def test_a_dry_run_writes_nothing(repository: Path) -> None:
    assert "base/hello/deployment.yaml" in call("--dry-run")
    assert not (repository / "base/hello").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--image", "quay.io/dare/hello"], "has no tag"),
        (["--image", "Quay.io//x:1"], "is no repository path"),
        (["--environment", "testbet"], "unknown environment 'testbet'; did you mean 'testbed'?"),
        (["--namespace", "My Own"], "the namespace 'My Own' is no name of a-z, 0-9 and '-'"),
    ],
)
def test_a_mistake_is_told_and_nothing_is_written(arguments: list[str], said: str, repository: Path) -> None:
    assert said in call(*arguments, expect=UserError)
    assert not (repository / "base/hello").exists()


def test_a_component_that_exists_is_left_alone(repository: Path) -> None:
    call()
    (repository / "base/hello/component.yaml").write_text("mine", encoding="utf-8")
    assert "exists already" in call(expect=UserError)
    assert (repository / "base/hello/component.yaml").read_text(encoding="utf-8") == "mine"


def test_a_file_in_the_way_leaves_nothing_half_written(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "overlays/testbed/hello").write_text("in the way", encoding="utf-8")
    monkeypatch.setattr("pathlib.Path.exists", lambda path: (path.is_file() and path.name != "hello") or path.is_dir())
    assert "can't be written" in call(expect=UserError)
    assert not (repository / "base/hello").is_dir()
    assert not (repository / "overlays/production/hello").is_dir()
