"""WAIVER: the waivers themselves."""

from datetime import date
from pathlib import Path

import pytest

from gitops.checks.evidence import WaiverEvidence
from tests.unit.checks.evidence_by_hand import messages, problems
from tests.unit.repository.trees import sound_tree

TODAY = date(2027, 1, 15)


def _evidence(root: Path, *days: str, used: tuple[int, ...] = (), whole: bool = True) -> WaiverEvidence:
    waivers = [f"  - {{rules: [META001], objects: [Service/web], owner: ops, reason: r, expires: {day}}}\n" for day in days]
    tree = sound_tree(root, {"policies/waivers.yaml": "waivers:\n" + "".join(waivers)})
    return WaiverEvidence(tree, frozenset(used), TODAY, whole)


@pytest.mark.parametrize(("day", "caught"), [("2027-01-14", 1), ("2027-01-15", 0)], ids=["yesterday", "today"])
def test_a_waiver_is_lapsed_the_day_after_its_last(tmp_path: Path, day: str, caught: int) -> None:
    assert len(problems("WAIVER001", _evidence(tmp_path, day))) == caught


@pytest.mark.parametrize(
    ("day", "caught"),
    [("2027-01-14", 0), ("2027-01-15", 1), ("2027-01-29", 1), ("2027-01-30", 0)],
    ids=["lapsed", "today", "in 14 days", "in 15 days"],
)
def test_a_waiver_is_told_of_in_its_last_fortnight(tmp_path: Path, day: str, caught: int) -> None:
    assert len(problems("WAIVER002", _evidence(tmp_path, day))) == caught


@pytest.mark.parametrize(
    ("day", "used", "whole", "caught"),
    [
        ("2027-03-01", (), True, 1),
        ("2027-03-01", (0,), True, 0),
        ("2027-03-01", (), False, 0),
        ("2027-01-14", (), True, 0),
    ],
    ids=["needed by nothing", "needed", "not everything was looked at", "lapsed anyway"],
)
def test_a_waiver_that_silences_nothing_is_caught(
    tmp_path: Path, day: str, used: tuple[int, ...], whole: bool, caught: int
) -> None:
    assert len(problems("WAIVER003", _evidence(tmp_path, day, used=used, whole=whole))) == caught


@pytest.mark.parametrize(("day", "caught"), [("2028-02-19", 0), ("2028-02-20", 1)], ids=["400 days", "401 days"])
def test_a_waiver_lives_400_days_at_most(tmp_path: Path, day: str, caught: int) -> None:
    assert len(problems("WAIVER004", _evidence(tmp_path, day))) == caught


def test_a_waiver_is_named_with_its_line(tmp_path: Path) -> None:
    evidence = _evidence(tmp_path, "2027-03-01", "2027-01-01")
    (problem,) = problems("WAIVER001", evidence)
    assert (problem.file, problem.line) == ("policies/waivers.yaml", 3)
    assert messages("WAIVER001", evidence) == ["waiver of META001 for Service/web: lapsed on 2027-01-01, owner ops"]
