"""Pinned images against what was decided about them, on a day."""

from datetime import date
from typing import Any

import pytest

from gitops.checks.approval_evidence import ApprovalEvidence, PinnedImage
from gitops.models.approval import Approval, Approvals
from gitops.repository.approvals import path_of
from tests.unit.checks.evidence_by_hand import messages, problems
from tests.unit.checks.workloads_by_hand import workload
from tests.unit.repository.test_approvals import approval

TODAY = date(2026, 11, 24)
NAME = "registry.example.org/team/component-1:1.2.3"
DIGEST = approval(1).digest
IMAGE = f"{NAME}@{DIGEST}"


def evidence(*images: str, approvals: tuple[Approval, ...] = (approval(1),), today: date = TODAY) -> ApprovalEvidence:
    path = ("spec", "template", "spec", "containers", 0, "image")
    pinned = tuple(PinnedImage(workload({"image": image}), path, image) for image in images)
    listed = Approvals(approvals=approvals)
    return ApprovalEvidence("test", pinned, listed, lambda: {one.identity: 7 for one in approvals}, today)


def test_an_approved_image_passes_until_its_last_day() -> None:
    assert messages("IMG006", evidence(IMAGE)) == []
    assert messages("IMG006", evidence(IMAGE, today=date(2026, 12, 1))) == []
    (told,) = messages("IMG006", evidence(IMAGE, today=date(2026, 12, 2)))
    assert told == f"{IMAGE} is not approved: its approval lapsed after 2026-12-01"


def test_an_image_that_nobody_approved_is_told_where_it_stands() -> None:
    (problem,) = problems("IMG006", evidence(IMAGE, approvals=()))
    assert problem.message == f"{IMAGE} is not approved: policies/approvals/test.yaml has no verdict on its digest"
    assert (problem.image, problem.path[-1]) == (IMAGE, "image")


@pytest.mark.parametrize(
    "name",
    ["registry.example.org/team/component-1", f"{NAME}-slim", "registry.example.org/component-1:1.2.3", "component-1:1.2.3"],
)
def test_the_digest_under_another_name_or_tag_is_not_approved(name: str) -> None:
    (told,) = messages("IMG006", evidence(f"{name}@{DIGEST}"))
    assert told.endswith(f"its digest is known as {NAME}")


def test_a_name_is_completed_as_a_container_runtime_does() -> None:
    redis = approval(1, image="docker.io/library/redis", tag="7")
    names = ("redis:7", "docker.io/redis:7", "index.docker.io/library/redis:7")
    assert messages("IMG006", evidence(*(f"{name}@{DIGEST}" for name in names), approvals=(redis,))) == []


@pytest.mark.parametrize(
    ("refusals", "told"),
    [
        ((), "it was refused"),
        ((("IMG008", "much is wrong"),), "it was refused: much is wrong (IMG008)"),
        ((("IMG008", "much is wrong"), ("IMG013", "x"), ("IMG011", "x")), "it was refused: much is wrong (IMG008) and 2 more"),
    ],
)
def test_a_refused_image_says_why(refusals: tuple[tuple[str, str], ...], told: str) -> None:
    refused = approval(1, verdict="refused", refusals=[{"rule": rule, "message": text} for rule, text in refusals])
    assert messages("IMG006", evidence(IMAGE, approvals=(refused,))) == [f"{IMAGE} is not approved: {told}"]


def test_what_has_no_digest_or_is_no_image_is_another_rules_business() -> None:
    assert messages("IMG006", evidence("web:1.0", "web@sha256:short", approvals=())) == []


@pytest.mark.parametrize(("day", "told"), [(28, False), (29, True), (30, True)])
def test_an_approval_is_told_in_its_last_three_days(day: int, told: bool) -> None:
    found = problems("IMG020", evidence(IMAGE, today=date(2026, 11, day)))
    assert [problem.message for problem in found] == [f"the approval of {NAME} lapses after 2026-12-01"] * told
    assert [(problem.file, problem.line) for problem in found] == [(path_of("test"), 7)] * told


def test_what_has_lapsed_was_refused_or_does_not_run_does_not_lapse_soon() -> None:
    assert messages("IMG020", evidence(IMAGE, today=date(2026, 12, 2))) == []
    assert messages("IMG020", evidence(IMAGE, approvals=(approval(1, verdict="refused"),), today=date(2026, 12, 1))) == []
    assert messages("IMG020", evidence(today=date(2026, 12, 1))) == []


def test_approvals_that_lapse_together_are_told_once() -> None:
    many = tuple(approval(number) for number in range(5))
    more: dict[str, Any] = {"validUntil": date(2026, 11, 30)}
    images = [f"{one.name}@{one.digest}" for one in (*many, approval(9))] * 2
    told = messages("IMG020", evidence(*images, approvals=(*many, approval(9, **more)), today=date(2026, 11, 30)))
    name = "registry.example.org/team/component"
    assert told == [
        f"the approval of {name}-9:1.2.3 lapses after 2026-11-30",
        f"5 approvals of {name}-0:1.2.3, {name}-1:1.2.3, {name}-2:1.2.3 and 2 more lapse after 2026-12-01",
    ]
