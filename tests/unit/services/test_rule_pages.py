"""The pages of the rules: made from the rule and from the cases that its tests run."""

import re
from pathlib import Path

import pytest

from gitops.models.errors import UserError
from gitops.services.explain import explain
from gitops.services.rule_pages import rule_pages

ROOT = Path(__file__).resolve().parents[3]
POLICY = """apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: dare-sec002
  annotations:
    project-dare.eu/rule: SEC002
    project-dare.eu/title: Privileged container
    project-dare.eu/why: It is root on the node.
    project-dare.eu/fix: Leave privileged out.
    project-dare.eu/reference: https://kubernetes.io/docs/concepts/security/pod-security-standards/
"""
CASES = """- title: a privileged container
  object: {apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {privileged: true}}
  expect: {allowed: false, message: a is privileged}
- title: one that is not
  object: {apiVersion: v1, kind: Pod, metadata: {name: b}}
  expect: {allowed: true}
"""


@pytest.fixture(scope="module")
def pages() -> dict[str, str]:
    return rule_pages(ROOT)


@pytest.mark.parametrize("page", [path for path in rule_pages(ROOT) if not path.endswith("README.md")])
def test_every_page_has_an_example_of_each_sort(page: str, pages: dict[str, str]) -> None:
    headings = re.findall(r"^## (.*)$", pages[page], re.MULTILINE)
    wanted = ["What it finds", "Why", "Example that fails", "Example that passes", "How to correct it"]
    assert headings[:5] == wanted


def test_a_page_stays_small(pages: dict[str, str]) -> None:
    for path, page in pages.items():
        assert len(page.splitlines()) < 200 or path.endswith("README.md")
        assert page.count("```") % 2 == 0


def test_a_page_tells_whether_its_rule_can_be_waived(pages: dict[str, str]) -> None:
    assert "before anything is rendered | no |" in pages["docs/rules/TREE001.md"]
    assert "before anything is rendered | yes |" in pages["docs/rules/TREE004.md"]


def test_an_admission_policy_has_a_page_too(tmp_path: Path) -> None:
    for path, text in (("policies/admission/sec002-privileged.yaml", POLICY), ("tests/admission/cases/sec002.yaml", CASES)):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    page = rule_pages(tmp_path)["docs/rules/SEC002.md"]
    assert page.startswith("# SEC002: Privileged container\n")
    for said in ("a is privileged", "  privileged: true", "One that is not:", "## Source\nhttps://kubernetes.io/"):
        assert said in page


def test_a_rule_is_explained_by_its_page(pages: dict[str, str]) -> None:
    assert explain(ROOT, "net004") == pages["docs/rules/NET004.md"]


def test_an_unknown_rule_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(UserError, match=r"unknown rule 'NTE004'; did you mean 'NET004'.*\? The rules are API001, .*WAIVER008"):
        explain(ROOT, "NTE004")
