"""Integration tests run the real kustomize and kubeconform on small repositories."""

import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from gitops.adapters import toolchain, trivy_program
from gitops.models.difference import Difference
from gitops.models.finding import Finding, Result
from gitops.services.diff import DiffRequest, diff
from gitops.services.lint import LintRequest, lint
from gitops.services.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]
FIXTURES = ROOT / "tests" / "fixtures"
TODAY = date(2026, 11, 24)

Lint = Callable[..., Result]
Put = Callable[[str, str], Path]


class Silent:
    """Progress that nobody looks at."""

    def start(self, step: str, total: int) -> None: ...

    def advance(self) -> None: ...


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Puts a shell script on a PATH that has none of the user's own programs, beside an empty cache folder."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("DARE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def write(name: str, script: str) -> Path:
        program = folder / name
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
        return program

    return write


@pytest.fixture(scope="session")
def programs() -> dict[str, str]:
    """The pinned programs, by the variables that name them."""
    return {f"DARE_{name.upper()}": str(toolchain.find(ROOT, name).path) for name in ("kustomize", "kubeconform")}


@pytest.fixture(scope="session")
def pinned_trivy() -> trivy_program.TrivyProgram:
    """The Trivy that ``make setup-scan`` installs, or one of its release on PATH."""
    return trivy_program.find(ROOT)


@pytest.fixture
def real_trivy(pinned_trivy: trivy_program.TrivyProgram, monkeypatch: pytest.MonkeyPatch) -> None:
    """Has the tools find it although each test session has a cache folder of its own."""
    monkeypatch.setenv("DARE_TRIVY", str(pinned_trivy.path))


@pytest.fixture(scope="session")
def shared_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache folder for the whole session, so that schemas are made once."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _pinned_programs(programs: dict[str, str], shared_cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, path in programs.items():
        monkeypatch.setenv(name, path)
    monkeypatch.setenv("DARE_CACHE", str(shared_cache))


@pytest.fixture
def platform(tmp_path: Path) -> Path:
    """A copy of the sound fixture repository, to break."""
    return shutil.copytree(FIXTURES / "platform", tmp_path / "repository", symlinks=True)


@pytest.fixture
def merging(platform: Path) -> Path:
    """A repository with two clusters, whose main is released as v1.0.0, with the branch ``topic`` checked out."""
    lay_over(platform, FIXTURES / "merges" / "before")
    git(platform, "init")
    git(platform, "add", ".")
    git(platform, "commit", "-m", "all is well")
    git(platform, "tag", "v1.0.0")
    git(platform, "checkout", "-b", "topic")
    return platform


@pytest.fixture
def run_lint() -> Lint:
    """Runs the service on a repository; keyword arguments are those of ``LintRequest``, and ``use_cache``."""

    def run(root: Path, *, use_cache: bool = False, today: date = TODAY, **narrowed: object) -> Result:
        request = LintRequest(today, 2, **narrowed)  # type: ignore[arg-type]
        return lint(Workspace(root, use_cache=use_cache), request, Silent())

    return run


def run_diff(root: Path, *, use_cache: bool = True, **asked: object) -> Difference:
    """Runs the service on a repository; keyword arguments are those of ``DiffRequest``."""
    return diff(Workspace(root, use_cache=use_cache), DiffRequest(TODAY, 2, **asked), Silent())  # type: ignore[arg-type]


def git(repository: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *arguments], cwd=repository, check=True, capture_output=True)


def lay_over(repository: Path, defect: Path) -> None:
    """Lays a defect's files over a repository and takes away what its file REMOVE lists."""
    for source in sorted(defect.rglob("*")):
        target = repository / source.relative_to(defect)
        if source.is_dir() and not source.is_symlink():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.unlink(missing_ok=True)  # a link must replace the file, not write through it
            # Not its time: with the size and the time of the file that it replaces, git takes it for that one.
            shutil.copy(source, target, follow_symlinks=False)
    listed = repository / "REMOVE"
    if listed.exists():
        for line in listed.read_text(encoding="utf-8").split():
            target = repository / line
            shutil.rmtree(target) if target.is_dir() else target.unlink()
        listed.unlink()


def told(finding: Finding) -> str:
    """A finding in one line."""
    where = f"{finding.environment or '-'}/{finding.component or '-'}"
    what = f" {finding.object} {finding.path}".rstrip() if finding.object else ""
    return f"{finding.file}:{finding.line} {finding.rule} {finding.level} [{where}]{what}: {finding.message} => {finding.fix}"


@pytest.fixture
def fake_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Puts a shell script in the place of a program."""

    def put(variable: str, script: str) -> None:
        program = tmp_path / f"fake-{variable.lower()}"
        program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setenv(variable, str(program))

    return put
