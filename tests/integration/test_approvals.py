"""Approvals in a whole run of lint: the day and the file count, and nothing else grows cold because of them."""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gitops.adapters.cache import Pack
from tests.integration.conftest import FIXTURES, Lint, lay_over

REFUSES_ALL = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: dare-img006
  annotations: {project-dare.eu/rule: IMG006}
spec:
  matchConstraints:
    resourceRules: [{apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}]
  validations: [{expression: "false", message: "images that are not approved: web"}]
"""
LAST = date(2027, 6, 30)


def rules(result: Any) -> list[str]:
    return [finding.rule for finding in result.findings]


def test_the_day_decides_and_the_rest_stays_known(platform: Path, run_lint: Lint, monkeypatch: pytest.MonkeyPatch) -> None:
    assert rules(run_lint(platform, use_cache=True)) == []
    learned: list[str] = []
    monkeypatch.setattr(Pack, "put", lambda _self, name, _value: learned.append(name))
    assert rules(run_lint(platform, use_cache=True, today=LAST)) == ["IMG020", "IMG020"]
    assert rules(run_lint(platform, use_cache=True, today=date(2027, 7, 1))) == ["IMG006", "IMG006"]
    assert learned == []


def test_the_approvals_count_as_they_are_now(platform: Path, run_lint: Lint) -> None:
    assert rules(run_lint(platform, use_cache=True)) == []
    lay_over(platform, FIXTURES / "defects" / "image-that-was-refused")
    assert rules(run_lint(platform, use_cache=True)) == ["IMG006"]
    shutil.rmtree(platform / "policies" / "approvals")
    assert rules(run_lint(platform, use_cache=True)) == ["IMG006", "IMG006"]


def test_what_a_check_has_told_the_policy_of_the_same_rule_does_not_tell_again(platform: Path, run_lint: Lint) -> None:
    """A cluster that refuses what is approved has other parameters than Git: that is told."""
    lay_over(platform, FIXTURES / "defects" / "image-that-was-refused")
    file = platform / "policies" / "admission" / "img006-approval.yaml"
    file.parent.mkdir()
    file.write_text(REFUSES_ALL, encoding="utf-8")
    told = [finding for finding in run_lint(platform).findings if finding.rule == "IMG006"]
    assert sorted((finding.environment, finding.message.partition(":")[0].partition("@")[0]) for finding in told) == [
        ("production", "registry.example.org/web"),
        ("testbed", "images that are not approved"),
    ]
