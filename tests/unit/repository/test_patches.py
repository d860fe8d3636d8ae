"""Patches of a kustomization: the objects that they are for and the lines that set a value."""

import pytest

from gitops.repository.overrides import Place
from tests.unit.repository.overrides_by_hand import DEPLOYMENT, ENV, FILE, IMAGE, only, overrides_of, setting
from tests.unit.repository.trees import made

MERGE = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 3\n"
INLINE_MERGE = """\
patches:
  - patch: |-
      kind: Deployment
      metadata:
        name: web
      spec:
        template:
          spec:
            containers:
              - name: web
                env:
                  - name: A
                    value: "1"
"""
JSON_PATCH = """\
patches:
  - target:
      kind: Deployment
    patch: |-
      - op: test
        path: /spec/replicas
        value: 1
      - op: replace
        path: /spec/replicas
        value: 2
      - op: replace
        path: /spec/replicas
        value: 3
      - op: add
        path: /spec/template/spec/containers/0/env/-
        value:
          name: A
          value: "1"
"""


def test_a_merge_patch_in_a_file_sets_what_stands_in_it() -> None:
    patch = only("patches:\n  - path: patch.yaml\n", {"overlays/test/web/patch.yaml": MERGE})
    assert patch.place == Place("overlays/test/web/patch.yaml", 1)
    assert setting(patch, ("spec", "replicas")) == Place("overlays/test/web/patch.yaml", 6)
    assert setting(patch, IMAGE) is None


def test_a_merge_patch_in_place_sets_what_stands_in_it() -> None:
    patch = only(INLINE_MERGE)
    assert patch.place == Place(FILE, 3)
    assert setting(patch, ENV) == Place(FILE, 13)
    assert setting(patch, IMAGE) is None


def test_a_merge_patch_applies_to_the_object_of_its_name_only() -> None:
    patch = only(INLINE_MERGE)
    assert patch.applies_to(DEPLOYMENT)
    assert not patch.applies_to(made("Deployment", "db", api="apps/v1"))
    assert not patch.applies_to(made("Service", "web"))
    assert patch.describe() == "the patch for kind Deployment, name web"


def test_each_document_of_a_patch_file_is_a_patch_of_its_own() -> None:
    other = "---\nkind: Service\nmetadata:\n  name: web\n"
    patches = overrides_of("patches:\n  - path: patch.yaml\n", {"overlays/test/web/patch.yaml": MERGE + other})
    assert [(patch.place.line, patch.applies_to(DEPLOYMENT)) for patch in patches] == [(1, True), (8, False)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("patchesStrategicMerge:\n  - patch.yaml\n", id="patchesStrategicMerge"),
        pytest.param("patchesJson6902:\n  - path: patch.yaml\n    target: {kind: Deployment}\n", id="patchesJson6902"),
        pytest.param("patches:\n  - path: patch.yaml\n    target: {kind: Deployment}\n", id="patches with a target"),
    ],
)
def test_every_field_for_patches_is_read(text: str) -> None:
    patch = only(text, {"overlays/test/web/patch.yaml": MERGE})
    assert setting(patch, ("spec", "replicas")) == Place("overlays/test/web/patch.yaml", 6)


def test_a_patch_with_a_target_stands_where_its_entry_does() -> None:
    patch = only("patches:\n  - path: p.yaml\n    target: {name: w.*}\n", {"overlays/test/web/p.yaml": MERGE})
    assert (patch.place, patch.describe()) == (Place(FILE, 2), "the patch for name w.*")


def test_of_json_operations_the_last_that_sets_a_value_counts_and_tests_set_nothing() -> None:
    assert setting(only(JSON_PATCH), ("spec", "replicas")) == Place(FILE, 13)


def test_a_json_operation_that_appends_sets_what_is_in_the_item() -> None:
    assert setting(only(JSON_PATCH), ENV[:-1]) == Place(FILE, 16)


def test_a_json_operation_sets_everything_below_its_path() -> None:
    patch = only("patches:\n  - target: {}\n    patch: |-\n      - op: add\n        path: /spec\n        value: {}\n")
    assert setting(patch, ("spec", "replicas")) == Place(FILE, 6)
    assert setting(patch, ("metadata", "labels")) is None


def test_a_json_operation_that_removes_has_no_value_line() -> None:
    patch = only("patches:\n  - target: {}\n    patch: |-\n      - op: remove\n        path: /spec/replicas\n")
    assert setting(patch, ("spec", "replicas")) == Place(FILE, 4)


def test_a_patch_on_one_line_stands_there() -> None:
    patch = only("patches:\n  - target: {}\n    patch: '[{op: add, path: /spec/replicas, value: 3}]'\n")
    assert setting(patch, ("spec", "replicas")) == Place(FILE, 3)


def test_what_says_which_object_a_patch_is_for_is_not_set_by_it() -> None:
    patch = only(INLINE_MERGE)
    assert [setting(patch, path) for path in (("kind",), ("metadata", "name"))] == [None, None]


def test_a_json_operation_that_appends_does_not_set_the_items_before() -> None:
    operation = "      - op: add\n        path: /spec/template/spec/containers/0/env/-\n        value: {name: B}\n"
    assert setting(only(f"patches:\n  - target: {{}}\n    patch: |-\n{operation}"), ENV[:-1]) is None
