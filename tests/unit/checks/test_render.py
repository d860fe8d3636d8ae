"""RENDER: every overlay renders, and everything in it does something."""

import pytest

from gitops.checks.evidence import OverrideUse, RenderFailure
from gitops.models.resource import Overlay
from tests.unit.checks.evidence_by_hand import DB, NAMESPACES, environment, messages, problems
from tests.unit.repository.trees import WEB, made

SERVICE = made("Service", "web")
FILE = "overlays/test/web/kustomization.yaml"
FAILURE = RenderFailure(DB, "missing kind in object", "base/db/x.yaml", 7)


def test_an_overlay_that_does_not_render_is_caught_at_the_line() -> None:
    (problem,) = problems("RENDER001", environment(SERVICE, failures=[FAILURE]))
    assert (problem.message, problem.overlay) == ("missing kind in object", DB)
    assert (problem.file, problem.line) == ("base/db/x.yaml", 7)


def test_an_overlay_that_renders_or_was_not_tried_passes() -> None:
    assert problems("RENDER001", environment(SERVICE, empty=[DB], blocked=[NAMESPACES])) == []


def test_an_overlay_without_an_object_is_caught() -> None:
    (problem,) = problems("RENDER002", environment(SERVICE, empty=[DB]))
    assert problem.message == "overlays/test/db renders no object"
    assert (problem.file, problem.overlay) == ("overlays/test/db/kustomization.yaml", DB)


def test_an_overlay_with_an_object_or_without_a_render_passes() -> None:
    assert problems("RENDER002", environment(SERVICE, failures=[FAILURE], blocked=[NAMESPACES])) == []


def _use(overlay: Overlay, *, used: bool, line: int = 4) -> tuple[Overlay, OverrideUse]:
    return overlay, OverrideUse(FILE, line, "the pin of image 'web'", used)


def test_a_change_that_finds_nothing_is_caught_at_its_line() -> None:
    (problem,) = problems("RENDER003", environment(SERVICE, uses=[_use(WEB, used=False)]))
    assert problem.message == "the pin of image 'web' matches nothing"
    assert (problem.file, problem.line, problem.overlay) == (FILE, 4, WEB)


def test_a_change_that_two_overlays_share_and_neither_needs_is_caught_once_and_belongs_to_neither() -> None:
    (problem,) = problems("RENDER003", environment(SERVICE, uses=[_use(WEB, used=False), _use(DB, used=False)]))
    assert (problem.overlay, problem.environment) == (None, "test")


def test_a_change_that_one_overlay_needs_passes() -> None:
    assert problems("RENDER003", environment(SERVICE, uses=[_use(WEB, used=False), _use(DB, used=True)])) == []


def test_two_changes_are_told_apart_by_their_lines() -> None:
    uses = [_use(WEB, used=True), _use(WEB, used=False, line=9)]
    assert [problem.line for problem in problems("RENDER003", environment(SERVICE, uses=uses))] == [9]


@pytest.mark.parametrize(("overlays", "caught"), [([WEB], 1), ([WEB, DB], 0)], ids=["an overlay's own", "shared"])
def test_a_shared_change_is_not_judged_while_an_overlay_is_missing(overlays: list[Overlay], caught: int) -> None:
    uses = [_use(overlay, used=False) for overlay in overlays]
    assert len(messages("RENDER003", environment(SERVICE, uses=uses, blocked=[NAMESPACES]))) == caught
