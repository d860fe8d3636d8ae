"""Decisions of the gate as they are written down, and what that changes."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops.models.approval import Decisive, Refusal, Verdict, WaiverFacts
from gitops.models.errors import UserError
from gitops.models.image import ImageReference
from gitops.models.image_decision import ApprovalRun, ImageDecision
from gitops.models.vulnerability import Scanner, ScanReport, Severity, Vulnerability
from gitops.reports.approvals import Doing, approvals_json, approvals_text
from gitops.repository.approvals import path_of, read
from gitops.repository.tree import Tree
from gitops.services.approving import LONGEST, approve, write
from tests.conftest import Golden
from tests.unit.repository.trees import SOUND, read_tree

TODAY = date(2026, 11, 24)
FILE = path_of("test")
PARAMETERS = "overlays/test/admission-policies/configmap-approvals.yaml"
TRIVY = Scanner("Trivy", "0.76.0", 2, datetime(2026, 11, 23, tzinfo=UTC))
FILES = {
    **SOUND,
    "base/admission-policies/kustomization.yaml": "resources: []\n",
    "overlays/test/admission-policies/kustomization.yaml": "resources: [../../../base/admission-policies]\n",
}


def digest(number: int) -> str:
    return f"sha256:{number:064x}"


def report(platform: str = "linux/amd64", day: int = 24, *vulnerabilities: Vulnerability) -> ScanReport:
    scanned = datetime(2026, 11, day, 4, tzinfo=UTC)
    return ScanReport(digest(len(platform)), platform, scanned, TRIVY, "0" * 64, vulnerabilities=vulnerabilities)


def decision(number: int = 1, **more: Any) -> ImageDecision:
    image = ImageReference.parse(f"quay.io/dare/image-{number}:1.0@{digest(number)}")
    told = {"image": image, "verdict": Verdict.APPROVED, "platforms": {"linux/amd64": digest(99)}, "reports": (report(),)}
    return ImageDecision(**{**told, **more})


def refused(number: int = 1, **more: Any) -> ImageDecision:
    return decision(number, verdict=Verdict.REFUSED, refusals=(Refusal(rule="IMG008", message="much is wrong"),), **more)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return read_tree(tmp_path, FILES)


def after(tree: Tree, *decisions: ImageDecision, today: date = TODAY) -> ApprovalRun:
    """Approves and writes; returns what it was."""
    result = approve(tree, "test", decisions, today)
    write(tree.root, result)
    return result


def kept(tree: Tree) -> dict[str, Any]:
    found = read((tree.root / FILE).read_bytes())
    assert found is not None
    return {one.name: one for one in found.approvals}


def test_what_is_written_is_read_again_and_a_second_run_writes_nothing(tree: Tree) -> None:
    first = after(tree, decision(2), refused(1))
    assert set(first.differing) == {FILE, PARAMETERS}
    assert not first.clean
    assert list(kept(tree)) == ["quay.io/dare/image-1:1.0", "quay.io/dare/image-2:1.0"]
    again = approve(tree, "test", [refused(1), decision(2)], TODAY)
    assert again.differing == again.new == again.renewed == again.withdrawn == again.dropped == ()


def test_the_clusters_parameters_are_written_with_the_approvals_and_hold_no_refused_one(tree: Tree) -> None:
    after(tree, decision(2), refused(1))
    told = yaml.safe_load((tree.root / PARAMETERS).read_text(encoding="utf-8"))
    assert told["data"] == {digest(2).replace(":", "-"): "2026-12-24 quay.io/dare/image-2:1.0\n"}


def test_an_environment_without_admission_policies_gets_no_parameters(tmp_path: Path) -> None:
    tree = read_tree(tmp_path, SOUND)
    assert approve(tree, "test", [decision()], TODAY).differing == (FILE,)


def test_a_check_sees_whatever_a_person_changed(tree: Tree) -> None:
    after(tree, refused())
    file = tree.root / FILE
    file.write_text(file.read_text(encoding="utf-8").replace('"verdict": "refused"', '"verdict": "approved"'), encoding="utf-8")
    assert approve(tree, "test", [refused()], TODAY).differing == (FILE,)
    file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")
    assert FILE in approve(tree, "test", [decision()], TODAY).differing


def test_nothing_is_written_by_deciding(tree: Tree) -> None:
    approve(tree, "test", [decision()], TODAY)
    assert not (tree.root / FILE).exists()


@pytest.mark.parametrize(
    ("valid_until", "day", "until"),
    [
        (date(2026, 11, 26), 24, date(2026, 11, 26)),
        (None, 20, date(2026, 11, 20) + LONGEST),
        (date(2030, 1, 1), 20, date(2026, 11, 20) + LONGEST),
    ],
    ids=["what lapses first", "no limit of the policy", "a limit far away"],
)
def test_an_approval_ends(tree: Tree, valid_until: date | None, day: int, until: date) -> None:
    after(tree, decision(valid_until=valid_until, reports=(report(day=day), report("linux/arm64", 24))))
    (found,) = kept(tree).values()
    assert found.valid_until == until


def test_what_was_approved_and_is_refused_is_withdrawn_and_what_nobody_names_is_dropped(tree: Tree) -> None:
    after(tree, decision(1), decision(2), decision(3))
    result = after(tree, refused(1), decision(2, valid_until=date(2026, 12, 1)), decision(4))
    assert [one.name[-5] for part in (result.withdrawn, result.renewed, result.new, result.dropped) for one in part] == [
        *"1243"
    ]
    assert "quay.io/dare/image-3:1.0" not in kept(tree)


def test_an_image_without_a_digest_gets_no_verdict_and_is_told(tree: Tree) -> None:
    tagged = ImageReference.parse("quay.io/dare/image-1:1.0")
    other = ImageReference.parse(f"quay.io/dare/image-1:1.0@sha512:{'0' * 128}")
    result = after(tree, decision(image=tagged), decision(image=other), decision(2))
    assert result.unpinned == (str(tagged), str(other))
    assert list(kept(tree)) == ["quay.io/dare/image-2:1.0"]
    assert result.clean


def test_an_image_that_nobody_could_scan_is_written_down_as_refused(tree: Tree) -> None:
    after(tree, refused(platforms={}, reports=()))
    (found,) = kept(tree).values()
    assert (found.verdict, found.scanned, found.scanner, found.platforms) == (Verdict.REFUSED, None, None, {})


def test_what_is_approved_on_an_old_ground_is_lapsed_and_not_clean(tree: Tree) -> None:
    result = after(tree, decision(valid_until=date(2026, 11, 23)))
    assert [one.name for one in result.lapsed] == ["quay.io/dare/image-1:1.0"]
    assert not result.clean


def test_of_two_decisions_on_one_image_the_refusal_counts(tree: Tree) -> None:
    for order in ((decision(), refused()), (refused(), decision())):
        assert [one.verdict for one in approve(tree, "test", order, TODAY).refused] == [Verdict.REFUSED]
        assert approve(tree, "test", order, TODAY).approved == ()


def test_the_ground_of_a_verdict_is_written_down(tree: Tree) -> None:
    wrong = Vulnerability("CVE-2026-1", "openssl", "3.0.1", Severity.HIGH, fixed="3.0.2")
    unfixed = Vulnerability("CVE-2026-2", "openssl", "3.0.1", Severity.HIGH)
    mild = Vulnerability("CVE-2026-3", "zlib", "1", Severity.LOW)
    decisive = tuple(
        Decisive(id=one, package="openssl", installed="3.0.1", severity=Severity.HIGH, firstSeen=date(2026, 11, 1))
        for one in ("CVE-2026-2", "CVE-2026-1")
    )
    waiver = WaiverFacts(rules=("CVE-2026-1",), owner="platform", expires=date(2026, 12, 1))
    reports = (report("linux/arm64", 23, wrong, mild), report("linux/amd64", 24, wrong, unfixed))
    after(tree, decision(reports=reports, decisive=decisive, waivers=(waiver,), key="f" * 64))
    (found,) = kept(tree).values()
    assert found.scanned == datetime(2026, 11, 23, 4, tzinfo=UTC)
    assert (found.scanner.version, found.scanner.database_made) == (TRIVY.version, TRIVY.database_made)
    assert {severity: (one.found, one.fixable) for severity, one in found.vulnerabilities.items()} == {
        Severity.HIGH: (2, 1),
        Severity.LOW: (1, 0),
    }
    assert [(one.id, one.first_seen) for one in found.decisive] == [
        ("CVE-2026-1", date(2026, 11, 1)),
        ("CVE-2026-2", date(2026, 11, 1)),
    ]
    assert (found.waivers, found.key) == ((waiver,), "f" * 64)


def test_a_defective_file_is_not_replaced_in_silence(tree: Tree) -> None:
    (tree.root / "policies/approvals").mkdir(parents=True)
    (tree.root / FILE).write_text("<<<<<<< HEAD\n", encoding="utf-8")
    with pytest.raises(UserError, match=r"policies/approvals/test.yaml is defective"):
        approve(tree, "test", [decision()], TODAY)
    with pytest.raises(UserError, match="there is no environment 'prod'; there are test"):
        approve(tree, "prod", [decision()], TODAY)


def test_what_people_and_programs_are_told(tree: Tree, golden: Golden) -> None:
    after(tree, decision(1), decision(2), decision(3))
    unpinned = replace(decision(6), image=ImageReference.parse("quay.io/dare/image-6:1.0"))
    decisions = [
        refused(1),
        decision(2, valid_until=date(2026, 12, 1)),
        decision(4),
        decision(5, valid_until=date(2026, 11, 20)),
        refused(7),
        unpinned,
    ]
    result = approve(tree, "test", decisions, TODAY)
    golden("approvals.txt", approvals_text(result, Doing.SHOW))
    golden("approvals.json", approvals_json(result, Doing.SHOW))
    write(tree.root, result)
    assert approvals_text(approve(tree, "test", decisions, TODAY), Doing.CHECK).endswith(
        "nothing differs from what is written\n"
    )
