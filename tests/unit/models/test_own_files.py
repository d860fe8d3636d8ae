"""Component, cluster, image policy and waivers: what their models take and what they refuse."""

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from gitops.models.cluster import AccessMode, Cluster
from gitops.models.component import Component
from gitops.models.image_policy import ImagePolicies
from gitops.models.schemas import OWN_FILES, OwnFile, own_file, schema_files
from gitops.models.settings import Document
from gitops.models.waiver import Waivers

COMPONENT = {"title": "Login", "description": "Signs people in.", "owner": "platform"}
SECRET = {"name": "db", "namespace": "dare", "why": "the database"}
CLUSTER: dict[str, Any] = {
    "environment": "testbed",
    "title": "Testbed",
    "kubernetes": "1.36.3",
    "domain": "testbed.example.org",
    "ingressClass": "traefik",
    "argocd": {"url": "https://argocd.example.org", "namespace": "argocd"},
    "nodes": [{"name": "worker", "count": 3, "cpu": "4", "memory": "16Gi"}],
    "storage": {"raw": "2Ti", "classes": [{"name": "ceph", "accessModes": ["ReadWriteOnce"]}]},
}
IMAGES = {"severity": "high", "unscanned": "refuse", "signature": {"required": True}, "registries": ["docker.io/library"]}
WAIVER = {"rule": "META001", "objects": ["Service/web"], "owner": "platform", "reason": "legacy", "expires": "2027-01-31"}


def _fits(document: type[Document], data: Any) -> bool:
    """Whether the schema takes the data; the model must take whatever the schema refuses no more."""
    try:
        document.model_validate(data)
    except ValidationError:
        return False
    return not list(Draft202012Validator(document.json_schema()).iter_errors(data))


def _component(**more: Any) -> dict[str, Any]:
    return {**COMPONENT, **more}


def _secret(*keys: dict[str, Any]) -> dict[str, Any]:
    return _component(secrets=[{**SECRET, "keys": list(keys)}])


@pytest.mark.parametrize(
    ("document", "data"),
    [
        pytest.param(ImagePolicies, {"environments": {"testbed": IMAGES}}, id="image policy"),
        pytest.param(Component, COMPONENT, id="component"),
        pytest.param(Component, _component(since="v1.2", dependsOn=["keycloak"]), id="component that depends on another"),
        pytest.param(Component, _component(retired={"since": "v2.0.1", "reason": "replaced"}), id="retired component"),
        pytest.param(Component, _secret({"name": "password", "generate": {"length": 32}}), id="generated key"),
        pytest.param(
            Component, _secret({"name": "a", "copy": {"secret": "db", "namespace": "dare", "key": "a"}}), id="copied key"
        ),
        pytest.param(Component, _secret({"name": "ca.crt", "given": "the CA's page"}), id="given key"),
        pytest.param(Cluster, CLUSTER, id="cluster"),
        pytest.param(Waivers, {}, id="no waivers"),
        pytest.param(Waivers, {"waivers": [WAIVER]}, id="waiver"),
        pytest.param(Waivers, {"waivers": [{**WAIVER, "environments": ["testbed"], "ticket": "#1"}]}, id="narrow waiver"),
    ],
)
def test_a_file_that_is_right_is_taken(document: type[Document], data: Any) -> None:
    assert _fits(document, data)


@pytest.mark.parametrize(
    ("document", "data"),
    [
        pytest.param(Component, {"title": "Login"}, id="missing fields"),
        pytest.param(Component, _component(colour="red"), id="unknown field"),
        pytest.param(Component, _component(depends_on=["keycloak"]), id="the field by its Python name"),
        pytest.param(Component, _component(title=""), id="empty text"),
        pytest.param(Component, _component(title=3), id="number for a text"),
        pytest.param(Component, _component(owner="The Team"), id="owner that is no name"),
        pytest.param(Component, _component(since="1.2"), id="release without v"),
        pytest.param(Component, _component(since="v1.2.3.4"), id="release of four parts"),
        pytest.param(Component, _component(retired={"since": "v2.0"}), id="retired without a reason"),
        pytest.param(Component, _component(secrets=[{**SECRET, "keys": []}]), id="secret without keys"),
        pytest.param(Component, _secret({"name": "password"}), id="key made in no way"),
        pytest.param(Component, _secret({"name": "a", "generate": {"length": 32}, "given": "x"}), id="key made in two ways"),
        pytest.param(Component, _secret({"name": "a", "generate": {"length": 15}}), id="key too short"),
        pytest.param(Component, _secret({"name": "a", "generate": {"length": 257}}), id="key too long"),
        pytest.param(Component, _secret({"name": "a", "given": ""}), id="key given without saying where from"),
        pytest.param(Cluster, {**CLUSTER, "kubernetes": "1.36"}, id="Kubernetes without a patch version"),
        pytest.param(Cluster, {**CLUSTER, "kubernetes": 1.36}, id="Kubernetes as a number"),
        pytest.param(Cluster, {**CLUSTER, "nodes": []}, id="cluster without nodes"),
        pytest.param(Cluster, {**CLUSTER, "nodes": [{**CLUSTER["nodes"][0], "count": 0}]}, id="no node of a group"),
        pytest.param(Cluster, {**CLUSTER, "nodes": [{**CLUSTER["nodes"][0], "memory": "16 GB"}]}, id="no quantity"),
        pytest.param(Cluster, {**CLUSTER, "storage": {"raw": "2Ti", "classes": []}}, id="cluster without storage"),
        pytest.param(
            Cluster,
            {**CLUSTER, "storage": {"raw": "2Ti", "classes": [{"name": "ceph", "accessModes": ["RWO"]}]}},
            id="unknown access mode",
        ),
        pytest.param(ImagePolicies, {"environments": {"testbed": {**IMAGES, "severity": "bad"}}}, id="no severity"),
        pytest.param(ImagePolicies, {"environments": {"testbed": {**IMAGES, "registries": []}}}, id="no registry trusted"),
        pytest.param(ImagePolicies, {"environments": {"testbed": {**IMAGES, "registries": ["https://quay.io"]}}}, id="address"),
        pytest.param(Waivers, {"waivers": [{**WAIVER, "rule": "meta-1"}]}, id="waiver of no rule"),
        pytest.param(Waivers, {"waivers": [{**WAIVER, "objects": []}]}, id="waiver for nothing"),
        pytest.param(Waivers, {"waivers": [{**WAIVER, "expires": "2027-02-30"}]}, id="day that does not exist"),
        pytest.param(Waivers, {"waivers": [{**WAIVER, "expires": "soon"}]}, id="no day"),
    ],
)
def test_a_file_that_is_wrong_is_refused(document: type[Document], data: Any) -> None:
    assert not _fits(document, data)


@pytest.mark.parametrize("ways", [{}, {"generate": {"length": 32}, "given": "x"}], ids=["none", "two"])
def test_a_key_is_made_in_exactly_one_way(ways: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="key 'password' needs exactly one of generate, copy and given"):
        Component.model_validate(_secret({"name": "password", **ways}))


def test_the_names_in_yaml_are_read_into_their_fields() -> None:
    component = Component.model_validate(_component(dependsOn=["keycloak"]))
    cluster = Cluster.model_validate(CLUSTER)
    assert component.depends_on == ("keycloak",)
    assert cluster.ingress_class == "traefik"
    assert cluster.storage.classes[0].access_modes == (AccessMode.READ_WRITE_ONCE,)


def test_what_was_read_does_not_change() -> None:
    component = Component.model_validate(COMPONENT)
    with pytest.raises(ValidationError, match="frozen"):
        component.title = "Other"


@pytest.mark.parametrize("own", OWN_FILES, ids=lambda own: own.schema)
def test_every_schema_is_a_schema_of_its_draft_and_closed(own: OwnFile) -> None:
    schema = own.document.json_schema()
    Draft202012Validator.check_schema(schema)
    objects = [schema, *schema.get("$defs", {}).values()]
    assert [part for part in objects if part.get("type") == "object" and part.get("additionalProperties") is not False] == []


def test_each_schema_is_written_to_a_file_of_its_own() -> None:
    assert sorted(schema_files()) == [
        "policies/schemas/cluster.json",
        "policies/schemas/component.json",
        "policies/schemas/images.json",
        "policies/schemas/waivers.json",
    ]


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("base/web/component.yaml", "component"),
        ("clusters/testbed/cluster.yaml", "cluster"),
        ("policies/waivers.yaml", "waivers"),
        ("base/component.yaml", None),
        ("base/web/files/component.yaml", None),
        ("base/web/component.yml", None),
        ("overlays/testbed/web/component.yaml", None),
        ("clusters/testbed/old/cluster.yaml", None),
        ("overlays/policies/waivers.yaml", None),
        ("base/web/cluster.yaml", None),
    ],
)
def test_a_file_is_ours_by_its_place(path: str, schema: str | None) -> None:
    own = own_file(path)
    assert (own.schema if own else None) == schema
