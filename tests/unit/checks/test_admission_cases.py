"""The evaluator's own cases and those of our policies, offline; the same files run against a real API server end to end."""

from functools import cache

import pytest
import yaml

from gitops.checks.admission.compiled import compile_policy
from gitops.models.admission import Policy, PolicySpec
from gitops.repository.admission import policy_of
from tests.admission.cases import FOLDER, Case, load, offline
from tests.conftest import ROOT

CASES = [case for file in sorted((FOLDER / "evaluator").glob("*.yaml")) for case in load(file)]
OURS = [(file.stem, case) for file in sorted((FOLDER / "cases").glob("*.yaml")) for case in load(file)]


@cache
def policy_for(rule: str) -> Policy:
    (file,) = (ROOT / "policies" / "admission").glob(f"{rule}-*.yaml")
    return policy_of(yaml.safe_load(file.read_text(encoding="utf-8")))


def assert_as_expected(case: Case, policy: Policy) -> None:
    assert compile_policy(policy).defects == ()
    verdicts = offline(case, policy)
    messages = [message for verdict in verdicts for message in verdict.messages]
    assert [trouble for verdict in verdicts for trouble in verdict.unknown] == []
    assert (not messages, case.message in messages or not case.message) == (case.allowed, True), messages


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.name}: {case.title}")
def test_case(case: Case) -> None:
    assert_as_expected(case, Policy(name="policy", spec=PolicySpec.model_validate(case.body["policy"])))


@pytest.mark.parametrize(
    ("rule", "case"),
    [pytest.param(rule, case, id=f"{case.name}: {case.title}") for rule, case in OURS],
)
def test_case_of_ours(rule: str, case: Case) -> None:
    assert_as_expected(case, policy_for(rule))


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 40
