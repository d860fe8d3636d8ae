"""Commands in tools/ have names of Python's own modules (secrets): nobody may get theirs instead."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.conftest import ROOT

# The name of every command, of which those that the standard library has are the trap.
NAMES = sorted({path.stem for path in (ROOT / "tools").glob("*.py")} & sys.stdlib_module_names | {"secrets", "site"})
ASK = f"""\
import sys
for name in {NAMES}:
    file = __import__(name).__file__
    if "/tools/" in file:
        raise SystemExit(f"{{name}} is {{file}}")
print("own modules")
"""
VENV = ROOT / ".venv" / "bin" / "python"


@pytest.fixture
def shadowed(tmp_path: Path) -> Path:
    """A copy of the tools with a command of each name that breaks whoever imports it; with the .venv, laid out as here."""
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    for name in NAMES:
        (tmp_path / "tools" / f"{name}.py").write_text("raise SystemExit('not for import')\n", encoding="utf-8")
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    return tmp_path


def ask(folder: Path, *command: str | Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


def test_here() -> None:
    for name in NAMES:
        assert "/tools/" not in str(__import__(name).__file__)


@pytest.mark.parametrize("python", [sys.executable, "/usr/bin/env python3"], ids=["the interpreter of the tests", "any"])
def test_a_command_that_is_run_as_a_script(python: str, shadowed: Path) -> None:
    text = (ROOT / "tools" / "lint.py").read_text(encoding="utf-8")
    script = shadowed / "tools" / "asking.py"
    script.write_text(text.replace("from gitops.launch import launch", ASK).replace('launch("lint")', ""), encoding="utf-8")
    assert ask(shadowed, *python.split(), script) == "own modules\n"


@pytest.mark.parametrize("name", sorted(path.stem for path in (ROOT / "tools").glob("*.py")))
def test_every_command_puts_its_folder_behind_everything_first(name: str) -> None:
    lines = (ROOT / "tools" / f"{name}.py").read_text(encoding="utf-8").splitlines()
    code = [line for line in lines[2:] if line]
    assert code[0] == "import sys"
    assert code[1].startswith("sys.path.append(sys.path.pop(0))  #")


def test_a_module_of_ours_that_is_run_by_its_name(shadowed: Path) -> None:
    (shadowed / "tools" / "gitops" / "asking.py").write_text(ASK, encoding="utf-8")
    assert ask(shadowed, shadowed / ".venv/bin/python", "-m", "gitops.asking") == "own modules\n"


def test_a_script_of_the_benchmark(shadowed: Path) -> None:
    script = shadowed / "bench.py"
    script.write_text(f"{ASK}import gitops.launch\nprint(gitops.launch.TOOLS)\n", encoding="utf-8")
    assert ask(shadowed, shadowed / ".venv/bin/python", script) == f"own modules\n{shadowed}/tools\n"


def test_no_file_puts_tools_first_again() -> None:
    for name in ("Makefile", "pyproject.toml", ".gitlab-ci.yml", "tests/bench/measure.py"):
        text = (ROOT / name).read_text(encoding="utf-8")
        for setting in ("PYTHONPATH", "MYPYPATH", "mypy_path", "pythonpath"):
            assert setting not in text, (name, setting)
