"""SARIF: what its schema does not say."""

import json
from typing import Any
from urllib.parse import unquote, urlsplit

from gitops.models.finding import Result
from gitops.reports.sarif import write


def run_of(result: Result) -> Any:
    return json.loads(write(result))["runs"][0]


def test_a_rule_index_points_at_the_rule(result: Result) -> None:
    run = run_of(result)
    rules = run["tool"]["driver"]["rules"]
    indexed = [entry for entry in run["results"] if "ruleIndex" in entry]
    assert {entry["ruleId"] for entry in run["results"]} - {entry["ruleId"] for entry in indexed} == {"TREE999"}
    assert all(rules[entry["ruleIndex"]]["id"] == entry["ruleId"] for entry in indexed)


def test_uris_are_relative_references_to_the_file(result: Result) -> None:
    for finding, entry in zip(result.findings, run_of(result)["results"], strict=True):
        place = entry["locations"][0]["physicalLocation"]["artifactLocation"]
        assert urlsplit(place["uri"])[:2] == ("", "")
        assert unquote(place["uri"]) == finding.file
        assert place["uriBaseId"] == "%SRCROOT%"
    assert '"overlays/testbed/100%25%20new/cluster%20role.yaml"' in write(result)


def test_logical_locations_name_the_object(result: Result) -> None:
    places = [entry["locations"][0].get("logicalLocations") for entry in run_of(result)["results"]]
    assert places[1] == [
        {"name": "dare-login", "fullyQualifiedName": "testbed/dare-login/Deployment/dare/dare-login", "kind": "resource"}
    ]
    assert places[4][0]["fullyQualifiedName"] == "testbed/100% new/ClusterRole/Größe"
    assert places[5] is None
    assert places[6] == [{"name": "dare-login", "fullyQualifiedName": "production/dare-login", "kind": "module"}]


def test_suppressions_are_given_for_all_results(result: Result) -> None:
    suppressions = [entry["suppressions"] for entry in run_of(result)["results"]]
    assert [len(entries) for entries in suppressions] == [0, 0, 0, 1, 0, 0, 0]
    assert suppressions[3][0]["kind"] == "external"
    for part in ("Zoë", "2027-01-31", "gateway"):
        assert part in suppressions[3][0]["justification"]


def test_braces_are_doubled_in_messages(result: Result) -> None:
    assert "{{0}}" in run_of(result)["results"][4]["message"]["text"]
