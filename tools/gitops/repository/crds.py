"""CustomResourceDefinitions as strict JSON Schemas.

A structural schema says what the API server keeps; whatever it does not name is pruned, so a strict schema closes every
object except where ``x-kubernetes-preserve-unknown-fields`` stands. Source:
https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/ (structural schemas).
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from gitops.models.values import mapping, sequence

JsonSchema = dict[str, Any]

OBJECT_META = {"$ref": "#/$defs/ObjectMeta"}
_PRESERVE = "x-kubernetes-preserve-unknown-fields"
_VALUE_RULES = frozenset(
    [
        "description",
        "enum",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "pattern",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
        "required",
    ]
)
_JUNCTORS = ("allOf", "anyOf", "oneOf")


class ServedKind(NamedTuple):
    """A kind at one version: what a schema is looked up by."""

    group: str
    version: str
    kind: str


def is_crd(body: dict[str, Any]) -> bool:
    """Whether a rendered object is a CustomResourceDefinition."""
    return body.get("kind") == "CustomResourceDefinition" and str(body.get("apiVersion", "")).startswith(
        "apiextensions.k8s.io/"
    )


def crd_schemas(crds: Iterable[dict[str, Any]]) -> Iterator[tuple[ServedKind, JsonSchema]]:
    """The strict schema of every served version; ``$defs/ObjectMeta`` is for the caller to add.

    A definition of another shape than the API's is left out: it fails its own schema check, and its kind has none.
    """
    for crd in crds:
        spec = mapping(crd.get("spec"))
        kind = mapping(spec.get("names")).get("kind")
        for version in map(mapping, sequence(spec.get("versions"))):
            schema = mapping(version.get("schema")).get("openAPIV3Schema")
            if kind and isinstance(schema, dict) and version.get("served", True):
                yield ServedKind(str(spec.get("group", "")), str(version.get("name", "")), str(kind)), strict(schema, root=True)


def strict(schema: JsonSchema, *, root: bool = False) -> JsonSchema:
    """A structural schema as a JSON Schema that refuses what the API server would prune."""
    result: JsonSchema = {key: value for key, value in schema.items() if key in _VALUE_RULES}
    types = _types(schema)
    if types:
        result["type"] = types if len(types) > 1 else types[0]
    if "object" in types or "properties" in schema:
        result.update(_object(schema, root=root))
    if isinstance(schema.get("items"), dict):
        result["items"] = strict(schema["items"])
    for junctor in _JUNCTORS:
        if isinstance(schema.get(junctor), list) and not _says_int_or_string(schema, junctor):
            result[junctor] = [_value_rules(part) for part in schema[junctor]]
    if isinstance(schema.get("not"), dict):
        result["not"] = _value_rules(schema["not"])
    if schema.get("nullable") and "enum" in result:
        result["enum"] = [*sequence(result["enum"]), None]
    return result


def _says_int_or_string(schema: JsonSchema, junctor: str) -> bool:
    """The idiom beside x-kubernetes-int-or-string, which repeats the types and would refuse a null that is allowed."""
    types = [part.get("type") for part in schema[junctor] if isinstance(part, dict) and set(part) == {"type"}]
    return bool(schema.get("x-kubernetes-int-or-string")) and sorted(map(str, types)) == ["integer", "string"]


def _types(schema: JsonSchema) -> list[str]:
    if schema.get("x-kubernetes-int-or-string"):
        types = ["integer", "string"]
    elif isinstance(schema.get("type"), str):
        types = [schema["type"]]
    else:
        return []
    return [*types, "null"] if schema.get("nullable") else types


def _object(schema: JsonSchema, *, root: bool) -> JsonSchema:
    properties = {name: strict(part) for name, part in mapping(schema.get("properties")).items() if isinstance(part, dict)}
    if root or schema.get("x-kubernetes-embedded-resource"):
        # The API server adds these to whatever the definition says, and lets it restrict only name and generateName.
        text = {"type": "string"}
        properties = {**properties, "apiVersion": text, "kind": text, "metadata": OBJECT_META}
    result: JsonSchema = {"properties": properties} if properties else {}
    extra = schema.get("additionalProperties")
    if isinstance(extra, dict):
        result["additionalProperties"] = strict(extra)
    elif extra is not True and not schema.get(_PRESERVE):
        result["additionalProperties"] = False
    if root:
        result["required"] = sorted({*map(str, sequence(schema.get("required"))), "apiVersion", "kind", "metadata"})
    return result


def _value_rules(part: Any) -> Any:
    """A schema inside a junctor: it only restricts values, so it closes nothing and is kept as it is."""
    if isinstance(part, list):
        return [_value_rules(item) for item in part]
    if isinstance(part, dict):
        return {key: _value_rules(value) for key, value in part.items() if not str(key).startswith("x-kubernetes-")}
    return part
