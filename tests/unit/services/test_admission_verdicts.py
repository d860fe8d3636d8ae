"""Verdicts of admission policies are kept as long as nothing that they depend on changes, and no longer."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gitops.adapters.cache import Cache, Pack
from gitops.models.admission import Policy, PolicySpec
from gitops.models.resource import Origin, Overlay, Resource
from gitops.repository.admission import PolicySet
from gitops.repository.rendering import RenderedEnvironment, RenderedOverlay
from gitops.services.admission_verdicts import AdmissionJudge
from tests.unit.checks.evidence_by_hand import environment
from tests.unit.repository.trees import read_tree

RULES = [{"apiGroups": ["*"], "apiVersions": ["*"], "operations": ["CREATE"], "resources": ["configmaps"]}]
POLICY = Policy(
    name="colours",
    spec=PolicySpec.model_validate(
        {
            "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
            "matchConstraints": {"resourceRules": RULES},
            "validations": [{"expression": "object.data.colour != params.data.forbidden", "message": "forbidden"}],
        }
    ),
)
WEB, POLICIES, OTHER = (Overlay("test", name, f"overlays/test/{name}") for name in ("web", "policies", "other"))


def resource(overlay: Overlay, kind: str, name: str, **more: Any) -> Resource:
    api_version = more.pop("apiVersion", "v1")
    body = {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **more.pop("metadata", {})}, **more}
    return Resource(overlay, body, Origin("base/x.yaml"))


def rendered(forbidden: str = "red", namespace: str = "colours", other: str = "a", labels: str = "x") -> RenderedEnvironment:
    """A red ConfigMap in one overlay, binding and parameters in another, a third that has nothing to do with them."""
    binding = resource(
        POLICIES,
        "ValidatingAdmissionPolicyBinding",
        "colours",
        apiVersion="admissionregistration.k8s.io/v1",
        spec={
            "policyName": "colours",
            "validationActions": ["Deny"],
            "paramRef": {"name": "colours", "namespace": namespace, "parameterNotFoundAction": "Allow"},
        },
    )
    objects = (
        resource(WEB, "ConfigMap", "web", metadata={"namespace": "web"}, data={"colour": "red"}),
        resource(WEB, "Namespace", "web", metadata={"labels": {"team": labels}}),
        binding,
        resource(
            POLICIES, "ConfigMap", "colours", metadata={"namespace": "colours"}, data={"forbidden": forbidden, "colour": ""}
        ),
        resource(OTHER, "Secret", "other", metadata={"namespace": "web"}, stringData={"a": other}),
    )
    evidence = environment(*objects).rendered
    keyed = tuple(
        RenderedOverlay(one.overlay, f"{one.overlay.path} {one.resources!r}", one.resources) for one in evidence.overlays
    )
    return RenderedEnvironment(evidence.environment, keyed, (), ())


class Counting(Pack):
    """A pack that tells what was not known."""

    def __init__(self, folder: Path) -> None:
        super().__init__(Cache(folder), "admission", "tools")
        self.learned: list[str] = []

    def put(self, name: str, value: Any) -> None:
        self.learned.append(name)
        super().put(name, value)


@pytest.fixture
def pack(tmp_path: Path) -> Counting:
    return Counting(tmp_path / "cache")


def refused(
    pack: Pack,
    environment: RenderedEnvironment,
    folder: Path,
    jobs: int = 1,
    *,
    policy: Policy = POLICY,
    today: date = date(2026, 11, 24),
) -> list[str]:
    judge = AdmissionJudge(read_tree(folder, {}), pack, today, PolicySet((policy,)), jobs)
    return [str(problem.resource.identity) for _, problem in judge.judge([environment])[1] if problem.resource]


def test_what_is_known_is_not_asked_again(pack: Counting, tmp_path: Path) -> None:
    first = refused(pack, rendered(), tmp_path)
    assert first == ["ConfigMap web/web"]
    pack.learned.clear()
    assert refused(pack, rendered(), tmp_path) == first
    assert pack.learned == []


def test_other_parameters_are_another_question(pack: Counting, tmp_path: Path) -> None:
    refused(pack, rendered(), tmp_path)
    assert refused(pack, rendered(forbidden="blue"), tmp_path) == []


def test_another_binding_is_another_question(pack: Counting, tmp_path: Path) -> None:
    refused(pack, rendered(), tmp_path)
    assert refused(pack, rendered(namespace="elsewhere"), tmp_path) == []


def test_an_overlay_that_is_looked_up_by_nobody_asks_its_own_question_only(pack: Counting, tmp_path: Path) -> None:
    refused(pack, rendered(), tmp_path)
    pack.learned.clear()
    refused(pack, rendered(other="b"), tmp_path)
    assert len(pack.learned) == 1


def test_a_namespace_matters_to_every_overlay(pack: Counting, tmp_path: Path) -> None:
    refused(pack, rendered(), tmp_path)
    pack.learned.clear()
    refused(pack, rendered(labels="y"), tmp_path)
    assert len(pack.learned) == 3


def test_the_day_is_another_question_for_a_policy_that_asks_for_it_alone(pack: Counting, tmp_path: Path) -> None:
    until = Policy(
        name="until",
        spec=PolicySpec.model_validate(
            {
                "matchConstraints": {"resourceRules": RULES},
                "validations": [{"expression": "object.metadata.creationTimestamp < '2026-11-25'", "message": "too late"}],
            }
        ),
    )
    assert refused(pack, rendered(), tmp_path, policy=until) == []
    assert refused(pack, rendered(), tmp_path, policy=until, today=date(2026, 11, 25)) == [
        "ConfigMap web/web",
        "ConfigMap colours/colours",
    ]
    refused(pack, rendered(), tmp_path)
    pack.learned.clear()
    refused(pack, rendered(), tmp_path, today=date(2026, 11, 25))
    assert pack.learned == []
