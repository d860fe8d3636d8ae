"""The evaluator's own cases, offline; the same files run against a real API server in the end-to-end tests."""

import pytest

from gitops.checks.admission.compiled import compile_policy
from gitops.models.admission import Policy, PolicySpec
from tests.admission.cases import FOLDER, Case, load, offline

CASES = [case for file in sorted((FOLDER / "evaluator").glob("*.yaml")) for case in load(file)]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}: {case.title}")
def test_case(case: Case) -> None:
    policy = Policy(name="policy", spec=PolicySpec.model_validate(case.body["policy"]))
    assert compile_policy(policy).defects == ()
    verdicts = offline(case, policy)
    messages = [message for verdict in verdicts for message in verdict.messages]
    assert [trouble for verdict in verdicts for trouble in verdict.unknown] == []
    assert (not messages, messages[0] if messages else "") == (case.allowed, case.message)


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 40
