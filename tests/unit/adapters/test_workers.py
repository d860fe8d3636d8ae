"""Work in several processes gives what the same work in one gives."""

import os

import pytest

from gitops.adapters.workers import spread


@pytest.mark.parametrize("jobs", [1, 2, 3, 50])
def test_answers_come_in_the_order_of_the_items(jobs: int) -> None:
    assert spread(lambda number: number * number, range(20), jobs) == [number * number for number in range(20)]


def test_a_copy_sees_what_is_here_and_changes_nothing_of_it() -> None:
    seen = {"a": 1}

    def change(name: str) -> int:
        seen[name] += 1
        return seen[name]

    assert set(spread(change, ["a"] * 4, 2)) <= {2, 3, 4, 5}
    assert seen == {"a": 1}


def test_the_work_is_done_elsewhere() -> None:
    assert os.getpid() not in spread(lambda _: os.getpid(), range(4), 2)
    assert spread(lambda _: os.getpid(), range(4), 1) == [os.getpid()] * 4


def test_an_exception_comes_back_as_itself() -> None:
    def fail(number: int) -> int:
        raise LookupError(f"no {number}")

    with pytest.raises(LookupError, match=r"no \d"):
        spread(fail, range(2), 2)


def test_no_item_needs_no_process() -> None:
    assert spread(str, [], 8) == []
