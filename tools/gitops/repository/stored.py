"""Built-in objects as policies see them: read into the API server's types, defaulted, and written out again.

A policy is not asked about the manifest. The server drops unknown fields and nulls, leaves out what is empty where its types
say ``omitempty``, writes what is empty where they do not (``resources: {}`` in every container), brings quantities into their
canonical form and applies defaults. ``docs/admission.md`` lists what is not done here; ``tests/e2e/test_stored.py`` compares
every rendered object with a server's answer.
"""

import base64
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from gitops.models.resource import JsonObject
from gitops.models.values import mapping
from gitops.repository import quantities
from gitops.repository.defaults import set_defaults

_FILE = Path(__file__).parent / "schemas" / "objects.yaml"
_ZERO: dict[str, Any] = {"s": "", "b": False, "i": 0, "f": 0}
_MILLI = frozenset({"limits", "requests", "capacity", "overhead", "hard", "default", "defaultRequest", "max", "min"})
# The groups whose v1 (of autoscaling: v2) the file describes.
_VERSIONS = {
    **dict.fromkeys(("", "apps", "batch", "networking.k8s.io", "policy", "rbac.authorization.k8s.io"), "v1"),
    **dict.fromkeys(("scheduling.k8s.io", "storage.k8s.io", "admissionregistration.k8s.io", "apiextensions.k8s.io"), "v1"),
    "autoscaling": "v2",
}


class _Field(NamedTuple):
    name: str
    kind: str
    always: bool
    unless_empty: bool


@cache
def _types() -> dict[str, tuple[_Field, ...]]:
    read: dict[str, str] = yaml.load(_FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return {name: tuple(map(_field, text.split())) for name, text in read.items()}


def _field(text: str) -> _Field:
    name, _, kind = text.partition(":")
    return _Field(name, kind.rstrip("!z") if kind != "z" else kind, kind.endswith(("!", "!z")), kind.endswith("z"))


def is_known(group: str, version: str, kind: str) -> bool:
    """Whether ``stored`` knows the type."""
    return _VERSIONS.get(group) == version and any(field.name == "metadata" for field in _types().get(kind, ()))


def stored(body: JsonObject) -> JsonObject:
    """A new object with what the server would make of ``body``; a kind that it does not know is only copied, without nulls."""
    group, _, version = str(body.get("apiVersion", "")).rpartition("/")
    kind = str(body.get("kind", ""))
    if not is_known(group, version, kind):
        return mapping(_without_nulls(body))
    if (group, kind) == ("", "Secret"):
        body = _with_string_data(body)
    result = mapping(_struct(body, kind))
    set_defaults(kind, result)
    return result


def pod_of(template: JsonObject, namespace: str, owner: str) -> JsonObject:
    """The pod that a controller makes of a template, as policies see it."""
    metadata = {**mapping(template.get("metadata")), "namespace": namespace, "generateName": f"{owner}-"}
    return stored({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": mapping(template.get("spec"))})


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    return [_without_nulls(item) for item in value] if isinstance(value, list) else value


def _with_string_data(body: JsonObject) -> JsonObject:
    text = mapping(body.get("stringData"))
    encoded = {key: base64.b64encode(str(value).encode()).decode() for key, value in text.items()}
    return {**body, "data": {**mapping(body.get("data")), **encoded}, "stringData": None}


def _struct(value: Any, kind: str) -> Any:
    if not isinstance(value, dict):
        return value  # of another shape than the API's: the schema check's business
    result: JsonObject = {}
    for field in _types()[kind]:
        given = value.get(field.name)
        written, keep = _written(given, field)
        if keep:
            result[field.name] = written
    return result


def _written(given: Any, field: _Field) -> tuple[Any, bool]:  # noqa: PLR0911 - one for each sort of type
    """The value as the server writes it, and whether it writes it at all."""
    kind = field.kind
    if kind[0] == "*":
        return (None, field.always) if given is None else (_value(given, kind[1:], field.name), True)
    if kind[0] in "[{":
        return (given, field.always) if not given else (_value(given, kind, field.name), True)
    if kind in _ZERO:
        return (_ZERO[kind], field.always) if given in (None, "", False, 0) else (given, True)
    if kind in {"any", "bytes", "time", "duration"}:
        return given, given is not None or (kind == "time" and not field.unless_empty)
    if kind == "quantity":
        return _quantity(given if given is not None else 0, field.name), True
    if kind == "intstr":
        return (0 if given is None else given), True
    return _struct({} if given is None else given, kind), not (field.unless_empty and not given)


def _value(given: Any, kind: str, name: str) -> Any:
    if kind[0] == "[":
        return [_value(item, kind[1:], name) for item in given] if isinstance(given, list) else given
    if kind[0] == "{":
        return {key: _value(item, kind[1:], name) for key, item in given.items()} if isinstance(given, dict) else given
    if kind[0] == "*":
        return _value(given, kind[1:], name)
    if kind == "quantity":
        return _quantity(given, name)
    return _struct(given, kind) if kind in _types() else given


def _quantity(given: Any, name: str) -> Any:
    """In lists of resources the server rounds up to thousandths."""
    if isinstance(given, bool) or not isinstance(given, str | int | float):
        return given
    try:
        return quantities.canonical(str(given), smallest=-3 if name in _MILLI else -9)
    except ValueError:
        return given
