"""DANGER001 and DANGER004 against changes that a real API server was asked about (``tests/e2e/test_updates.py``)."""

import pytest

from gitops.models.resource import Origin, Resource
from gitops.repository.updates import FIXED
from tests.unit.checks.dangers_by_hand import evidence
from tests.unit.checks.evidence_by_hand import problems
from tests.unit.repository.trees import WEB
from tests.updates.cases import DEFAULT_CLASS, Update, Verdict, updates


def found(update: Update) -> list[str]:
    """The fields that the checks name."""
    old, new = (Resource(WEB, body, Origin()) for body in (update.old, update.new))
    seen = evidence([old], [new], default_class=DEFAULT_CLASS)
    return [".".join(map(str, problem.path)) for rule in ("DANGER001", "DANGER004") for problem in problems(rule, seen)]


@pytest.mark.parametrize("update", updates(Verdict.REFUSED, Verdict.KEPT), ids=lambda update: update.id)
def test_what_can_not_be_so_is_told_once(update: Update) -> None:
    assert found(update) == [update.field]


@pytest.mark.parametrize("update", updates(Verdict.TAKEN), ids=lambda update: update.id)
def test_what_the_api_server_takes_passes(update: Update) -> None:
    assert found(update) == []


def test_every_field_that_can_not_be_changed_was_tried() -> None:
    refused = updates(Verdict.REFUSED)
    tried = {(update.old["apiVersion"].rpartition("/")[0], update.old["kind"], update.field) for update in refused}
    assert {(*kind, ".".join(fixed.path)) for kind, fields in FIXED.items() for fixed in fields} <= tried
