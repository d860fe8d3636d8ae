"""CustomResourceDefinitions as strict schemas: what a real one takes and refuses."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from gitops.repository.crds import JsonSchema, ServedKind, crd_schemas, is_crd, strict

META = {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": "x"}}


def _crd(*versions: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "spec": {"group": "example.org", "names": {"kind": "Thing"}, "versions": list(versions), **spec},
    }


def _version(name: str, schema: JsonSchema | None, **more: Any) -> dict[str, Any]:
    return {"name": name, "served": True, "schema": {"openAPIV3Schema": schema}, **more}


def _takes(schema: JsonSchema, value: Any) -> bool:
    Draft202012Validator.check_schema(schema)
    return not list(Draft202012Validator(schema).iter_errors(value))


OBJECT = {"type": "object", "properties": {"a": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("schema", "takes", "refuses"),
    [
        pytest.param(OBJECT, [{}, {"a": 1}], [{"b": 1}, {"a": "x"}, []], id="an object is closed"),
        pytest.param({"properties": OBJECT["properties"]}, [{"a": 1}], [{"b": 1}], id="also one without a type"),
        pytest.param({"type": "object"}, [{}], [{"a": 1}], id="an object without properties keeps nothing"),
        pytest.param(
            {"type": "object", "properties": {"in": OBJECT}},
            [{"in": {"a": 1}}],
            [{"in": {"b": 1}}],
            id="an object in an object",
        ),
        pytest.param({"type": "array", "items": OBJECT}, [[], [{"a": 1}]], [[{"b": 1}], [1]], id="an object in a list"),
        pytest.param({**OBJECT, "required": ["a"]}, [{"a": 1}], [{}], id="required fields"),
        pytest.param(
            {**OBJECT, "x-kubernetes-preserve-unknown-fields": True}, [{"b": 1}], [{"a": "x"}], id="unknown fields preserved"
        ),
        pytest.param(
            {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "properties": {"in": OBJECT}},
            [{"b": 1}, {"in": {"a": 1}}],
            [{"in": {"b": 1}}],
            id="preserved outside, closed again inside",
        ),
        pytest.param(
            {"type": "object", "additionalProperties": {"type": "string"}}, [{}, {"b": "x"}], [{"b": 1}], id="map of texts"
        ),
        pytest.param(
            {"type": "object", "additionalProperties": OBJECT}, [{"b": {"a": 1}}], [{"b": {"b": 1}}], id="map of objects"
        ),
        pytest.param({"type": "object", "additionalProperties": True}, [{"b": 1}], [1], id="map of anything"),
        pytest.param({"type": "object", "additionalProperties": False}, [{}], [{"b": 1}], id="map of nothing"),
        pytest.param({"x-kubernetes-int-or-string": True}, [1, "50%"], [1.5, None, True, {}], id="int or string"),
        pytest.param(
            {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
            [1, "50%"],
            [1.5, []],
            id="int or string with its anyOf",
        ),
        pytest.param(
            {"x-kubernetes-int-or-string": True, "nullable": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
            [1, "50%", None],
            [1.5],
            id="nullable int or string",
        ),
        pytest.param({"type": "string", "nullable": True}, ["x", None], [1], id="nullable"),
        pytest.param({**OBJECT, "nullable": True}, [{"a": 1}, None], [{"b": 1}], id="nullable object"),
        pytest.param({"type": "string", "enum": ["a"]}, ["a"], ["b", None], id="enum"),
        pytest.param({"type": "string", "enum": ["a"], "nullable": True}, ["a", None], ["b"], id="nullable enum"),
        pytest.param({"type": "string"}, ["x"], [None], id="not nullable"),
        pytest.param({"type": "string", "pattern": "^a+$", "minLength": 2}, ["aa"], ["a", "ab"], id="text rules"),
        pytest.param({"type": "integer", "minimum": 1, "maximum": 3, "multipleOf": 2}, [2], [0, 1, 4], id="number rules"),
        pytest.param(
            {"type": "array", "minItems": 1, "uniqueItems": True, "items": {}}, [[1, "a"]], [[], [1, 1]], id="list rules"
        ),
        pytest.param({"x-kubernetes-preserve-unknown-fields": True}, [1, "x", {"a": 1}, None], [], id="anything"),
        pytest.param(
            {
                "type": "object",
                "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}},
                "oneOf": [{"required": ["a"]}, {"required": ["b"]}],
            },
            [{"a": 1}, {"b": 1}],
            [{}, {"a": 1, "b": 1}, {"a": 1, "c": 1}],
            id="oneOf restricts and closes nothing",
        ),
        pytest.param(
            {**OBJECT, "allOf": [{"properties": {"a": {"minimum": 5}}}]},
            [{"a": 5}],
            [{"a": 4}, {"b": 5}],
            id="allOf on a field",
        ),
        pytest.param({**OBJECT, "not": {"required": ["a"]}}, [{}], [{"a": 1}], id="not"),
        pytest.param(
            {"type": "string", "format": "date-time", "default": "x"}, ["x"], [1], id="formats and defaults are left out"
        ),
        pytest.param(
            {"type": "object", "properties": {"type": {"type": "string"}}}, [{"type": "x"}], [{"type": 1}], id="field 'type'"
        ),
    ],
)
def test_a_schema_takes_what_the_api_server_keeps(schema: JsonSchema, takes: list[Any], refuses: list[Any]) -> None:
    strictly = strict(schema)
    assert [value for value in takes if not _takes(strictly, value)] == []
    assert [value for value in refuses if _takes(strictly, value)] == []


def test_an_embedded_object_has_the_fields_of_every_object() -> None:
    schema = {**strict({**OBJECT, "x-kubernetes-embedded-resource": True}), "$defs": {"ObjectMeta": {"type": "object"}}}
    assert _takes(schema, {**META, "a": 1})
    assert not _takes(schema, {**META, "b": 1})


def test_the_root_needs_a_kind_a_version_and_metadata() -> None:
    ((kind, schema),) = crd_schemas([_crd(_version("v1", {**OBJECT, "required": ["a"]}))])
    schema = {**schema, "$defs": {"ObjectMeta": {"type": "object", "required": ["name"]}}}
    assert kind == ServedKind("example.org", "v1", "Thing")
    assert schema["required"] == ["a", "apiVersion", "kind", "metadata"]
    assert _takes(schema, {**META, "a": 1})
    assert not _takes(schema, {"a": 1})
    assert not _takes(schema, {**META, "a": 1, "metadata": {}})
    assert not _takes(schema, {**META, "a": 1, "status": {}})


def test_every_served_version_has_a_schema_and_no_other() -> None:
    crd = _crd(_version("v1", OBJECT), _version("v1beta1", OBJECT, served=False), _version("v2", OBJECT, storage=True))
    assert [kind.version for kind, _ in crd_schemas([crd])] == ["v1", "v2"]


@pytest.mark.parametrize(
    "crd",
    [
        pytest.param({"kind": "CustomResourceDefinition"}, id="no spec"),
        pytest.param({"spec": []}, id="spec that is a list"),
        pytest.param(_crd(_version("v1", OBJECT), names="Thing"), id="names that are a text"),
        pytest.param(_crd(_version("v1", OBJECT), names={}), id="no kind"),
        pytest.param(_crd(), id="no versions"),
        pytest.param(_crd({"name": "v1", "served": True}), id="version without a schema"),
        pytest.param(_crd(_version("v1", None)), id="empty schema"),
        pytest.param(_crd(versions=5), id="versions that are a number"),
        pytest.param(_crd("v1"), id="version that is a text"),  # type: ignore[arg-type]
    ],
)
def test_a_definition_of_another_shape_has_no_schema(crd: dict[str, Any]) -> None:
    assert list(crd_schemas([crd])) == []


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "required": True},
        {"type": "object", "properties": ["a"]},
        {"type": "object", "properties": {"a": {"enum": 3, "nullable": True}}},
        {"type": "object", "properties": {"a": {"items": [], "allOf": {}, "not": []}}},
    ],
    ids=str,
)
def test_a_schema_of_another_shape_trips_nothing(schema: JsonSchema) -> None:
    assert len(list(crd_schemas([_crd(_version("v1", schema))]))) == 1


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition"}, True),
        ({"apiVersion": "apiextensions.k8s.io/v1beta1", "kind": "CustomResourceDefinition"}, True),
        ({"apiVersion": "example.org/v1", "kind": "CustomResourceDefinition"}, False),
        ({"apiVersion": "apiextensions.k8s.io/v1", "kind": "ConversionReview"}, False),
        ({}, False),
    ],
    ids=str,
)
def test_a_definition_is_known_by_kind_and_group(body: dict[str, Any], expected: bool) -> None:
    assert is_crd(body) is expected
