"""How long and how broad a waiver may be, by one file and by two."""

from datetime import date

import pytest
from pydantic import ValidationError

from gitops.models.waiver import Waiver
from gitops.models.waiver_rules import WaiverRules

TODAY = date(2027, 1, 15)


def _waiver(rules: list[str], objects: list[str], expires: str = "2027-02-15") -> Waiver:
    return Waiver.model_validate({"rules": rules, "objects": objects, "owner": "o", "reason": "r", "expires": expires})


@pytest.mark.parametrize(
    ("rules", "objects", "allowed"),
    [
        (["NET001", "NET002"], ["Service/web"], True),
        (["NET"], ["Service/web"], False),
        (["NET001"], ["Service/*"], False),
        (["*"], ["Service/web"], False),
        (["CVE-2026-1234"], ["Service/web"], True),
    ],
)
def test_a_repository_may_want_names_and_single_rules(rules: list[str], objects: list[str], allowed: bool) -> None:
    strict = WaiverRules.model_validate({"broadest": {"rules": "rule", "objects": "name"}})
    assert (strict.too_broad(_waiver(rules, objects)) == "") is allowed


def test_two_files_hold_together() -> None:
    one = WaiverRules.model_validate(
        {"longestLife": 90, "broadest": {"rules": "all", "objects": "name"}, "notWaivable": ["SEC"]}
    )
    other = WaiverRules.model_validate({"broadest": {"rules": "rule", "objects": "glob"}, "notWaivable": ["IMG002"]})
    for both in (one.with_those_of(other), other.with_those_of(one)):
        assert both.too_long(_waiver(["NET001"], ["Service/web"], "2027-04-16"), TODAY)
        assert not both.too_long(_waiver(["NET001"], ["Service/web"], "2027-04-15"), TODAY)
        assert both.too_broad(_waiver(["NET"], ["Service/web"]))
        assert both.too_broad(_waiver(["NET001"], ["Service/*"]))
        assert [rule for rule in ("SEC001", "IMG002", "IMG001") if both.forbid(rule)] == ["SEC001", "IMG002"]


def test_no_file_allows_more_than_400_days() -> None:
    with pytest.raises(ValidationError):
        WaiverRules.model_validate({"longestLife": 401})
