"""JUnit XML: what its schema does not say."""

from dataclasses import replace
from xml.etree import ElementTree as ET

from gitops.models.finding import Result
from gitops.reports.junit import write


def test_a_clean_run_has_one_passing_case_in_each_suite(clean: Result) -> None:
    root = ET.fromstring(write(clean))
    assert [suite.get("name") for suite in root] == ["testbed", "production", "tree"]
    assert [[case.attrib for case in suite] for suite in root] == [
        [{"classname": name, "name": "clean"}] for name in ("testbed", "production", "tree")
    ]
    assert root.get("tests") == "3"


def test_errors_fail_waived_ones_are_skipped_and_warnings_pass(result: Result) -> None:
    root = ET.fromstring(write(result))
    outcomes = [(case.get("name", "").split()[0], [child.tag for child in case]) for case in root.iter("testcase")]
    assert outcomes == [
        ("SCHEMA001", ["failure"]),
        ("SCHEMA001", ["failure"]),
        ("IMAGE002", ["skipped"]),
        ("NAME001", ["system-out"]),
        ("SCHEMA001", ["failure"]),
        ("TREE999", ["failure"]),
        ("TREE001", ["failure"]),
    ]
    assert root.get("failures") == str(result.errors)


def test_a_suite_with_warnings_only_is_clean(result: Result) -> None:
    root = ET.fromstring(write(replace(result, findings=(result.findings[4],))))
    assert [case.get("name") for case in root[0]][1:] == ["clean"]


def test_a_finding_of_an_environment_that_the_run_does_not_name_is_not_lost(result: Result) -> None:
    root = ET.fromstring(write(replace(result, environments=())))
    assert root.get("failures") == str(result.errors)


def test_no_two_cases_have_one_name(twins: Result) -> None:
    names = [(case.get("classname"), case.get("name")) for case in ET.fromstring(write(twins)).iter("testcase")]
    assert len(set(names)) == len(names)
