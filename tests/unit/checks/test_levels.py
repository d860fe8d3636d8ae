"""LEVEL: what is said of rules and environments, and what must hold whatever is said."""

from pathlib import Path

import pytest

from tests.unit.checks.evidence_by_hand import messages, problems
from tests.unit.repository.trees import sound_tree

POLICY = """apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: dare-sec002
  annotations: {project-dare.eu/rule: SEC002, project-dare.eu/title: T, project-dare.eu/why: W., project-dare.eu/fix: F.}
"""


def _tree(root: Path, levels: str, rules: str = ""):
    return sound_tree(
        root,
        {
            "policies/levels.yaml": f"levels:\n{levels}",
            "policies/waiver-rules.yaml": rules or None,
            "policies/admission/sec002-x.yaml": POLICY,
        },
    )


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        ("  test: {IMG: warning, IMG002: error, SEC002: off, SEC: warning}\n", []),
        ("  test: {IGM: warning}\n", ["test: there is no family of rules 'IGM'"]),
        ("  test: {IMG999: warning}\n", ["test: there is no rule 'IMG999'"]),
        ("  tset: {IMG: warning}\n", ["there is no environment 'tset'"]),
    ],
)
def test_a_level_of_nothing_is_caught(tmp_path: Path, levels: str, said: list[str]) -> None:
    assert messages("LEVEL001", _tree(tmp_path, levels)) == said


def test_it_is_told_at_its_line_with_the_nearest_name(tmp_path: Path) -> None:
    (problem,) = problems("LEVEL001", _tree(tmp_path, "  test:\n    NET001: off\n    NTE001: off\n"))
    assert (problem.file, problem.line, problem.fix) == ("policies/levels.yaml", 4, "Did you mean 'NET001'?")


def test_what_nobody_may_waive_is_there(tmp_path: Path) -> None:
    tree = _tree(tmp_path, "  test: {}\n", "notWaivable:\n  - SEC002\n  - SEC003\n")
    (problem,) = problems("LEVEL001", tree)
    assert (problem.file, problem.line, problem.message) == ("policies/waiver-rules.yaml", 3, "there is no rule 'SEC003'")


@pytest.mark.parametrize(
    ("levels", "caught"),
    [
        ("TREE001: off", 1),
        ("TREE001: error", 0),
        ("WAIVER002: off", 1),
        ("WAIVER002: warning", 0),
        ("WAIVER: warning", 1),
        ("TREE: off", 0),
        ("TREE004: off", 0),
    ],
)
def test_what_can_not_be_waived_can_not_be_lowered(tmp_path: Path, levels: str, caught: int) -> None:
    assert len(problems("LEVEL002", _tree(tmp_path, f"  test: {{{levels}}}\n"))) == caught
