"""Invariants of the admission policies: each test's name is the rule."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops.checks.admission.placing import place
from gitops.models.admission import Policy
from gitops.models.finding import Level
from gitops.models.paths import JsonPath, format_pointer
from gitops.models.resource import Origin, Overlay, Resource
from gitops.repository.admission import policy_of
from gitops.services.bindings import admission_files
from gitops.services.workspace import Workspace
from tests.admission.cases import Case, load, offline
from tests.conftest import Golden
from tests.repository.conftest import ROOT

POLICIES = ROOT / "policies" / "admission"
CASES = ROOT / "tests" / "admission" / "cases"
# kustomization.yaml in the policies' folder says why.
EXEMPT = {"argocd", "kube-node-lease", "kube-public", "kube-system", "rook-ceph"}
LEVEL = "pod-security.kubernetes.io/enforce"
TOLD = ("title", "why", "fix", "reference", "path")
FILES = sorted(path for path in POLICIES.glob("*.yaml") if path.name != "kustomization.yaml")
_LITERAL = re.compile(r"'([^']*)'")

every_policy = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def read(file: Path) -> Any:
    return yaml.safe_load(file.read_text(encoding="utf-8"))


def rule_of(file: Path) -> str:
    return file.name.split("-")[0]


def test_the_kustomization_lists_every_policy() -> None:
    assert read(POLICIES / "kustomization.yaml")["resources"] == [file.name for file in FILES]


def test_a_rule_has_one_policy_and_a_file_of_cases() -> None:
    rules = [rule_of(file) for file in FILES]
    assert len(set(rules)) == len(rules)
    assert {path.stem for path in CASES.glob("*.yaml")} == set(rules)


@every_policy
def test_a_policy_is_called_after_its_rule_and_tells_what_it_is_about(file: Path) -> None:
    metadata = read(file)["metadata"]
    told = metadata["annotations"]
    assert metadata["name"] == f"dare-{rule_of(file)}"
    assert told["project-dare.eu/rule"] == rule_of(file).upper()
    assert all(told[f"project-dare.eu/{field}"].strip() for field in TOLD)
    assert told["project-dare.eu/reference"].startswith("https://")


@every_policy
def test_a_policy_refuses_what_it_can_not_judge_and_leaves_the_namespaces_alone_that_would_mend_it(file: Path) -> None:
    spec = read(file)["spec"]
    assert spec["failurePolicy"] == "Fail"
    by_name, *by_level = spec["matchConstraints"]["namespaceSelector"]["matchExpressions"]
    assert (by_name["key"], by_name["operator"], set(by_name["values"])) == ("kubernetes.io/metadata.name", "NotIn", EXEMPT)
    for expression in by_level:
        assert (expression["key"], expression["operator"]) == (LEVEL, "NotIn")
        assert expression["values"] in (["privileged"], ["privileged", "baseline"])


@every_policy
def test_every_validation_has_a_case_that_fails_and_the_policy_one_that_passes(file: Path) -> None:
    cases = read(CASES / f"{rule_of(file)}.yaml")
    said = [case["expect"]["message"] for case in cases if not case["expect"]["allowed"]]
    assert any(case["expect"]["allowed"] for case in cases)
    for validation in read(file)["spec"]["validations"]:
        if "message" in validation:
            assert validation["message"] in said
        else:
            first = _LITERAL.search(validation["messageExpression"])
            assert first
            assert any(text.startswith(first[1]) for text in said), first[1]


def places(case: Case, policy: Policy) -> list[tuple[str, JsonPath]]:
    """What the policy says of a case, and where the finding points."""
    resource = Resource(Overlay("", "", ""), case.body["object"], Origin())
    denials = [denial for verdict in offline(case, policy) for denial in verdict.denials]
    return [(each.message, place(resource, (), policy.pointers.of(each.validation), each.message)) for each in denials]


@every_policy
def test_a_policy_tells_for_every_validation_which_field_is_to_be_edited(file: Path) -> None:
    policy = policy_of(read(file))
    assert policy.pointers.mistakes == ()
    assert all(policy.pointers.of(validation) for validation in range(len(policy.spec.validations)))


@every_policy
def test_a_refusal_points_into_the_object(file: Path) -> None:
    policy = policy_of(read(file))
    refused = [case for case in load(CASES / f"{rule_of(file)}.yaml") if not case.allowed]
    assert refused
    for case in refused:
        found = places(case, policy)
        assert found, case.title
        assert all(path for _, path in found), case.title


def test_where_the_refusals_of_all_cases_point(golden: Golden) -> None:
    """For reading: each is the field that a person has to edit, or what is around it where it is missing."""
    lines = []
    for file in FILES:
        policy = policy_of(read(file))
        for case in load(CASES / f"{rule_of(file)}.yaml"):
            for message, path in places(case, policy):
                lines += [f"{policy.rule} {case.title}: {message}", f"    {case.body['object']['kind']} {format_pointer(path)}"]
    golden("admission-places.txt", "\n".join([*lines, ""]))


def test_the_bindings_and_the_parameters_are_what_git_holds(workspace: Workspace) -> None:
    files = admission_files(workspace.tree)
    assert {path.split("/")[1] for path in files} == {"local", "production", "testbed"}
    for path, text in files.items():
        assert (ROOT / path).read_text(encoding="utf-8") == text, f"{path}: run 'make generate'"


def test_production_refuses(workspace: Workspace) -> None:
    bindings = list(yaml.safe_load_all(admission_files(workspace.tree)["overlays/production/admission-policies/bindings.yaml"]))
    assert len(bindings) == len(FILES)
    assert {tuple(binding["spec"]["validationActions"]) for binding in bindings} == {("Deny",)}


def test_the_level_of_a_rule_decides_whether_a_cluster_refuses_warns_or_does_not_ask(workspace: Workspace) -> None:
    files = admission_files(workspace.tree)
    for name in ("testbed", "production"):
        bindings = yaml.safe_load_all(files[f"overlays/{name}/admission-policies/bindings.yaml"])
        actions = {one["metadata"]["name"]: one["spec"]["validationActions"] for one in bindings}
        for rule in ("SEC002", "IMG002", "REL004"):
            level = workspace.tree.levels.of(name, rule)
            wanted = {Level.ERROR: ["Deny"], Level.WARNING: ["Warn", "Audit"], None: None}[level]
            assert actions.get(f"dare-{rule.lower()}") == wanted, (name, rule)
