"""What is silenced, by whom and until when."""

import json
from dataclasses import replace

import pytest
from tests.conftest import Golden

from gitops.models.finding import Result, WaiverNote, WaiverUse
from gitops.reports.waivers import write

NOTE = WaiverNote("platform", "The old dashboard reads it.", "2027-01-31", "dare-platform#7")


@pytest.fixture
def waivers(result: Result) -> Result:
    silenced = tuple(finding for finding in result.findings if finding.rule == "SCHEMA001")
    uses = (
        WaiverUse(("SCHEMA001",), (), ("Deployment/dare-login",), (), NOTE, 9, "holds", 12, silenced),
        WaiverUse(("IMG",), ("testbed",), (), ("quay.io/*",), replace(NOTE, expires="2026-12-01"), 2, "lapsed", -3, ()),
        WaiverUse(("*",), (), ("*",), (), replace(NOTE, expires="2027-02-28", ticket=""), 16, "too broad", 40, ()),
    )
    return replace(result, waivers=uses)


def test_text(waivers: Result, golden: Golden) -> None:
    golden("waivers.txt", write(waivers, "text"))


def test_json(waivers: Result, golden: Golden) -> None:
    golden("waivers.json", write(waivers, "json"))
    assert [waiver["state"] for waiver in json.loads(write(waivers, "json"))["waivers"]] == ["lapsed", "holds", "too broad"]


def test_no_waivers(clean: Result) -> None:
    assert write(clean, "text") == "0 waivers: 0 findings silenced\n"
