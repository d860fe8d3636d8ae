"""A policy and a request: what the API server would say.

Source: ``validator.go`` and ``matcher.go`` of the API server's admission plug-ins, and
https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from gitops.checks.admission.compiled import CompiledPolicy, Expression, compile_policy, engine
from gitops.checks.admission.engine import Answer, Data, Engine, Kind
from gitops.checks.admission.matching import matched
from gitops.models.admission import Binding, Policy, Validation
from gitops.models.admission_request import AdmissionRequest, ApiResource, Denial, Trouble, Verdict
from gitops.models.resource import JsonObject
from gitops.models.values import mapping

_LONGEST_MESSAGE = 5 * 1024  # of a messageExpression; what is longer is dropped

_NO_PARAMS = "no params found for policy binding with `Deny` parameterNotFoundAction"

Lookup = Callable[[Binding, Policy, AdmissionRequest], tuple[JsonObject | None, ...]]


@dataclass
class Subject:
    """A request made ready once for all policies."""

    request: AdmissionRequest
    engine: Engine = field(default_factory=engine)
    answers: dict[str, Answer] = field(default_factory=dict)
    """Variables that need nothing but the request, by their expressions: policies tend to have the same ones."""
    ready: dict[tuple[tuple[str, str], ...], Data] = field(default_factory=dict)

    @cached_property
    def values(self) -> dict[str, Any]:
        """Values by name. What only a cluster knows has none."""
        request = self.request
        shown = _request_object(request, request.resource)
        body, created = request.body, request.created if request.operation == "CREATE" else ""
        if body is not None and created:
            # Whatever the object says itself: FillObjectMetaSystemFields, called by ``Store.create`` and ``Store.Update`` in
            # apiserver/pkg/registry/generic/registry/store.go before validating admission.
            body = {**body, "metadata": {**mapping(body.get("metadata")), "creationTimestamp": created}}
        values: dict[str, Any] = {
            "object": body,
            "oldObject": request.old_body,
            "request": shown,
            "request.operation": request.operation,
            "request.dryRun": request.dry_run,
            "namespaceObject": request.namespace if request.namespace_name and request.resource.kind != "Namespace" else None,
        }
        if body is not request.body:
            values["object.metadata.creationTimestamp"] = created
        if request.user is not None:
            values["request.userInfo"] = shown["userInfo"] = request.user
        return values

    @cached_property
    def data(self) -> Data:
        return self.engine.data(self.values)

    @cached_property
    def data_without_namespace(self) -> Data:
        """What match conditions get: the API server hands them no namespace."""
        return self.engine.data({**self.values, "namespaceObject": None})


def _request_object(request: AdmissionRequest, resource: ApiResource) -> JsonObject:
    """``request``, without what is empty in it, as it is without in the API server."""
    asked = request.resource
    shown: JsonObject = {
        "kind": {"group": resource.group, "version": resource.version, "kind": resource.kind},
        "resource": {"group": resource.group, "version": resource.version, "resource": resource.plural},
        "requestKind": {"group": asked.group, "version": asked.version, "kind": asked.kind},
        "requestResource": {"group": asked.group, "version": asked.version, "resource": asked.plural},
        "operation": request.operation,
        "dryRun": request.dry_run,
    }
    optional = {"name": request.name, "namespace": request.namespace_name}
    optional |= {"subResource": request.subresource, "requestSubResource": request.subresource}
    return {**shown, **{name: value for name, value in optional.items() if value}}


def evaluate(policy: Policy | CompiledPolicy, request: AdmissionRequest | Subject, params: JsonObject | None = None) -> Verdict:
    """What a policy says to a request, with one parameter object or none."""
    compiled = compile_policy(policy) if isinstance(policy, Policy) else policy
    subject = Subject(request, compiled.engine) if isinstance(request, AdmissionRequest) else request
    if compiled.defects:
        told = tuple(Trouble(defect.pointer, f"compilation failed: {defect.message}") for defect in compiled.defects)
        return Verdict(errors=told, fails_closed=compiled.policy.spec.failure_policy == "Fail")
    resource = matched(compiled.policy.spec.match_constraints, subject.request)
    if resource is None:
        return Verdict()
    if resource != subject.request.resource:
        if resource.version == subject.request.resource.version or "." not in resource.group:
            message = f"the API server converts the object to {resource.group}/{resource.version} first"
            return Verdict(unknown=(Trouble("/spec/matchConstraints", message),))
        subject = _converted(subject, resource)
    return _Evaluation(compiled, subject, params).verdict()


def evaluate_bound(
    policy: CompiledPolicy, bindings: Iterable[Binding], subject: Subject, lookup: Lookup
) -> list[tuple[Binding, Verdict]]:
    """What a policy says through each of its bindings that is about the request."""
    said = []
    fails_closed = policy.policy.spec.failure_policy == "Fail"
    for binding in bindings:
        if binding.spec.policy_name != policy.policy.name or matched(binding.spec.match_resources, subject.request) is None:
            continue
        try:
            found = lookup(binding, policy.policy, subject.request)
        except ValueError as error:  # the API server can't configure the binding
            if matched(policy.policy.spec.match_constraints, subject.request) is not None:
                trouble = Trouble("/spec/paramKind", f"failed to configure binding: {error}")
                said.append((binding, Verdict(matched=True, errors=(trouble,), fails_closed=fails_closed)))
            continue
        said += [(binding, evaluate(policy, subject, params)) for params in found]
    return said


def params_of(binding: Binding, found: Iterable[JsonObject]) -> tuple[JsonObject | None, ...]:
    """The parameter objects for a binding; raises ``ValueError`` where it is to deny without any."""
    objects = tuple(found)
    if not objects and binding.spec.param_ref and binding.spec.param_ref.parameter_not_found_action == "Deny":
        raise ValueError(_NO_PARAMS)
    return objects


def _converted(subject: Subject, resource: ApiResource) -> Subject:
    """A custom resource at another version of its definition: without a conversion webhook only ``apiVersion`` differs."""
    version = f"{resource.group}/{resource.version}"
    bodies = [body and {**body, "apiVersion": version} for body in (subject.values["object"], subject.values["oldObject"])]
    request = subject.request
    changed = Subject(request, subject.engine)
    changed.values = {
        **subject.values,
        "object": bodies[0],
        "oldObject": bodies[1],
        "request": {**subject.values["request"], **_request_object(request, resource)},
    }
    return changed


@dataclass
class _Evaluation:
    """One policy, one request, one parameter object: variables are worked out when an expression names them, once."""

    policy: CompiledPolicy
    subject: Subject
    params: JsonObject | None
    known: dict[tuple[str, bool], Answer] = field(default_factory=dict)
    ready: dict[bool, tuple[frozenset[str], Data]] = field(default_factory=dict)

    def verdict(self) -> Verdict:
        fails_closed = self.policy.policy.spec.failure_policy == "Fail"
        errors: list[Trouble] = []
        unknown: list[Trouble] = []
        for condition in self.policy.conditions:
            answer = self._evaluated(condition, with_namespace=False)
            if answer.kind is Kind.VALUE and answer.value is False:
                return Verdict()
            self._file(condition, answer, errors, unknown)
        if errors:
            text = errors[0].message if len(errors) == 1 else f"[{', '.join(error.message for error in errors)}]"
            return Verdict(matched=fails_closed, errors=(Trouble(errors[0].pointer, text),), fails_closed=fails_closed)
        if unknown:
            return Verdict(unknown=tuple(unknown), fails_closed=fails_closed)
        denials = []
        for index, check in enumerate(self.policy.validations):
            answer = self._evaluated(check.condition)
            if answer.kind is Kind.VALUE and answer.value is not True:
                validation = self.policy.policy.spec.validations[index]
                denials.append(Denial(self._message(validation, check.message), validation.reason, index))
            else:
                self._file(check.condition, answer, errors, unknown)
        return Verdict(True, tuple(denials), tuple(errors), tuple(unknown), fails_closed)

    @staticmethod
    def _file(expression: Expression, answer: Answer, errors: list[Trouble], unknown: list[Trouble]) -> None:
        place = expression.pointer.rpartition("/")[0]
        if answer.kind is Kind.ERROR:
            errors.append(Trouble(place, f"expression '{expression.text}' resulted in error: {answer.message}"))
        elif answer.kind is Kind.UNKNOWN:
            unknown.append(Trouble(place, answer.message))

    def _message(self, validation: Validation, expression: Expression | None) -> str:
        """The expression's text if it is one line, not empty and not too long; then the message; then the expression."""
        if expression is not None:
            answer = self._evaluated(expression)
            text = answer.value.strip() if answer.kind is Kind.VALUE and isinstance(answer.value, str) else ""
            if text and "\n" not in text and len(text.encode()) <= _LONGEST_MESSAGE:
                return text
        return validation.message.strip() or f"failed expression: {validation.expression.strip()}"

    def _evaluated(self, expression: Expression, *, with_namespace: bool = True) -> Answer:
        if expression.program is None:
            return Answer(Kind.UNKNOWN, message=expression.unsupported)
        answer = expression.program.evaluate(self._data(expression, with_namespace=with_namespace))
        if answer.kind is not Kind.UNKNOWN or not str(answer.value).startswith("variables."):
            return answer
        # The expression needed a variable that has no value: its fault is the variable's.
        name = str(answer.value).removeprefix("variables.")
        cause = self.known[name, with_namespace]
        if cause.kind is Kind.ERROR:
            return Answer(Kind.ERROR, message=f'composited variable "{name}" fails to evaluate: {cause.message}')
        return cause

    def _data(self, expression: Expression, *, with_namespace: bool) -> Data:
        """The values that the expression needs; what was made ready for another one serves as long as it has all of them."""
        with_params = self.policy.policy.spec.param_kind is not None
        if not expression.uses and not with_params:
            return self.subject.data if with_namespace else self.subject.data_without_namespace
        names, ready = self.ready.get(with_namespace, (frozenset(), None))
        if ready is not None and names.issuperset(expression.uses):
            return ready
        names = names.union(expression.uses)
        told = tuple((name, self.policy.variables[name].text) for name in sorted(names))
        shared = with_namespace and not with_params and not any(self.policy.variables[name].uses for name in names)
        ready = self.subject.ready.get(told) if shared else None
        if ready is None:
            ready = self._made_ready(names, with_namespace=with_namespace, with_params=with_params)
            if shared:
                self.subject.ready[told] = ready
        elif shared:
            self.known |= {(name, True): self.subject.answers[text] for name, text in told}
        self.ready[with_namespace] = (names, ready)
        return ready

    def _made_ready(self, names: frozenset[str], *, with_namespace: bool, with_params: bool) -> Data:
        values = dict(self.subject.values)
        if not with_namespace:  # so the API server evaluates match conditions, and the variables that they name
            values["namespaceObject"] = None
        if with_params:
            values["params"] = self.params
        for name in sorted(names):
            answer = self._variable(name, with_namespace=with_namespace)
            if answer.kind is Kind.VALUE:
                values[f"variables.{name}"] = answer.value
        return self.policy.engine.data(values)

    def _variable(self, name: str, *, with_namespace: bool) -> Answer:
        if (name, with_namespace) not in self.known:
            variable = self.policy.variables[name]
            alone = with_namespace and not variable.uses and self.policy.policy.spec.param_kind is None
            answer = self.subject.answers.get(variable.text) if alone else None
            if answer is None:
                answer = self._evaluated(variable, with_namespace=with_namespace)
            if alone:
                self.subject.answers[variable.text] = answer
            self.known[name, with_namespace] = answer
        return self.known[name, with_namespace]
