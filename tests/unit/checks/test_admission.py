"""The evaluator where no case file can show it: what does not compile, what can't be known, bad input, a second opinion."""

import time
from typing import Any

import celpy
import pytest

from gitops.checks.admission.cel import CelEngine, find_all
from gitops.checks.admission.checks import breaking, defective, failing, policy_check, undecidable
from gitops.checks.admission.compiled import compile_policy
from gitops.checks.admission.custom_rules import Broken, broken_rules
from gitops.checks.admission.engine import Kind
from gitops.checks.admission.evaluate import evaluate
from gitops.checks.admission.evidence import AdmissionEvidence, FileRemark
from gitops.checks.unit import Check, Problem, all_checks
from gitops.models.admission import Policy, PolicySpec
from gitops.models.admission_request import AdmissionRequest, Outcome, Verdict
from gitops.repository.kinds import Kinds
from gitops.repository.stored import stored

CONFIGMAPS = {
    "resourceRules": [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["configmaps"]}]
}


def policy(*expressions: str, **more: Any) -> Policy:
    spec = {"matchConstraints": CONFIGMAPS, "validations": [{"expression": text, "message": "no"} for text in expressions]}
    return Policy(name="p", spec=PolicySpec.model_validate({**spec, **more}))


def asked(data: dict[str, str] | None = None, **more: Any) -> AdmissionRequest:
    body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "n"}, "data": data or {"a": "b"}}
    return AdmissionRequest(Kinds().find("v1", "ConfigMap"), stored(body), **more)


def verdict(*expressions: str, **more: Any) -> Verdict:
    return evaluate(policy(*expressions, **more), asked())


@pytest.mark.parametrize(
    ("expression", "line", "column", "message"),
    [
        ("object.a ==", 1, 12, "Syntax error"),
        ("true &&\n  nope", 2, 3, "undeclared reference to 'nope'"),
        ("request.foo == 'x'", 1, 8, "undefined field 'foo'"),
        ("request.kind.foo == 'x'", 1, 13, "undefined field 'foo'"),
        ("namespaceObject.metadata.foo == 'x'", 1, 25, "undefined field 'foo'"),
        ("'x'.matches('(')", 1, 13, "invalid matches argument"),
        ("duration('x') > duration('1s')", 1, 10, "invalid duration argument"),
        ("object.metadata.name", 1, 1, "must evaluate to bool but got dyn"),
        ("1 == 'x'", 1, 3, "found no matching overload"),
        ("params.x == 1", 1, 1, "undeclared reference to 'params'"),
        ("math.greatest(1, 2) == 2", 1, 1, "undeclared reference to 'math'"),
        ("format.uuid().validate('x').hasValue() && nope", 1, 43, "undeclared reference to 'nope'"),
    ],
)
def test_what_does_not_compile_is_found_at_its_column(expression: str, line: int, column: int, message: str) -> None:
    (defect,) = compile_policy(policy(expression)).defects
    assert (defect.pointer, defect.line, defect.column) == ("/spec/validations/0/expression", line, column)
    assert defect.message.startswith(message)


def test_a_variable_that_there_is_not() -> None:
    compiled = compile_policy(policy("variables.b == 1", variables=[{"name": "a", "expression": "1"}]))
    assert compiled.defects[0].message == "undefined field 'b'"


def test_a_message_expression_must_give_text_and_may_not_ask_the_authorizer() -> None:
    for text in ("1", "authorizer.path('/x').check('get').reason()"):
        compiled = compile_policy(policy(validations=[{"expression": "true", "messageExpression": text}]))
        assert compiled.defects[0].pointer == "/spec/validations/0/messageExpression"


@pytest.mark.parametrize(
    "expression",
    [
        "authorizer.group('').resource('pods').check('create').allowed()",
        "authorizer.requestResource.check('create').allowed() && true",
        "request.userInfo.username == 'admin'",
        "request.?userInfo.?username.orValue('') == 'admin'",
        "object.metadata.uid != ''",
        "{'a': 1}.transformMap(k, v, v + 1) == {'a': 2}",
        "string(ip('10.0.0.1')) == '10.0.0.1'",
    ],
)
def test_what_only_a_cluster_knows_is_never_passed(expression: str) -> None:
    said = verdict(expression)
    assert said.outcome is Outcome.UNDECIDABLE
    assert said.unknown[0].pointer == "/spec/validations/0"


def test_what_is_unknown_is_absorbed_like_an_error() -> None:
    assert verdict("request.userInfo.username == 'x' || object.metadata.name == 'c'").outcome is Outcome.ALLOWED
    assert verdict("request.userInfo.username == 'x' && object.metadata.name == 'd'").outcome is Outcome.DENIED


def test_a_variable_may_be_unknown() -> None:
    said = verdict("variables.who == 'x'", variables=[{"name": "who", "expression": "request.userInfo.username"}])
    assert said.outcome is Outcome.UNDECIDABLE


def test_a_user_that_is_given_is_known() -> None:
    told = evaluate(policy("request.userInfo.username == 'x'"), asked(user={"username": "x"}))
    assert told.outcome is Outcome.ALLOWED


def test_another_version_of_a_built_in_kind_is_converted_by_the_server_alone() -> None:
    kinds = Kinds()
    resource = kinds.find("autoscaling/v2", "HorizontalPodAutoscaler")
    body = {"apiVersion": "autoscaling/v2", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "a", "namespace": "n"}}
    rules = [{"apiGroups": ["autoscaling"], "apiVersions": ["v1"], "operations": ["*"], "resources": ["*"]}]
    request = AdmissionRequest(resource, stored(body), equivalents=kinds.equivalents(resource))
    for match, outcome in (("Equivalent", Outcome.UNDECIDABLE), ("Exact", Outcome.NOT_MATCHED)):
        asking = policy("true", matchConstraints={"resourceRules": rules, "matchPolicy": match})
        assert evaluate(asking, request).outcome is outcome


def test_an_endless_pattern_ends() -> None:
    started = time.process_time()
    said = evaluate(
        policy("object.data.a.matches('^(a+)+$')", "object.data.a.find('(a|aa)+b') != ''"), asked({"a": "a" * 100_000 + "c"})
    )
    assert len(said.denials) == 2
    assert time.process_time() - started < 5


def test_a_large_object_is_no_trouble() -> None:
    data = {f"key-{number}": "x" * 1000 for number in range(5000)}
    assert evaluate(policy("object.data.all(k, object.data[k].size() == 1000)"), asked(data)).outcome is Outcome.ALLOWED


def test_more_than_the_engine_will_do_is_undecidable() -> None:
    data = {f"key-{number}": "x" for number in range(60_000)}
    assert evaluate(policy("object.data.all(k, k.size() > 0)"), asked(data)).outcome is Outcome.UNDECIDABLE


def test_a_policy_that_does_not_compile_refuses_everything() -> None:
    said = verdict("nope")
    assert (said.outcome, said.fails_closed) == (Outcome.ERROR, True)


def test_find_takes_the_whole_match() -> None:
    assert find_all("k1=v1,k2=v2", "(k[0-9])=(?P<value>v[0-9])") == ["k1=v1", "k2=v2"]
    assert find_all("[(a)]", r"[\[(]+\(?a") == ["[(a"]


SECOND_OPINION = [
    "object.metadata.name == 'c' && object.data.size() == 1",
    "object.data.all(k, k.startsWith('a'))",
    "object.data.exists(k, object.data[k] == 'z')",
    "has(object.data) && !has(object.nothing)",
    "object.metadata.name.matches('^[a-c]$') || object.nothing == 1",
    "'a' in object.data ? object.data.a == 'b' : false",
    "object.data.map(k, k + object.data[k]) == ['ab']",
    "object.data.filter(k, k != 'a').size() == 0",
    "size(object.metadata.namespace) + 1 == 2",
    "[1, 2, 3].exists_one(x, x > 2)",
    "timestamp('2026-01-01T00:00:00Z') < timestamp('2026-02-01T00:00:00Z')",
    "duration('1h') == duration('60m')",
]


@pytest.mark.parametrize("expression", SECOND_OPINION)
def test_another_engine_agrees(expression: str) -> None:
    body = asked().body
    environment = celpy.Environment()
    other = environment.program(environment.compile(expression)).evaluate({"object": celpy.json_to_cel(body)})
    engine = CelEngine()
    ours = engine.compile(expression, {"object": "dyn"}).evaluate(engine.data({"object": body}))
    assert (ours.kind, ours.value) == (Kind.VALUE, bool(other))


SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "spec": {
            "type": "object",
            "x-kubernetes-validations": [
                {"rule": "self.low <= self.high", "messageExpression": "'low is ' + string(self.low)", "fieldPath": ".low"},
                {"rule": "self.low == oldSelf.low", "message": "low stays"},
                {"rule": "!has(self.in__dash__use) || self.__namespace__ != ''"},
            ],
            "properties": {
                "low": {"type": "integer"},
                "high": {"type": "integer", "default": 5},
                "in-use": {"type": "boolean"},
                "namespace": {"type": "string"},
                "items": {
                    "type": "array",
                    "items": {"type": "string", "x-kubernetes-validations": [{"rule": "self != 'x'", "message": "no x"}]},
                },
            },
        }
    },
}


@pytest.mark.parametrize(
    ("spec", "broken"),
    [
        ({"low": 1}, []),
        ({"low": 9}, [Broken(("spec", "low"), "low is 9")]),
        ({"low": 1, "items": ["a", "x"]}, [Broken(("spec", "items", 1), "no x")]),
        (
            {"low": 1, "in-use": True, "namespace": ""},
            [Broken(("spec",), "failed rule: !has(self.in__dash__use) || self.__namespace__ != ''")],
        ),
        ({}, [Broken(("spec",), "no such key: low evaluating rule: failed rule: self.low <= self.high")]),
    ],
)
def test_rules_of_custom_resources(spec: dict[str, Any], broken: list[Broken]) -> None:
    assert list(broken_rules({"spec": spec}, SCHEMA)) == broken


def _check(name: str) -> Check:
    return next(unit for unit in all_checks() if unit.id == name)


def test_what_is_gathered_is_told() -> None:
    remark, problem = FileRemark("policies/admission/x.yaml", 3, "wrong"), Problem("wrong")
    evidence = AdmissionEvidence((remark,), (problem,), (remark,), (problem,), (problem,))
    assert [found.line for found in _check("POLICY001").function(evidence)] == [3]
    assert list(_check("POLICY002").function(evidence)) == [problem]
    assert [found.file for found in _check("POLICY003").function(evidence)] == [remark.file, ""]
    assert list(_check("SCHEMA005").function(evidence)) == [problem]
    empty = AdmissionEvidence()
    assert [list(function(empty)) for function in (defective, failing, undecidable, breaking)] == [[], [], [], []]


def test_a_policy_is_a_rule() -> None:
    notes = {"project-dare.eu/rule": "SEC099", "project-dare.eu/title": "Title", "project-dare.eu/fix": "Do it."}
    unit = policy_check(policy("true").model_copy(update={"annotations": notes}))
    assert (unit.id, unit.title, unit.fix) == ("SEC099", "Title", "Do it.")
