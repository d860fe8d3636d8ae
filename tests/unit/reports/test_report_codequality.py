"""GitLab's Code Quality report: what its schema does not say."""

import json

import pytest

from gitops.models.finding import Result
from gitops.reports.codequality import write


@pytest.mark.parametrize("run", ["result", "twins"])
def test_no_two_entries_have_one_fingerprint(run: str, request: pytest.FixtureRequest) -> None:
    marks = [entry["fingerprint"] for entry in json.loads(write(request.getfixturevalue(run)))]
    assert marks
    assert len(set(marks)) == len(marks)


def test_waived_findings_are_left_out(result: Result) -> None:
    entries = json.loads(write(result))
    assert len(entries) == len(result.findings) - result.waived
    assert "IMAGE002" not in {entry["check_name"] for entry in entries}


def test_an_error_is_major_and_a_warning_minor(result: Result) -> None:
    severities = {entry["check_name"]: entry["severity"] for entry in json.loads(write(result))}
    assert severities == {"SCHEMA001": "major", "NAME001": "minor", "TREE001": "major", "TREE999": "major"}


def test_there_is_no_byte_order_mark_and_no_entry_when_clean(clean: Result) -> None:
    assert write(clean) == "[]\n"
