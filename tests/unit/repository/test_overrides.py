"""What a kustomization changes, in which objects, and at which line."""

import pytest

from gitops.models.paths import JsonPath
from gitops.models.resource import Origin, Resource
from gitops.repository.images import image_name, images_of
from gitops.repository.overrides import Place, found_targets
from tests.unit.repository.overrides_by_hand import DEPLOYMENT, ENV, FILE, IMAGE, only, overrides_of, setting
from tests.unit.repository.trees import made

# Images, replicas, common fields --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entry", "line"),
    [
        pytest.param("- name: harbor.example.org/dare/web\n    newTag: '1.2'\n", 3, id="tag"),
        pytest.param("- name: web\n    newName: harbor.example.org/dare/web\n    newTag: '1.2'\n", 3, id="name before tag"),
        pytest.param("- digest: sha256:1\n    name: harbor.example.org/dare/web\n", 2, id="digest"),
    ],
)
def test_a_pin_sets_the_image_that_has_its_new_name(entry: str, line: int) -> None:
    pin = only(f"images:\n  {entry}")
    assert setting(pin, IMAGE) == Place(FILE, line)
    assert setting(pin, ENV) is None
    assert setting(pin, (*IMAGE[:-2], 1, "image")) is None


def test_a_pin_applies_whatever_port_tag_and_digest_the_image_has() -> None:
    pin = only("images:\n  - name: init\n    newName: harbor.example.org:5000/dare/init\n")
    assert pin.applies_to(DEPLOYMENT)
    assert pin.describe() == "the pin of image 'init'"


@pytest.mark.parametrize("name", ["web", "dare/web", "harbor.example.org/dare/webs", "harbor.example.org"])
def test_a_pin_of_another_name_applies_to_nothing(name: str) -> None:
    assert not only(f"images:\n  - name: {name}\n    newTag: '1'\n").applies_to(DEPLOYMENT)


def test_images_are_found_in_every_container_at_any_depth() -> None:
    body = {
        "spec": {"jobTemplate": {"spec": {"containers": [{"image": "a"}, {"name": "b"}], "initContainers": [{"image": "c"}]}}}
    }
    place: JsonPath = ("spec", "jobTemplate", "spec")
    assert list(images_of(body)) == [
        ((*place, "containers", 0, "image"), "a"),
        ((*place, "containers", 1, "image"), ""),
        ((*place, "initContainers", 0, "image"), "c"),
    ]


def test_an_image_is_found_where_an_operator_looks_for_it() -> None:
    cluster = {"kind": "CephCluster", "spec": {"cephVersion": {"image": "ceph"}}}
    assert list(images_of(cluster)) == [(("spec", "cephVersion", "image"), "ceph")]
    named = {"metadata": {"labels": {"project-dare.eu/holds": "images"}}, "data": {"plugin": "a:1", "odd": 5}}
    assert list(images_of(named)) == [(("data", "plugin"), "a:1")]


def test_a_pin_sets_an_image_outside_of_a_container() -> None:
    pin = only("images:\n  - name: ceph\n    newName: quay.io/ceph/ceph\n")
    cluster = made("CephCluster", "dare", spec={"cephVersion": {"image": "quay.io/ceph/ceph:v20"}})
    assert setting(pin, ("spec", "cephVersion", "image"), cluster) == Place(FILE, 3)


@pytest.mark.parametrize("body", [{"image": "a"}, {"containers": {"image": "a"}}, {"volumes": [{"image": "a"}]}], ids=str)
def test_an_image_outside_of_a_container_is_none(body: dict[str, object]) -> None:
    assert list(images_of(body)) == []


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("web", "web"),
        ("web:1.2", "web"),
        ("web@sha256:1", "web"),
        ("harbor:5000/web", "harbor:5000/web"),
        ("harbor:5000/web:1@sha256:1", "harbor:5000/web"),
    ],
)
def test_the_name_of_an_image_has_neither_tag_nor_digest(image: str, name: str) -> None:
    assert image_name(image) == name


def test_replicas_set_the_count_of_the_object_of_that_name() -> None:
    replicas = only("replicas:\n  - name: web\n    count: 3\n")
    assert setting(replicas, ("spec", "replicas")) == Place(FILE, 3)
    assert setting(replicas, ("spec",)) is None
    assert not replicas.applies_to(made("Deployment", "db", api="apps/v1", spec={"replicas": 1}))
    assert not replicas.applies_to(made("Service", "web", spec={}))


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("namespace: dare\n", ("metadata", "namespace"), 1),
        ("commonLabels:\n  app: web\n  team: a\n", ("metadata", "labels", "team"), 3),
        ("commonLabels:\n  team: a\n", ("spec", "template", "metadata", "labels", "team"), 2),
        ("commonAnnotations:\n  note: x\n", ("metadata", "annotations", "note"), 2),
        ("labels:\n  - includeSelectors: true\n    pairs:\n      team: a\n", ("metadata", "labels", "team"), 4),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_common_field_is_set_at_its_line(text: str, path: JsonPath, line: int) -> None:
    found = [setting(override, path) for override in overrides_of(text)]
    assert [place for place in found if place] == [Place(FILE, line)]


@pytest.mark.parametrize("path", [("metadata", "name"), ("metadata", "labels", "app"), ("data", "team"), ("team",)], ids=str)
def test_a_common_label_sets_nothing_else(path: JsonPath) -> None:
    assert setting(only("commonLabels:\n  team: a\n"), path) is None


# Replacements ---------------------------------------------------------------------------------------------------------

REPLACEMENT = """\
source: {kind: ConfigMap, name: facts, fieldPath: data.replicas}
targets:
  - select: {kind: Deployment}
    fieldPaths:
      - spec.replicas
      - spec.template.spec.containers.[name=web].env.*.value
      - metadata.annotations.example\\.org/url
      - metadata.annotations.[note]
      - metadata.annotations.[example.com/url]
"""
FACTS = "kind: ConfigMap\nmetadata:\n  name: facts\ndata:\n  replicas: '3'\n"
FACTS_FILE = "overlays/test/environment/facts.yaml"


@pytest.mark.parametrize(
    "path",
    [
        pytest.param(("spec", "replicas"), id="plain"),
        pytest.param(ENV, id="any item of a list"),
        pytest.param(("metadata", "annotations", "example.org/url"), id="escaped dot"),
        pytest.param(("metadata", "annotations", "note"), id="key in brackets"),
        pytest.param(("metadata", "annotations", "example.com/url"), id="dot in brackets"),
    ],
)
def test_a_replacement_leads_to_the_value_that_it_copies(path: JsonPath) -> None:
    replacement = only("replacements:\n  - path: r.yaml\n", {"overlays/test/web/r.yaml": REPLACEMENT, FACTS_FILE: FACTS})
    assert setting(replacement, path) == Place(FACTS_FILE, 5)


def test_a_replacement_whose_source_is_not_found_leads_to_itself() -> None:
    replacement = only(
        "replacements:\n  - path: r.yaml\n", {"overlays/test/web/r.yaml": f"- {REPLACEMENT}".replace("\n", "\n  ")}
    )
    assert setting(replacement, ("spec", "replicas")) == Place("overlays/test/web/r.yaml", 1)


@pytest.mark.parametrize("path", [("spec",), ("spec", "replicas", "x"), ("metadata", "annotations", "other")], ids=str)
def test_a_replacement_sets_nothing_beside_its_fields(path: JsonPath) -> None:
    text = "replacements:\n  - " + REPLACEMENT.replace("\n", "\n    ")
    assert setting(only(text), path) is None


def test_a_replacement_applies_to_its_targets_only() -> None:
    replacement = only("replacements:\n  - " + REPLACEMENT.replace("\n", "\n    "))
    assert replacement.applies_to(DEPLOYMENT)
    assert not replacement.applies_to(made("Service", "web"))
    assert replacement.describe() == "the replacement into kind Deployment"


# Generators -----------------------------------------------------------------------------------------------------------

GENERATOR = """\
configMapGenerator:
  - name: settings
    files:
      - app.conf
      - realm.json=files/realm-dare.json
    literals:
      - a=1
      - b=c=d
"""
GENERATED = made("ConfigMap", "settings-8dk68f89km", origin=Origin(configured_in=FILE))


@pytest.mark.parametrize(
    ("path", "place"),
    [
        (("data", "app.conf"), Place("overlays/test/web/app.conf", 1)),
        (("data", "realm.json"), Place("overlays/test/web/files/realm-dare.json", 1)),
        (("data", "a"), Place(FILE, 7)),
        (("data", "b"), Place(FILE, 8)),
        (("data", "from-env"), Place(FILE, 2)),
        (("data",), Place(FILE, 2)),
        (("metadata", "name"), Place(FILE, 2)),
    ],
    ids=str,
)
def test_a_generated_value_leads_to_its_file_or_literal(path: JsonPath, place: Place) -> None:
    assert setting(only(GENERATOR), path, GENERATED) == place


@pytest.mark.parametrize(
    "resource",
    [
        made("ConfigMap", "settings"),
        made("ConfigMap", "other-8dk68f89km", origin=Origin(configured_in=FILE)),
        made("ConfigMap", "settings-more-8dk68f89km", origin=Origin(configured_in=FILE)),
        made("ConfigMap", "settings-8dk68f89km", origin=Origin(configured_in="base/web/kustomization.yaml")),
    ],
    ids=["a manifest", "another generator's", "a longer name's", "another kustomization's"],
)
def test_a_generator_applies_to_what_it_makes_only(resource: Resource) -> None:
    assert not only(GENERATOR).applies_to(resource)


BASE_GENERATED = made("ConfigMap", "settings-8dk68f89km", origin=Origin(configured_in="base/web/kustomization.yaml"))


@pytest.mark.parametrize("behavior", ["merge", "replace"])
def test_a_generator_that_adds_to_another_sets_its_own_keys_only(behavior: str) -> None:
    adding = only(f"configMapGenerator:\n  - name: settings\n    behavior: {behavior}\n    literals:\n      - a=1\n")
    assert setting(adding, ("data", "a"), BASE_GENERATED) == Place(FILE, 5)
    assert setting(adding, ("data", "b"), BASE_GENERATED) is None
    assert not adding.applies_to(made("ConfigMap", "settings"))


# Which of them found nothing ------------------------------------------------------------------------------------------


def _missed(text: str, *resources: Resource) -> list[str]:
    return [override.describe() for override, found in found_targets(overrides_of(text), resources) if not found]


@pytest.mark.parametrize(
    "text",
    [
        "patches: [{target: {kind: StatefulSet}, patch: '[]'}]\n",
        "images: [{name: other, newTag: '1'}]\n",
        "replacements: [{targets: [{select: {kind: Ingress}}]}]\n",
    ],
    ids=["patch", "pin", "replacement"],
)
def test_an_override_that_finds_no_object_is_told(text: str) -> None:
    assert len(_missed(text, DEPLOYMENT)) == 1


@pytest.mark.parametrize(
    "text",
    [
        "patches: [{target: {kind: Deployment}, patch: '[]'}]\n",
        "images: [{name: side, newTag: '1'}]\n",
        "commonLabels: {a: b}\nnamespace: dare\n",
        "patches: [{patch: '{$patch: delete, kind: Service, metadata: {name: web}}'}]\n",
        "configMapGenerator: [{name: settings, behavior: merge, literals: [a=1]}]\n",
    ],
    ids=["patch", "pin", "common fields", "patch that deletes", "generator that merges"],
)
def test_an_override_that_finds_one_or_needs_none_is_not(text: str) -> None:
    assert _missed(text, DEPLOYMENT, BASE_GENERATED) == []


def test_of_two_pins_in_a_row_the_render_shows_the_last() -> None:
    inner = overrides_of("images: [{name: web, newName: first.example.org/web}]\n")
    outer = overrides_of("images: [{name: first.example.org/web, newName: harbor.example.org/dare/web}]\n")
    lost = overrides_of("images: [{name: other.example.org/web, newName: nowhere}]\n")
    found = [found for _, found in found_targets([*lost, *outer, *inner], [DEPLOYMENT])]
    assert found == [False, True, True]


# Order and shape ------------------------------------------------------------------------------------------------------


def test_what_kustomize_applies_last_comes_first() -> None:
    text = "configMapGenerator: [{name: g}]\npatches: [{patch: a, target: {name: p1}}, {patch: a, target: {name: p2}}]\n"
    text += (
        "namespace: n\nreplicas: [{name: r, count: 1}]\nimages: [{name: i}]\nreplacements: [{targets: [{select: {name: t}}]}]\n"
    )
    told = [override.describe() for override in overrides_of(text)]
    assert told == [
        "the replacement into name t",
        "the pin of image 'i'",
        "the number of replicas of 'r'",
        "'namespace'",
        "the patch for name p2",
        "the patch for name p1",
        "the generator of 'g'",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "images: web\n",
        "patches:\n",
        "patches: [{target: {kind: Deployment}}, 5, null]\n",
        "labels: [{fields: []}]\n",
        "patches: [{path: gone.yaml}]\n",
        "a: 1\n",
    ],
)
def test_an_entry_of_another_shape_changes_nothing(text: str) -> None:
    assert overrides_of(text) == []
