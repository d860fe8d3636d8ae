"""Remarks become findings at the line to edit; waivers silence, and unused ones are told."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gitops.models.errors import UserError
from gitops.models.finding import Result
from gitops.models.resource import Origin, Resource
from gitops.models.waiver import Waiver, Waivers
from gitops.repository.provenance import Provenance
from tests.e2e.dry_run import verdict
from tests.e2e.dry_run.trial import Ground, Outcome, Remark
from tests.unit.repository.trees import SOUND, WEB, read_tree

TODAY = date(2026, 11, 1)
SERVICE = Resource(
    WEB, {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}, Origin("base/web/service.yaml", None)
)
REMARK = Remark(Ground.WARNED, "old", SERVICE, ("metadata", "name"))
WAIVER = Waiver(rules=("SERVER002",), objects=("Service/web",), owner="platform", reason="known", expires=date(2026, 12, 1))


def judged(folder: Path, remarks: list[Remark], *waivers: Waiver, whole: bool = True) -> Result:
    outcome = Outcome("test", installed=1, tried=2, remarks=remarks)
    provenance = Provenance(read_tree(folder, SOUND))
    return verdict.judge([], [outcome], provenance, Waivers(waivers=waivers), TODAY, whole=whole)


def test_a_remark_is_a_finding_at_the_line_that_sets_the_field(tmp_path: Path) -> None:
    result = judged(tmp_path, [REMARK])
    (finding,) = result.findings
    assert (finding.file, finding.line, finding.rule, finding.path) == (
        "base/web/service.yaml",
        4,
        "SERVER002",
        "/metadata/name",
    )
    assert (finding.environment, finding.component, str(finding.object)) == ("test", "web", "Service web")
    assert (result.errors, result.objects) == (1, 3)


def test_a_remark_about_no_object_is_one_about_the_environment(tmp_path: Path) -> None:
    (finding,) = judged(tmp_path, [Remark(Ground.KUBECTL, "what?")]).findings
    assert (finding.file, finding.object) == ("overlays/test", None)


def test_a_waiver_silences_what_it_names(tmp_path: Path) -> None:
    result = judged(tmp_path, [REMARK], WAIVER)
    assert (result.errors, result.waived) == (0, 1)


@pytest.mark.parametrize("other", [{"rules": ("SERVER001",)}, {"objects": ("Service/other",)}, {"expires": date(2026, 10, 1)}])
def test_another_waiver_does_not(tmp_path: Path, other: dict[str, object]) -> None:
    assert judged(tmp_path, [REMARK], WAIVER.model_copy(update=other), whole=False).errors == 1


def test_a_waiver_that_silences_nothing_is_told_when_all_environments_were_tried(tmp_path: Path) -> None:
    (finding,) = judged(tmp_path, [], WAIVER).findings
    assert (finding.rule, finding.file) == ("SERVER006", "tests/e2e/dry_run/waivers.yaml")
    assert judged(tmp_path, [], WAIVER, whole=False).findings == ()


def test_every_ground_has_a_rule_of_its_own(tmp_path: Path) -> None:
    rules = {rule.id for rule in judged(tmp_path, []).rules}
    assert rules == {*Ground, "SERVER006"}


def test_the_waivers_of_this_repository_can_be_read() -> None:
    assert isinstance(verdict.read_waivers(), Waivers)


def test_waivers_in_another_form_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text("waivers: [{rules: [SERVER001]}]\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"waivers\.yaml"):
        verdict.read_waivers(file)


def test_the_table_says_what_was_given_and_what_was_not_in_force() -> None:
    one = Outcome("production", 1, 20, 3, ["Namespace argocd"], ["ValidatingWebhookConfiguration x"], [], 1.25)
    two = replace(one, environment="testbed", not_in_force=[])
    assert verdict.table([one, two]).splitlines() == [
        "environment  installed  tried  pods  remarks  seconds",
        "production           1     20     3        0      1.2",
        "testbed              1     20     3        0      1.2",
        "of Argo CD, which an operator installs, the test gives: Namespace argocd (production, testbed)",
        "tried, but not in force meanwhile: ValidatingWebhookConfiguration x (production)",
    ]


def test_the_reports_hold_the_trials_and_the_findings(tmp_path: Path) -> None:
    result = judged(tmp_path, [REMARK])
    verdict.write(result, [Outcome("test", 1, 2)], "1.36.3", tmp_path / "build")
    report = json.loads((tmp_path / "build" / "dry-run.json").read_text(encoding="utf-8"))
    assert report["kubernetes"] == "1.36.3"
    assert report["trials"][0]["tried"] == 2
    assert report["findings"][0]["rule"] == "SERVER002"
    assert '<testsuites name="dare-dry-run" tests="' in (tmp_path / "build" / "dry-run.xml").read_text(encoding="utf-8")
