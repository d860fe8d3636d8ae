"""kubeconform's messages, as v0.8 prints them."""

from typing import Any

import pytest

from gitops.repository.complaints import Detail, close_names, details

HEAD = "problem validating schema. Check JSON formatting: jsonschema validation failed with 'file:///schemas/x.json#'"
BODY: dict[str, Any] = {
    "metadata": {"labels": {"b/c~d": 2}},
    "spec": {
        "ports": [{}],
        "env": [{}],
        "0": {},
        "template": {"spec": {"containers": [{}]}},
        "one": {},
    },
}
CONTAINER = ("spec", "template", "spec", "containers", 0)
AT = "/spec/template/spec/containers/0"


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        pytest.param(
            " - at '/spec': got number, want null or object", [Detail(("spec",), "got number, want object")], id="wrong type"
        ),
        pytest.param(
            " - at '/spec': validation failed   - at '/spec/clusterIPs': got string, want null or array"
            "   - at '/spec/ports/0/targetPort': got array, want null or integer or string",
            [
                Detail(("spec", "clusterIPs"), "got string, want array"),
                Detail(("spec", "ports", 0, "targetPort"), "got array, want integer or string"),
            ],
            id="two faults inside one",
        ),
        pytest.param(
            " - at '/spec': validation failed   - at '/spec': missing property 'selector'"
            f"   - at '{AT}': validation failed     - at '{AT}/name': got number, want string"
            f"     - at '{AT}': additional properties 'imagee', 'we\\'ird' not allowed"
            "   - at '/spec/replicas': got string, want null or integer",
            [
                Detail(("spec",), "the field 'selector' is missing", missing="selector"),
                Detail((*CONTAINER, "name"), "got number, want string"),
                Detail((*CONTAINER, "imagee"), "unknown field 'imagee'", "imagee"),
                Detail((*CONTAINER, "we'ird"), "unknown field 'we'ird'", "we'ird"),
                Detail(("spec", "replicas"), "got string, want integer"),
            ],
            id="nested three deep",
        ),
        pytest.param(
            " - at '': missing properties 'apiVersion', 'kind'",
            [
                Detail((), "the field 'apiVersion' is missing", missing="apiVersion"),
                Detail((), "the field 'kind' is missing", missing="kind"),
            ],
            id="several missing at the root",
        ),
        pytest.param(
            " - at '/metadata/labels/b~1c~0d': got number, want null or string",
            [Detail(("metadata", "labels", "b/c~d"), "got number, want string")],
            id="a key that a pointer escapes",
        ),
        pytest.param(
            " - at '/spec': additional properties 'a/b~c' not allowed",
            [Detail(("spec", "a/b~c"), "unknown field 'a/b~c'", "a/b~c")],
            id="an unknown field that a pointer would escape",
        ),
        pytest.param(
            " - at '/spec/0/x': got number, want string",
            [Detail(("spec", "0", "x"), "got number, want string")],
            id="a key of digits",
        ),
        pytest.param(
            " - at '/spec': validation failed   - at '/spec/name': validation failed"
            "     - at '/spec/name': minLength: got 1, want 2"
            "     - at '/spec/name': 'A' does not match pattern '^[a-z]+$'   - at '/spec/mode': value must be one of 'a', 'b'",
            [
                Detail(("spec", "name"), "minLength: got 1, want 2"),
                Detail(("spec", "name"), "'A' does not match pattern '^[a-z]+$'"),
                Detail(("spec", "mode"), "value must be one of 'a', 'b'"),
            ],
            id="several faults of one value",
        ),
        pytest.param(
            " - at '/spec/one': 'anyOf' failed   - at '/spec/one': missing property 'a'"
            "   - at '/spec/one': missing property 'b'",
            [
                Detail(("spec", "one"), "the field 'a' is missing", missing="a"),
                Detail(("spec", "one"), "the field 'b' is missing", missing="b"),
            ],
            id="what anyOf encloses",
        ),
        pytest.param(
            " - at '/spec/size': maximum: got 11, want 10 - at '/spec/one': 'oneOf' failed, subschemas 0, 1 matched"
            " - at '/spec/no': 'not' failed",
            [
                Detail(("spec", "size"), "maximum: got 11, want 10"),
                Detail(("spec", "one"), "'oneOf' failed, subschemas 0, 1 matched"),
                Detail(("spec", "no"), "'not' failed"),
            ],
            id="what encloses nothing, beside another fault",
        ),
        pytest.param(
            " - at '/spec/one': 'oneOf' failed, none matched   - at '/spec/one/a': got string, want integer",
            [Detail(("spec", "one", "a"), "got string, want integer")],
            id="what oneOf encloses",
        ),
        pytest.param(
            " - at '/spec/one': 'oneOf' failed, subschemas 0, 1 matched",
            [Detail(("spec", "one"), "'oneOf' failed, subschemas 0, 1 matched")],
            id="oneOf that encloses nothing",
        ),
        pytest.param(" - at '/spec': 'not' failed", [Detail(("spec",), "'not' failed")], id="not, which encloses nothing"),
        pytest.param(
            " - at '/spec/env/0': validation failed   - at '/spec/env/0': missing property 'name'"
            "   - at '/spec/env/0': additional properties 'nam' not allowed",
            [Detail(("spec", "env", 0, "nam"), "unknown field 'nam'", "nam")],
            id="a misspelt field is not missing too",
        ),
        pytest.param(
            " - at '/spec/env/0': missing property 'name' - at '/spec/env/0': additional properties 'value' not allowed",
            [
                Detail(("spec", "env", 0), "the field 'name' is missing", missing="name"),
                Detail(("spec", "env", 0, "value"), "unknown field 'value'", "value"),
            ],
            id="another unknown field does not stand for the missing one",
        ),
        pytest.param(
            " - at '/spec/env/0': missing property 'name' - at '/spec': additional properties 'nam' not allowed",
            [
                Detail(("spec", "env", 0), "the field 'name' is missing", missing="name"),
                Detail(("spec", "nam"), "unknown field 'nam'", "nam"),
            ],
            id="a misspelt field elsewhere neither",
        ),
    ],
)
def test_a_message_tells_each_fault_once(entries: str, found: list[Detail]) -> None:
    assert details(HEAD + entries, BODY) == found


@pytest.mark.parametrize("message", ["error unmarshalling resource: invalid character", "", HEAD])
def test_a_message_of_another_form_is_one_fault_of_the_whole_object(message: str) -> None:
    assert details(message, BODY) == [Detail((), message)]


def test_near_names_come_the_nearest_first() -> None:
    assert close_names("imagee", ["name", "images", "image", "ports"]) == ["image", "images"]
    assert close_names("zzz", ["name"]) == []
