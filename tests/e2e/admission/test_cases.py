"""Each case of ``tests/admission`` on a real API server: the verdict and the words that the case says."""

import time
from collections.abc import Iterator

import pytest

from gitops.models.errors import UserError
from tests.conftest import ROOT
from tests.e2e.admission.bench import CONTROLLERS, OPTIONS, Bench
from tests.e2e.admission.cases import Case, evaluator_cases, policies, policy_cases
from tests.e2e.control_plane.cluster import Programs, clusters
from tests.e2e.control_plane.policies import BINDINGS, bound, create, wait_until_in_force

CASES = policy_cases()
EVALUATOR = evaluator_cases()
# Of the evaluator's policies each sees the objects of all, and the API server tells only so many warnings at once.
AT_ONCE = 10
Verdicts = dict[str, tuple[str, ...] | UserError]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    folder = ROOT / "build" / "e2e" / "admission"
    with clusters(Programs.installed(ROOT), folder, ["admission"], CONTROLLERS, OPTIONS) as running:
        yield Bench(running["admission"])


@pytest.fixture(scope="module")
def evaluated(bench: Bench) -> Verdicts:
    """What the evaluator's policies say, some at a time; before ours are installed, which would have a word too."""
    verdicts: Verdicts = {}
    for part in parts():
        bench.install([own_policy(case) for case in part], part)
        verdicts |= {case.id: judged(bench, case) for case in part}
        bench.unbind()
    return verdicts


def parts() -> Iterator[list[Case]]:
    """Those with parameters one by one: where one is missing, every request is refused."""
    alone = [case for case in EVALUATOR if case.own and "paramKind" in case.own]
    others = [case for case in EVALUATOR if case not in alone]
    yield from ([case] for case in alone)
    yield from (others[start : start + AT_ONCE] for start in range(0, len(others), AT_ONCE))


@pytest.fixture(scope="module")
def verdicts(bench: Bench, evaluated: Verdicts) -> Verdicts:
    bench.install(policies().values(), CASES)
    return {case.id: judged(bench, case) for case in CASES}


def own_policy(case: Case) -> dict[str, object]:
    meta = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy"}
    return {**meta, "metadata": {"name": case.policy}, "spec": case.own}


def judged(bench: Bench, case: Case) -> tuple[str, ...] | UserError:
    try:
        return bench.said(case)
    except UserError as error:
        return error


def assert_as_expected(verdict: tuple[str, ...] | UserError, case: Case) -> None:
    assert not isinstance(verdict, UserError), verdict
    if case.allowed:
        assert verdict == ()
    else:  # of several validations that fail, a refusal names the first
        assert verdict[0] == (verdict[0] if case.message is None else case.message)


@pytest.mark.parametrize("case", EVALUATOR, ids=lambda case: case.id)
def test_the_api_server_judges_as_the_evaluators_case_says(evaluated: Verdicts, case: Case) -> None:
    assert_as_expected(evaluated[case.id], case)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)
def test_the_api_server_judges_as_the_case_says(verdicts: Verdicts, case: Case) -> None:
    assert_as_expected(verdicts[case.id], case)


@pytest.mark.usefixtures("verdicts")
@pytest.mark.parametrize("policy", policies())
def test_the_api_server_finds_no_fault_in_the_types_of_a_policys_expressions(bench: Bench, policy: str) -> None:
    until = time.monotonic() + 60
    while (warnings := bench.type_warnings(policy)) is None and time.monotonic() < until:
        time.sleep(0.2)
    assert warnings == []


def test_a_workload_as_large_as_they_come_costs_no_more_than_a_policy_may(bench: Bench, verdicts: Verdicts) -> None:
    assert verdicts
    variables = [{"name": f"SPROV_SETTING_{number}", "value": "http://sprov.dare.svc/" * 3} for number in range(150)]
    probe = {"exec": {"command": ["sh", "-c", "true " * 200]}}
    containers = [
        {
            "name": f"c{number}",
            "image": "quay.io/dare/web:1.0",
            "env": variables,
            "readinessProbe": probe,
            "livenessProbe": probe,
        }
        for number in range(20)
    ]
    labels = {"app": "large"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": containers}}
    body = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "large", "namespace": "apps"},
        "spec": {"selector": {"matchLabels": labels}, "template": template},
    }
    answer = bench.cluster.api.create("/apis/apps/v1/namespaces/apps/deployments", body, manager="e2e", dry_run=True)
    assert answer.ok, answer.message
    assert answer.warnings
    assert [text for text in answer.warnings if "resulted in error" in text or "budget" in text] == []


def test_as_many_approvals_as_a_cluster_may_have_are_taken_and_asked(bench: Bench, verdicts: Verdicts) -> None:
    assert verdicts
    name = "approvals-of-5000"
    web = "registry.example.org/a-team-with-a-name/a-component-with-a-longer-name-than-most/program:2026.11.24"
    kept = {f"sha256-{number:064x}": f"2099-12-31 {web}\n" for number in range(5000)}
    api = bench.cluster.api
    create(api, "/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": name}, "data": kept}
    create(api, f"/api/v1/namespaces/{name}/configmaps", body)
    reference = {"name": name, "namespace": name, "parameterNotFoundAction": "Deny"}
    create(api, BINDINGS, bound(name, "dare-img006", ["Warn"], paramRef=reference))
    wait_until_in_force(api)
    spec = {"containers": [{"name": f"c{one}", "image": f"{web}@sha256:{one:064x}"} for one in (0, 2500, 4999, 5000)]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod", "namespace": name}, "spec": spec}
    answer = api.create(f"/api/v1/namespaces/{name}/pods", pod, manager="e2e", dry_run=True)
    assert answer.ok, answer.message
    (said,) = (text for text in answer.warnings if f"binding '{name}'" in text)
    assert f"images that are not approved: {web}" in said
    api.call("DELETE", f"{BINDINGS}/{name}")
    wait_until_in_force(api)


def test_a_policy_that_is_bound_to_deny_refuses_with_the_same_words(bench: Bench, verdicts: Verdicts) -> None:
    """After all else: of several policies that refuse one object the API server names only one."""
    bench.deny()
    refusing = set()
    for case in CASES:
        if case.allowed or case.old is not None:  # an old object would be refused too
            continue
        answer = bench.send(case)
        assert answer.status == 422, case.id  # a policy's own reason, Invalid unless it says another
        assert "denied request: " in answer.message, case.id
        if f"'{case.policy}'" in answer.message:
            assert isinstance(said := verdicts[case.id], tuple)
            assert any(answer.message.endswith(f"denied request: {text}") for text in said), case.id
            refusing.add(case.policy)
    assert refusing
