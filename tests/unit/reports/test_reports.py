"""What holds for every report."""

import ast
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import xmlschema

from gitops.models.finding import Result
from gitops.reports import formats
from gitops.reports.formats import REPORTS
from gitops.reports.identity import fingerprint, unique_fingerprints

SCHEMAS = Path(__file__).parents[2] / "schemas"
SUFFIXES = {"text": "txt", "json": "json", "sarif": "sarif", "junit": "xml", "codequality": "codequality.json"}
JSON_SCHEMAS = {"json": "lint-report", "sarif": "sarif-schema-2.1.0", "codequality": "gitlab-code-quality"}
RUNS = ("result", "clean", "empty", "twins")


@pytest.fixture(params=RUNS)
def any_run(request: pytest.FixtureRequest) -> Result:
    run: Result = request.getfixturevalue(request.param)
    return run


@pytest.mark.parametrize("name", REPORTS)
@pytest.mark.parametrize("run", ["result", "clean"])
def test_a_report_is_as_it_was(name: str, run: str, request: pytest.FixtureRequest, golden: Callable[[str, str], None]) -> None:
    golden(f"{run}.{SUFFIXES[name]}", REPORTS[name].write(request.getfixturevalue(run)))


@pytest.mark.parametrize("name", JSON_SCHEMAS)
def test_a_json_report_fits_its_schema(name: str, any_run: Result) -> None:
    schema = json.loads((SCHEMAS / f"{JSON_SCHEMAS[name]}.json").read_text(encoding="utf-8"))
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    validator(schema).validate(json.loads(REPORTS[name].write(any_run)))


def test_a_junit_report_fits_its_schema(any_run: Result) -> None:
    xmlschema.XMLSchema10(str(SCHEMAS / "junit-10.xsd")).validate(ET.fromstring(REPORTS["junit"].write(any_run)))


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_is_utf8_ends_with_a_newline_and_has_no_other_at_its_end(name: str, any_run: Result) -> None:
    text = REPORTS[name].write(any_run)
    assert text.encode("utf-8").endswith(b"\n")
    assert not text.endswith("\n\n")


@pytest.mark.parametrize("name", REPORTS)
def test_two_runs_over_one_tree_give_one_report(name: str, result: Result) -> None:
    again = replace(result, findings=tuple(replace(finding) for finding in result.findings))
    assert REPORTS[name].write(result) == REPORTS[name].write(again)


def test_findings_keep_their_order(result: Result) -> None:
    expected = [(finding.rule, finding.line) for finding in result.findings]
    plain = json.loads(REPORTS["json"].write(result))["findings"]
    assert [(entry["rule"], entry["line"]) for entry in plain] == expected
    (run,) = json.loads(REPORTS["sarif"].write(result))["runs"]
    regions = [(entry["ruleId"], entry["locations"][0]["physicalLocation"]["region"]) for entry in run["results"]]
    assert [(rule, region["startLine"]) for rule, region in regions] == expected
    files = list(dict.fromkeys(finding.file for finding in result.findings))
    assert [line for line in REPORTS["text"].write(result).splitlines() if line in files] == files


def test_every_report_has_a_name_and_one_line_of_description() -> None:
    assert list(REPORTS) == ["text", "json", "sarif", "junit", "codequality"]
    assert all(report.name == name and report.description.count("\n") == 0 for name, report in REPORTS.items())


def test_naming_the_reports_loads_none_of_them() -> None:
    tree = ast.parse(Path(formats.__file__).read_text(encoding="utf-8"))
    modules = {node.module for node in tree.body if isinstance(node, ast.ImportFrom)}
    assert modules <= {"collections.abc", "importlib", "typing"}
    assert not any(isinstance(node, ast.Import) for node in tree.body)


def test_a_fingerprint_stays_when_only_the_line_moves(result: Result) -> None:
    for finding in result.findings:
        assert fingerprint(finding) == fingerprint(replace(finding, line=finding.line + 40))


@pytest.mark.parametrize(
    "change", [{"rule": "X001"}, {"environment": "other"}, {"object": None}, {"path": "/x"}, {"message": "x"}, {"file": "x"}]
)
def test_a_fingerprint_changes_with_all_that_names_a_finding(result: Result, change: dict[str, object]) -> None:
    finding = result.findings[0]
    assert fingerprint(finding) != fingerprint(replace(finding, **change))  # type: ignore[arg-type]


def test_twins_get_fingerprints_of_their_own_and_keep_them(twins: Result) -> None:
    marks = [mark for _, mark in unique_fingerprints(twins.findings)]
    assert len(set(marks)) == len(marks)
    moved = [replace(finding, line=finding.line + 3) for finding in twins.findings]
    assert marks == [mark for _, mark in unique_fingerprints(moved)]
