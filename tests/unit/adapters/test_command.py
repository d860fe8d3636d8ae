"""The time limit of a call."""

import pytest

from gitops.adapters.command import DEFAULT_TIME_LIMIT, CommandFailed, time_limit


@pytest.mark.parametrize(("text", "seconds"), [("5", 5.0), ("0.5", 0.5), (" 7 ", 7.0), ("1e2", 100.0)])
def test_the_limit_is_what_the_variable_says(monkeypatch: pytest.MonkeyPatch, text: str, seconds: float) -> None:
    monkeypatch.setenv("DARE_TIME_LIMIT", text)
    assert time_limit() == seconds


@pytest.mark.parametrize("text", ["", "0", "-5", "ten", "5s", "nan", "-inf", "inf", "1e300"])
def test_a_limit_that_is_no_positive_number_is_the_usual_one(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("DARE_TIME_LIMIT", text)
    assert time_limit() == DEFAULT_TIME_LIMIT


def test_without_the_variable_the_limit_is_the_usual_one() -> None:
    assert time_limit() == DEFAULT_TIME_LIMIT


def test_a_failure_names_its_program() -> None:
    failure = CommandFailed("kustomize", "no such folder", 1)
    assert (str(failure), failure.returncode) == ("kustomize: no such folder", 1)
