"""The rules of CustomResourceDefinitions (``x-kubernetes-validations``) on our custom resources.

Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules.
What is asked is a creation: rules that compare with ``oldSelf`` have nothing to say then, as in the API server.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from gitops.checks.admission.compiled import engine
from gitops.checks.admission.engine import Answer, CompileFailed, Kind, Program, Unsupported
from gitops.checks.admission.lexer import chains
from gitops.models.paths import JsonPath
from gitops.models.resource import JsonObject
from gitops.models.values import mapping, sequence

_RULES = "x-kubernetes-validations"
# Words that CEL keeps for itself; a field of such a name is __word__ to rules.
_RESERVED = frozenset(
    [
        *("true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if", "import", "let"),
        *("loop", "package", "namespace", "return", "var", "void", "while"),
    ]
)
_SIGNS = {"__": "__underscores__", ".": "__dot__", "-": "__dash__", "/": "__slash__"}
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


class Broken(NamedTuple):
    """A rule that an object breaks, or (``unknown``) that nobody can judge offline; ``path`` leads into the object."""

    path: JsonPath
    message: str
    unknown: bool = False


def served_schema(definition: JsonObject, version: str) -> JsonObject | None:
    """The schema of one version of a CustomResourceDefinition."""
    for each in map(mapping, sequence(mapping(definition.get("spec")).get("versions"))):
        if each.get("name") == version:
            return mapping(mapping(each.get("schema")).get("openAPIV3Schema"))
    return None


def defaulted(value: Any, schema: JsonObject) -> Any:
    """A value with its schema's defaults, and without the nulls that the API server drops before it applies them."""
    if isinstance(value, dict):
        result = {}
        properties, extra = mapping(schema.get("properties")), mapping(schema.get("additionalProperties"))
        for name, item in value.items():
            part = mapping(properties.get(name)) or extra
            if item is None and "default" in part and not part.get("nullable"):
                continue
            result[name] = defaulted(item, part)
        for name, part in properties.items():
            if name not in result and "default" in mapping(part):
                result[name] = defaulted(part["default"], part)
        return result
    if isinstance(value, list):
        return [defaulted(item, mapping(schema.get("items"))) for item in value]
    return value


def broken_rules(body: JsonObject, schema: JsonObject) -> Iterator[Broken]:
    """What the rules of a version's schema have against an object, once defaults are applied."""
    if _has_rules(id(schema), schema):
        yield from _broken(defaulted(body, schema), schema, ())


def _has_rules(_: int, schema: Any) -> bool:
    if isinstance(schema, dict):
        return _RULES in schema or any(_has_rules(0, part) for part in schema.values())
    return isinstance(schema, list) and any(_has_rules(0, part) for part in schema)


def _broken(value: Any, schema: JsonObject, path: JsonPath) -> Iterator[Broken]:
    if value is None:
        return  # rules are about values that are there
    rules = sequence(schema.get(_RULES))
    shown = _shown(value, schema) if rules else None
    for rule in map(mapping, rules):
        yield from _judged(rule, shown, path)
    if isinstance(value, dict):
        properties, extra = mapping(schema.get("properties")), mapping(schema.get("additionalProperties"))
        for name, item in value.items():
            part = mapping(properties.get(name)) or extra
            if part:
                yield from _broken(item, part, (*path, name))
    elif isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            yield from _broken(item, schema["items"], (*path, index))


def _judged(rule: JsonObject, shown: Any, path: JsonPath) -> Iterator[Broken]:
    text = str(rule.get("rule", ""))
    if any(chain.fields[0] == "oldSelf" for chain in chains(text)):
        if not rule.get("optionalOldSelf"):
            return
        text = re.sub(r"\boldSelf\b", "optional.none()", text)
    answer = _evaluated(text, shown)
    told = str(rule.get("message") or "").strip() or f"failed rule: {str(rule.get('rule', '')).strip()}"
    if answer.kind is Kind.ERROR:
        yield Broken(path, f"{answer.message} evaluating rule: {told}")
    elif answer.kind is Kind.UNKNOWN:
        yield Broken(path, f"{answer.message} (rule: {told})", unknown=True)
    elif answer.value is not True:
        worded = _evaluated(str(rule["messageExpression"]), shown) if rule.get("messageExpression") else None
        if worded and worded.kind is Kind.VALUE and isinstance(worded.value, str) and worded.value.strip():
            told = worded.value.strip()
        field = tuple(re.findall(r"[A-Za-z0-9_-]+", str(rule.get("fieldPath") or "")))
        yield Broken((*path, *field), told)


def _evaluated(text: str, shown: Any) -> Answer:
    program = _compiled(text)
    return program if isinstance(program, Answer) else program.evaluate(engine().data({"self": shown}))


@cache
def _compiled(text: str) -> Program | Answer:
    try:
        return engine().compile(text, {"self": "dyn"})
    except CompileFailed as failure:
        return Answer(Kind.ERROR, message=f"rule compile error at {failure.line}:{failure.column}: {failure.message};")
    except Unsupported as failure:
        return Answer(Kind.UNKNOWN, message=str(failure))


def _shown(value: Any, schema: JsonObject) -> Any:
    """A value as rules see it: fields under names that CEL can write, numbers and times of the schema's types."""
    if isinstance(value, dict):
        properties, extra = mapping(schema.get("properties")), mapping(schema.get("additionalProperties"))
        return {
            (_escaped(name) if name in properties else name): _shown(item, mapping(properties.get(name)) or extra)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_shown(item, mapping(schema.get("items"))) for item in value]
    if schema.get("type") == "number" and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if schema.get("format") == "date-time" and isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return value
    return value


def _escaped(name: str) -> str:
    if name in _RESERVED:
        return f"__{name}__"
    result = name
    for sign, word in _SIGNS.items():
        result = result.replace(sign, word) if sign != "__" else re.sub("__", "\0", result)
    result = result.replace("\0", "__underscores__")
    return result if _IDENTIFIER.fullmatch(result) else name
