"""Grafana's dashboards."""

import json
from pathlib import Path

import pytest

from tests.integration.conftest import ROOT

DASHBOARDS = sorted((ROOT / "base" / "grafana" / "files").glob("dashboard-*.json"))


@pytest.mark.parametrize("file", DASHBOARDS, ids=lambda file: file.stem)
def test_a_dashboard_is_whole(file: Path) -> None:
    dashboard = json.loads(file.read_text(encoding="utf-8"))
    assert dashboard["uid"]
    assert dashboard["title"]
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert panels
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])
    for panel in panels:
        assert panel["title"]
        assert panel.get("targets") or panel["type"] == "text", panel["title"]


def test_dashboards_have_names_of_their_own() -> None:
    uids = [json.loads(file.read_text(encoding="utf-8"))["uid"] for file in DASHBOARDS]
    assert len(set(uids)) == len(uids) >= 4
