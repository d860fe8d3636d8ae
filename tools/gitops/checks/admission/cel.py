"""CEL by cel-expr-python (Google's C++ engine), made to know what the API server's environment knows and nothing more.

Kubernetes' environment: https://github.com/kubernetes/kubernetes/blob/v1.36.0/staging/src/k8s.io/apiserver/pkg/cel/environment/base.go.
cel-go's ``bindings``, ``math`` and ``encoders`` are not in it. The engine's own ways, tried one by one:

- it evaluates to an error instead of raising one; a name without a value is such an error, and may be absorbed by ``||``;
- parameters of the type ``dyn`` are not found at run time, so a function that takes anything is declared for each type;
- it takes and gives no types of ours, and no optionals: see ``values.py``, and ``_rewritten`` for what gives an optional.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from cel_expr_python import cel

from gitops.checks.admission.addresses import address_functions
from gitops.checks.admission.engine import Answer, CompileFailed, Data, Function, Kind, Program, Unsupported
from gitops.checks.admission.errors import LIST_FIELD, NO_FIELDS, in_go_words, regex_in_go_words
from gitops.checks.admission.lexer import Token, boxed, chains, closing, position, tokens
from gitops.checks.admission.lists import list_functions
from gitops.checks.admission.strings import string_functions
from gitops.checks.admission.values import value_functions

_EXTENSIONS = ("optional", "two-var-comprehensions", "lists", "sets")
_TYPES = {
    "bool": cel.Type.BOOL,
    "int": cel.Type.INT,
    "uint": cel.Type.UINT,
    "double": cel.Type.DOUBLE,
    "string": cel.Type.STRING,
    "bytes": cel.Type.BYTES,
    "timestamp": cel.Type.TIMESTAMP,
    "duration": cel.Type.DURATION,
    "null": cel.Type.NULL,
    "list": cel.Type.LIST,
    "map": cel.Type.MAP,
    "dyn": cel.Type.DYN,
    "list<string>": cel.Type.List(cel.Type.STRING),
}
_ANYTHING = ("int", "string", "bool", "double", "uint", "bytes", "null", "list", "map", "timestamp", "duration")
_PROBLEM = re.compile(r"ERROR: <input>:(\d+):(-?\d+): (.*)")
_NUMBER = "(?:int|uint|double)"
_MIXED_NUMBERS = re.compile(rf"found no matching overload for '_[<>]=?_' applied to '\({_NUMBER}, {_NUMBER}\)'")
_UNDECLARED = re.compile(r"undeclared reference to '(\w+)\.[\w.]+'(.*)", re.DOTALL)
_GROUP = re.compile(r"\\Q.*?(?:\\E|$)|\\.|\[\^?\]?(?:\\.|\[:\w+:\]|[^\]])*\]|\((?:\?P?<\w+>|(?!\?))", re.DOTALL)
_NO_VALUE = re.compile(r'No value with name "([^"]+)" found in Activation')
_NOT_HERE = ("transformMap", "transformMapEntry")
_LITERALS = {"matches": "''.matches({})", "duration": "duration({})", "timestamp": "timestamp({})"}


class CelProgram:
    """A compiled expression.

    Of null or a number, cel-go has every field absent, and this engine an error. Where that is all that comes out, ``careful``
    makes another program, in which such values are empty maps to whoever asks for a field.
    """

    def __init__(self, program: cel.Expression, returns: str, careful: Callable[[], cel.Expression | None]) -> None:
        self._program = program
        self._careful = careful
        self.returns = returns

    def evaluate(self, data: Data) -> Answer:
        """The value of the expression over ``data``."""
        answer = _evaluated(self._program, data)
        if answer.kind is Kind.ERROR and answer.message in NO_FIELDS:
            program = self._careful()
            again = _evaluated(program, data) if program else answer
            # Still the same: the field of a list, of which neither engine has any.
            return again if again.message not in NO_FIELDS else again._replace(message=LIST_FIELD)
        return answer


def _evaluated(program: cel.Expression, data: Data) -> Answer:
    try:
        result = program.eval(activation=data)
        kind, value = result.type().name(), result.plain_value()
    except TypeError:
        return Answer(Kind.UNKNOWN, message="its value is of a type that the offline engine can't hand on")
    except RuntimeError as error:
        return Answer(Kind.UNKNOWN, message=f"the offline engine gave up: {error}")
    if kind not in {"ERROR", "UNKNOWN"}:
        return Answer(Kind.VALUE, bytes(value) if kind == "BYTES" else value)
    missing = _NO_VALUE.search(str(value))
    if missing:
        return Answer(Kind.UNKNOWN, missing[1], f"'{missing[1]}' is known only to a cluster")
    return Answer(Kind.ERROR, message=in_go_words(str(value)))


class CelEngine:
    """The engine; environments are kept by the variables that they know."""

    def __init__(self) -> None:
        self._environment = lru_cache(maxsize=512)(self._made)
        self._plain = self._made(())

    def compile(self, expression: str, variables: Mapping[str, str]) -> Program:
        """See ``Engine.compile``."""
        read = tokens(expression)
        for token in read:
            if token.text in _NOT_HERE:
                raise Unsupported(f"the offline engine has no {token.text}()")
        text, shifts = _rewritten(expression, read, variables)
        environment = self._environment(tuple(sorted(variables.items())))
        try:
            program = environment.compile(text)
        except RuntimeError as error:
            if not _MIXED_NUMBERS.search(str(error)):
                raise _failure(str(error), expression, shifts) from None
            # The API server compares numbers of any type; this engine does so too, but its checker does not know.
            return CelProgram(environment.compile(text, disable_check=True), "bool", lambda: None)
        self._check_literals(expression, read)

        @cache
        def careful() -> cel.Expression | None:
            try:
                return environment.compile(boxed(text, frozenset(name for name in variables if "." in name)))
            except RuntimeError:
                return None

        return CelProgram(program, program.return_type().name().lower(), careful)

    def data(self, values: Mapping[str, Any]) -> Data:
        """See ``Engine.data``."""
        ready: Data = self._plain.Activation(dict(values))
        return ready

    @staticmethod
    def _made(variables: tuple[tuple[str, str], ...]) -> cel.Env:
        config = cel.NewEnvConfigFromYaml("extensions:\n" + "".join(f"  - name: {name}\n" for name in _EXTENSIONS))
        types = {name: _TYPES.get(kind, cel.Type.DYN) for name, kind in variables}
        return cel.NewEnv(config=config, variables=types, functions=_declarations())

    def _check_literals(self, expression: str, read: list[Token]) -> None:
        """Patterns, times and durations that are written out: the API server's compiler reads them too."""
        for name, bracket, literal, end in zip(read, read[1:], read[2:], read[3:], strict=False):
            probe = _LITERALS.get(name.text)
            if probe and bracket.text == "(" and literal.group == "string" and end.text == ")":
                value = self._plain.compile(probe.format(literal.text)).eval()
                if value.type().name() == "ERROR":
                    raise CompileFailed(f"invalid {name.text} argument", *position(expression, literal.start))


def _rewritten(expression: str, read: list[Token], variables: Mapping[str, str]) -> tuple[str, list[tuple[int, int]]]:
    """The expression as this engine takes it, and where it grew: offsets in the old text with the letters put in.

    ``validate()`` and ``format.named()`` give an optional in Kubernetes: here a list of at most one, with ``[?0]`` after it.
    ``has(variables.x)`` is true for every variable that there is, as is that of what the API server writes into every object.
    """
    edits: list[tuple[int, int, str]] = []
    for index, token in enumerate(read[:-1]):
        named = token.text == "named" and index > 1 and read[index - 2].text == "format"
        if (token.text == "validate" or named) and read[index + 1].text == "(" and read[index - 1].text == ".":
            end = read[closing(read, index + 1)].end
            edits.append((end, end, "[?0]"))
    for chain in chains(expression):
        if chain.has and len(chain.fields) > 1 and ".".join(chain.fields) in variables:
            start = expression.rindex("has", 0, chain.start)
            end = expression.index(")", chain.end) + 1
            edits.append((start, end, "true".ljust(end - start)))
    text = expression
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text, [(end, len(new)) for start, end, new in sorted(edits) if start == end]


def _failure(message: str, expression: str, shifts: Sequence[tuple[int, int]]) -> CompileFailed | Unsupported:
    match = _PROBLEM.search(message)
    if not match:
        return Unsupported(f"the offline engine can't plan it: {message.removesuffix(' [INVALID_ARGUMENT]')}")
    if "'string' applied to '(map(" in match[3]:
        return Unsupported("the offline engine has no string() of addresses")
    line, column = int(match[1]), max(1, int(match[2]))
    start = sum(len(each) + 1 for each in expression.split("\n")[: line - 1])
    for offset, grown in shifts:
        if start <= offset < start + column:
            column -= grown
    message = match[3]
    nested = _UNDECLARED.match(message)
    if nested:  # the root of it is what there is not
        message, place = f"undeclared reference to '{nested[1]}'{nested[2]}", expression.rfind(nested[1], 0, start + column)
        column = place - start + 1 if place >= start else column
    return CompileFailed(message, line, max(1, column))


@cache
def _declarations() -> list[cel.FunctionDecl]:
    functions = [*string_functions(find_all), *list_functions(), *value_functions(), *address_functions(), *_authorizer()]
    functions.append(Function("k8sBox", ("dyn",), "dyn", lambda value: value if isinstance(value, dict | list) else {}))
    by_name: dict[str, list[Function]] = {}
    for function in functions:
        by_name.setdefault(function.name, []).append(function)
    return [cel.FunctionDecl(name, [one for each in group for one in _overloads(each)]) for name, group in by_name.items()]


def _overloads(function: Function) -> list[cel.Overload]:
    choices = [function.parameters]
    if "dyn" in function.parameters:
        place = function.parameters.index("dyn")
        choices = [(*function.parameters[:place], one, *function.parameters[place + 1 :]) for one in _ANYTHING]
    return [
        cel.Overload(
            "_".join(["k8s", "member" if function.member else "global", re.sub(r"\W", "_", function.name), *parameters]),
            return_type=_TYPES[function.returns],
            parameters=[_TYPES[parameter] for parameter in parameters],
            is_member=function.member,
            impl=function.implementation,
        )
        for parameters in choices
    ]


def _authorizer() -> list[Function]:
    """The authorizer's methods: declared, so that expressions compile; never called, since it has no value offline."""

    def never(*_: Any) -> None:
        raise ValueError("no authorizer offline")

    steps = ("path", "group", "resource", "subresource", "check", "namespace", "name", "fieldSelector", "labelSelector")
    made = [Function(name, ("dyn", "string"), "dyn", never) for name in steps]
    made += [Function("serviceAccount", ("dyn", "string", "string"), "dyn", never)]
    made += [Function(name, ("dyn",), "bool", never) for name in ("allowed", "errored")]
    return [*made, *(Function(name, ("dyn",), "string", never) for name in ("reason", "error"))]


@cache
def _finder() -> cel.Expression:
    config = cel.NewEnvConfigFromYaml("extensions:\n  - name: optional\n  - name: regex\n")
    names = {"text": cel.Type.STRING, "pattern": cel.Type.STRING}
    return cel.NewEnv(config=config, variables=names).compile("regex.extractAll(text, pattern)")


def find_all(text: str, pattern: str) -> list[str]:
    """All matches, from left to right, by RE2, whose time grows with the text and never worse."""
    found = _finder().eval(data={"text": text, "pattern": _without_groups(pattern)})
    if found.type().name() == "ERROR":
        raise ValueError(f"Illegal regex: {regex_in_go_words(str(found.plain_value()), pattern)}")
    return list(found.plain_value())


@lru_cache(maxsize=1024)
def _without_groups(pattern: str) -> str:
    """The pattern with groups that capture nothing: the engine would give the group instead of the match."""
    return _GROUP.sub(_group, pattern)


def _group(match: re.Match[str]) -> str:
    return "(?:" if match.group().startswith("(") else match.group()
