"""A policy with its expressions compiled, once for all objects."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from gitops.checks.admission.cel import CelEngine
from gitops.checks.admission.engine import CompileFailed, Engine, Program, Unsupported
from gitops.checks.admission.lexer import chains, position
from gitops.models.admission import Named, Policy

# What the API server declares: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/.
_ROOTS = {
    "object": "dyn",
    "oldObject": "dyn",
    "request": "map",
    "request.userInfo": "dyn",
    "request.options": "dyn",
    "request.operation": "string",
    "request.dryRun": "bool",
    "object.metadata.uid": "dyn",
    "object.metadata.creationTimestamp": "dyn",
    "object.metadata.managedFields": "dyn",
    "namespaceObject": "dyn",
}
_AUTHORIZER = {"authorizer": "dyn", "authorizer.requestResource": "dyn"}
_KIND: "_Fields" = {"group": {}, "version": {}, "kind": {}}
_RESOURCE: "_Fields" = {"group": {}, "version": {}, "resource": {}}
_Fields = Mapping[str, "_Fields"]
# The fields that the API server gives these two; another is a mistake of the policy, found when it compiles.
_TYPED: dict[str, _Fields] = {
    "request": {
        **dict.fromkeys(("kind", "requestKind"), _KIND),
        **dict.fromkeys(("resource", "requestResource"), _RESOURCE),
        **{name: {} for name in ("subResource", "requestSubResource", "name", "namespace", "operation", "dryRun")},
        "userInfo": {"username": {}, "uid": {}, "groups": {}, "extra": {"*": {}}},
        "options": {"*": {}},
    },
    "namespaceObject": {
        "metadata": {
            **{name: {} for name in ("name", "generateName", "namespace", "UID", "creationTimestamp", "deletionTimestamp")},
            **{name: {} for name in ("deletionGracePeriodSeconds", "generation", "resourceVersion", "finalizers")},
            "labels": {"*": {}},
            "annotations": {"*": {}},
        },
        "spec": {"finalizers": {}},
        "status": {"conditions": {"*": {}}, "phase": {}},
    },
}


# Where the API server knows a type and this engine does not: then the value must show it.
_TYPED_THERE = re.compile(r"\b(?:request|namespaceObject)\b|\.(?:min|max|sum|getQuery|validate)\s*\(")


class Defect(NamedTuple):
    """An expression that does not compile, with its JSON pointer in the policy; line and column count inside it."""

    pointer: str
    message: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; ``unsupported`` says why this engine could not compile it where the API server would.

    ``uses`` are the variables that it names.
    """

    text: str
    pointer: str
    program: Program | None
    uses: tuple[str, ...] = ()
    unsupported: str = ""


class CompiledCheck(NamedTuple):
    """A validation: what must be true, and the expression that words the refusal."""

    condition: Expression
    message: Expression | None


@dataclass(frozen=True, slots=True)
class CompiledPolicy:
    """A policy ready to be asked. One with ``defects`` is none: the API server would not take it."""

    policy: Policy
    engine: Engine
    conditions: tuple[Expression, ...]
    variables: Mapping[str, Expression]
    validations: tuple[CompiledCheck, ...]
    defects: tuple[Defect, ...]


@cache
def engine() -> Engine:
    """The engine that all policies share."""
    return CelEngine()


def compile_policy(policy: Policy, by: Engine | None = None) -> CompiledPolicy:
    """Compiles every expression; what does not compile is among the defects."""
    return _Compiler(policy, by or engine()).result()


@dataclass
class _Compiler:
    policy: Policy
    engine: Engine
    defects: list[Defect] = field(default_factory=list)
    types: dict[str, str] = field(default_factory=dict)
    inlined: dict[str, str] = field(default_factory=dict)

    def result(self) -> CompiledPolicy:
        spec = self.policy.spec
        parameters = {"params": "dyn"} if spec.param_kind else {}
        self.types = {**_ROOTS, **_AUTHORIZER, **parameters}
        variables = dict(self._variables(spec.variables))
        conditions = tuple(
            self._compiled(each.expression, f"/spec/matchConditions/{index}/expression", "bool")
            for index, each in enumerate(spec.match_conditions)
        )
        checks = []
        for index, each in enumerate(spec.validations):
            place = f"/spec/validations/{index}"
            message = None
            if each.message_expression:
                message = self._compiled(each.message_expression, f"{place}/messageExpression", "string", authorizer=False)
            checks.append(CompiledCheck(self._compiled(each.expression, f"{place}/expression", "bool"), message))
        for index, note in enumerate(spec.audit_annotations):
            self._compiled(note.value_expression, f"/spec/auditAnnotations/{index}/valueExpression", "")
        return CompiledPolicy(self.policy, self.engine, conditions, variables, tuple(checks), tuple(self.defects))

    def _variables(self, named: tuple[Named, ...]) -> Iterator[tuple[str, Expression]]:
        """Each may use those before it."""
        for index, each in enumerate(named):
            pointer = f"/spec/variables/{index}/expression"
            expression = self._compiled(each.expression, pointer, "")
            kind = expression.program.returns if expression.program else "dyn"
            if kind.startswith("optional"):
                # Such a value can't be handed from one expression to the next, so its text goes there instead.
                self.inlined[each.name] = self._with_inlined(each.expression)
            self.types[f"variables.{each.name}"] = kind.partition("<")[0]
            yield each.name, expression

    def _compiled(self, text: str, pointer: str, returns: str, *, authorizer: bool = True) -> Expression:
        types = self.types if authorizer else {name: kind for name, kind in self.types.items() if name not in _AUTHORIZER}
        try:
            self._check_fields(text)
            whole = self._with_inlined(text)
            program = self.engine.compile(whole, types)
            _check_type(program.returns, returns, whole)
        except CompileFailed as failure:
            self.defects.append(Defect(pointer, failure.message, failure.line, failure.column))
            return Expression(text, pointer, None, unsupported=failure.message)
        except Unsupported as failure:
            return Expression(text, pointer, None, unsupported=str(failure))
        used = {chain.fields[1]: None for chain in chains(whole) if chain.fields[0] == "variables" and len(chain.fields) > 1}
        return Expression(text, pointer, program, tuple(used))

    def _check_fields(self, text: str) -> None:
        """Fields of ``request``, ``namespaceObject`` and ``variables`` that there are not: the API server knows their types."""
        known: dict[str, _Fields] = {name.partition(".")[2]: {"*": {}} for name in self.types if name.startswith("variables.")}
        typed: dict[str, _Fields] = {**_TYPED, "variables": known} if known else dict(_TYPED)
        for chain in chains(text):
            fields = typed.get(chain.fields[0])
            if fields is None:
                continue
            if chain.optional and chain.fields[:2] == ("request", "userInfo"):
                raise Unsupported("who asks is known only to a cluster")
            for depth, name in enumerate(chain.fields[1:], start=1):
                if not fields or "*" in fields:
                    break
                if name not in fields:
                    place = chain.start + len(".".join(chain.fields[:depth]))
                    raise CompileFailed(f"undefined field '{name}'", *position(text, place))
                fields = fields[name]

    def _with_inlined(self, text: str) -> str:
        found = [chain for chain in chains(text) if chain.fields[0] == "variables" and chain.fields[1:2]]
        for chain in reversed(found):
            if chain.fields[1] in self.inlined:
                start = chain.start
                end = start + len("variables.") + len(chain.fields[1])
                text = f"{text[:start]}({self.inlined[chain.fields[1]]}\n){text[end:]}"
        return text


def _check_type(found: str, wanted: str, text: str) -> None:
    if wanted and found != wanted and not (found == "dyn" and _TYPED_THERE.search(text)):
        raise CompileFailed(f"must evaluate to {wanted} but got {found}")
