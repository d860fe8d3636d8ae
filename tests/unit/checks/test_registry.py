"""What every check has in common."""

import re
from pathlib import Path

import pytest

from gitops.checks.unit import Check, Scope, all_checks, check

# Every check has its catches and near misses in this folder, by its id.
_TESTS = "".join(path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("test_*.py"))


@pytest.mark.parametrize("unit", all_checks(), ids=lambda unit: unit.id)
def test_every_check_says_what_why_and_how_to_put_it_right(unit: Check) -> None:
    assert re.fullmatch(r"[A-Z]+\d{3}", unit.id)
    assert unit.function.__doc__
    assert not unit.title.endswith(".")
    assert all(text.endswith(".") for text in (unit.why, unit.fix, unit.function.__doc__.strip()))
    assert unit.reference == "" or unit.reference.startswith("https://")
    assert unit.info.id == unit.id


@pytest.mark.parametrize("unit", all_checks(), ids=lambda unit: unit.id)
def test_every_check_has_a_test(unit: Check) -> None:
    assert f'"{unit.id}"' in _TESTS


def test_checks_come_sorted_by_their_ids() -> None:
    ids = [unit.id for unit in all_checks()]
    assert ids == sorted(set(ids))


def test_an_id_can_not_be_taken_twice() -> None:
    with pytest.raises(ValueError, match="two checks have the id TREE001"):
        check("TREE001", "Another", Scope.TREE, why="x", fix="y")(lambda tree: iter(()))
