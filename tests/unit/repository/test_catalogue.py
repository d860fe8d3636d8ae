"""The schemas that objects are held against."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gitops.models.errors import UserError
from gitops.models.paths import JsonPath
from gitops.repository.catalogue import Catalogue, known_fields, known_versions
from gitops.repository.crds import JsonSchema, ServedKind

NEWEST = known_versions()[-1]
SOME_VERSIONS = (known_versions()[0], known_versions()[len(known_versions()) // 2], NEWEST)
SERVICE, DEPLOYMENT = ServedKind("", "v1", "Service"), ServedKind("apps", "v1", "Deployment")
DEFINITION = ServedKind("apiextensions.k8s.io", "v1", "CustomResourceDefinition")
THING = ServedKind("example.org", "v1", "Thing")


def _crd(kind: ServedKind, properties: dict[str, Any]) -> dict[str, Any]:
    schema = {"openAPIV3Schema": {"type": "object", "properties": properties}}
    versions = [{"name": kind.version, "served": True, "schema": schema}]
    return {"spec": {"group": kind.group, "names": {"kind": kind.kind}, "versions": versions}}


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all tests, since a catalogue takes a second."""
    return tmp_path_factory.mktemp("schemas")


@pytest.fixture(scope="module")
def newest(store: Path) -> Catalogue:
    return Catalogue(f"{NEWEST}.0", [], store)


def _parts(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from _parts(item)


@pytest.mark.parametrize("version", SOME_VERSIONS)
def test_every_schema_stands_alone(store: Path, version: str) -> None:
    files = sorted(Catalogue(f"{version}.0", [], store).folder.rglob("*.json"))
    assert len(files) > 200
    for file in files:
        schema = json.loads(file.read_bytes())
        for part in _parts(schema):
            reference = part.get("$ref", "#/$defs/ObjectMeta" if file.parent.name == "argoproj.io" else None)
            assert not isinstance(part.get("$id"), str), file
            if isinstance(reference, str):
                assert reference.startswith("#/$defs/"), file
                assert reference.removeprefix("#/$defs/") in schema["$defs"], file


def test_fields_of_a_schema_that_are_called_like_keywords_survive(newest: Catalogue) -> None:
    schema = newest.schema(DEFINITION)
    assert schema is not None
    fields = known_fields(schema, ("spec", "versions", 0, "schema", "openAPIV3Schema"))
    assert {"$ref", "$schema", "id", "description", "type", "oneOf"} <= set(fields)


def test_descriptions_are_left_out_and_fields_of_that_name_are_not(newest: Catalogue) -> None:
    schema = newest.schema(DEFINITION)
    assert not any(isinstance(part.get("description"), str) for part in _parts(schema))
    assert any(isinstance(part.get("description"), dict) for part in _parts(schema))


def test_the_core_group_goes_by_its_version(newest: Catalogue) -> None:
    assert (newest.folder / "v1" / "service_v1.json").is_file()
    assert (newest.folder / "apps" / "deployment_v1.json").is_file()


def test_two_types_that_take_null_are_one_choice(newest: Catalogue) -> None:
    definitions = (newest.schema(SERVICE) or {})["$defs"]
    assert definitions["io.k8s.apimachinery.pkg.util.intstr.IntOrString"] == {"type": ["string", "null", "integer"]}


@pytest.mark.parametrize("kind", ["Application", "ApplicationSet", "AppProject"])
def test_argo_cds_kinds_have_a_schema(newest: Catalogue, kind: str) -> None:
    schema = newest.schema(ServedKind("argoproj.io", "v1alpha1", kind))
    assert schema is not None
    assert schema["required"] == ["apiVersion", "kind", "metadata", "spec"]


@pytest.mark.parametrize(
    "kind", [THING, ServedKind("apps", "v1", "Deploymnt"), ServedKind("apps", "v1beta1", "Deployment")], ids=str
)
def test_an_unknown_kind_has_none(newest: Catalogue, kind: ServedKind) -> None:
    assert newest.schema(kind) is None


def test_a_definition_brings_its_kind(store: Path) -> None:
    catalogue = Catalogue(f"{NEWEST}.0", [_crd(THING, {"a": {"type": "string"}})], store)
    schema = catalogue.schema(THING)
    assert schema is not None
    assert known_fields(schema, ()) == ("a", "apiVersion", "kind", "metadata")
    assert "labels" in known_fields(schema, ("metadata",))


def test_the_patch_version_makes_no_difference(newest: Catalogue, store: Path) -> None:
    assert Catalogue(f"{NEWEST}.7", [], store).folder == newest.folder


def test_the_identity_changes_with_a_definition_for_its_own_kind_only(newest: Catalogue, store: Path) -> None:
    one = Catalogue(f"{NEWEST}.0", [_crd(THING, {"a": {"type": "string"}})], store)
    two = Catalogue(f"{NEWEST}.0", [_crd(THING, {"a": {"type": "integer"}})], store)
    assert one.folder != two.folder
    assert one.identity([THING]) != two.identity([THING])
    assert one.identity([SERVICE]) == two.identity([SERVICE]) == newest.identity([SERVICE])
    assert one.identity([THING, SERVICE]) == one.identity([SERVICE, THING, SERVICE])


def test_the_identity_changes_with_the_version(newest: Catalogue, store: Path) -> None:
    assert newest.identity([SERVICE]) != Catalogue(f"{SOME_VERSIONS[0]}.0", [], store).identity([SERVICE])


def test_a_catalogue_that_is_there_is_not_written_again(newest: Catalogue, store: Path) -> None:
    written = newest.folder.stat().st_mtime_ns
    assert Catalogue(f"{NEWEST}.0", [], store).folder.stat().st_mtime_ns == written
    assert [path for path in store.iterdir() if path.name.startswith(".new-")] == []


@pytest.mark.parametrize("version", ["1.2.0", "2.0.0", "1.999.0"])
def test_a_version_without_schemas_is_refused_with_the_ones_there_are(tmp_path: Path, version: str) -> None:
    with pytest.raises(UserError, match=rf"no schemas for Kubernetes {version[:-2]}: .* has {known_versions()[0]} to {NEWEST}"):
        Catalogue(version, [], tmp_path)


def test_versions_come_in_their_order_not_the_alphabets() -> None:
    minors = [int(version.partition(".")[2]) for version in known_versions()]
    assert minors == sorted(minors)


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ((), "spec"),
        (("metadata",), "labels"),
        (("spec",), "replicas"),
        (("spec", "template", "spec", "containers", 0), "image"),
        (("spec", "template", "spec", "containers", 0, "livenessProbe", "httpGet"), "port"),
    ],
    ids=str,
)
def test_the_fields_at_a_place_are_known(newest: Catalogue, path: JsonPath, field: str) -> None:
    schema = newest.schema(DEPLOYMENT)
    assert schema is not None
    assert field in known_fields(schema, path)


@pytest.mark.parametrize(
    "path", [("nope",), ("metadata", "labels"), ("spec", "replicas"), ("spec", "replicas", "x", 0)], ids=str
)
def test_where_there_are_no_fields_none_are_known(newest: Catalogue, path: JsonPath) -> None:
    assert known_fields(newest.schema(DEPLOYMENT) or {}, path) == ()


@pytest.mark.parametrize(
    ("schema", "path", "fields"),
    [
        ({"properties": {"a": {"additionalProperties": {"properties": {"b": {}}}}}}, ("a", "any"), ("b",)),
        ({"properties": {"a": {"items": {"properties": {"b": {}}}}}}, ("a", 3), ("b",)),
        ({"properties": {"a": {"$ref": "#/$defs/nowhere"}}}, ("a",), ()),
        ({"additionalProperties": False}, ("a",), ()),
    ],
    ids=["map", "list", "lost reference", "closed"],
)
def test_fields_are_looked_for_through_maps_lists_and_references(
    schema: JsonSchema, path: JsonPath, fields: tuple[str, ...]
) -> None:
    assert known_fields(schema, path) == fields
