"""What a kustomization refers to."""

import pytest

from gitops.repository.documents import positions
from gitops.repository.kustomization import FIELDS, Reference, is_remote, references, unknown_fields


@pytest.mark.parametrize(
    "target",
    [
        "https://example.org/deploy.yaml",
        "http://example.org/x?ref=main",
        "ssh://git@example.org/x/y",
        "git@github.com:x/y.git",
        "org-1234@github.com:x/y",
        "git::https://example.org/x/y",
        "git::git@example.org:x/y",
        "github.com/x/y",
        "github.com/x/y//base?ref=v1",
        "file:///srv/x",
        "s3://bucket/x",
        "example.org/x/y?ref=v1",
        "example.org:8443/x/y?ref=v1",
    ],
)
def test_what_kustomize_would_fetch_is_remote(target: str) -> None:
    assert is_remote(Reference("resources", target, 1))


@pytest.mark.parametrize(
    "target",
    [
        "deployment.yaml",
        "../../../base/x",
        "./github.com/x/y",
        "../example.org/x",
        "app.example.com.conf",
        "files/conf.d/app.conf",
        "config-v1.2.3.yaml",
        "conf.d/app.conf",
        "v1.2/deployment.yaml",
        "realm@dare.json",
        "a=b.c",
        "base",
        ".hidden/x",
        "no-dot/x",
    ],
)
def test_a_path_is_not_remote_whatever_dots_it_has(target: str) -> None:
    assert not is_remote(Reference("resources", target, 1))


@pytest.mark.parametrize(("field", "remote"), [("resources", True), ("components", True), ("configMapGenerator", False)])
def test_a_host_without_a_scheme_is_remote_where_a_folder_may_stand(field: str, remote: bool) -> None:
    assert is_remote(Reference(field, "files.example.org/app.conf", 1)) is remote


EVERYTHING = """\
openapi:
  path: openapi.json
resources:
  - a.yaml
  - ../../base/web
components:
  - ../environment
bases:
  - old-base
crds:
  - crd.json
configurations:
  - config.yaml
generators:
  - generator.yaml
transformers:
  - transformer.yaml
  - |-
    apiVersion: builtin
    kind: LabelTransformer
validators:
  - validator.yaml
patchesStrategicMerge:
  - merge.yaml
  - |-
    kind: Deployment
    metadata: {name: web}
patches:
  - path: patch.yaml
    target: {kind: Deployment}
  - patch: "[]"
patchesJson6902:
  - path: json.yaml
replacements:
  - path: replacement.yaml
  - source: {kind: Service}
configMapGenerator:
  - name: config
    files:
      - app.conf
      - renamed=other.conf
    envs:
      - one.env
    env: two.env
    literals:
      - c=d
secretGenerator:
  - files: [tls.crt]
helmCharts:
  - name: chart
    valuesFile: values.yaml
    additionalValuesFiles:
      - more.yaml
"""


def test_every_field_that_names_a_file_is_a_reference_with_its_line() -> None:
    found = [tuple(reference) for reference in references(positions(EVERYTHING)[0])]
    assert found == [
        ("openapi", "openapi.json", 2),
        ("resources", "a.yaml", 4),
        ("resources", "../../base/web", 5),
        ("components", "../environment", 7),
        ("bases", "old-base", 9),
        ("crds", "crd.json", 11),
        ("configurations", "config.yaml", 13),
        ("generators", "generator.yaml", 15),
        ("transformers", "transformer.yaml", 17),
        ("validators", "validator.yaml", 22),
        ("patchesStrategicMerge", "merge.yaml", 24),
        ("patches", "patch.yaml", 29),
        ("patchesJson6902", "json.yaml", 33),
        ("replacements", "replacement.yaml", 35),
        ("configMapGenerator", "app.conf", 40),
        ("configMapGenerator", "other.conf", 41),
        ("configMapGenerator", "one.env", 43),
        ("configMapGenerator", "two.env", 44),
        ("secretGenerator", "tls.crt", 48),
        ("helmCharts", "values.yaml", 51),
        ("helmCharts", "more.yaml", 53),
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("resources: a.yaml\n", id="text for a list"),
        pytest.param("resources:\n", id="nothing"),
        pytest.param("resources: [1, {path: a.yaml}, null]\n", id="items that are no text"),
        pytest.param("patches: [a.yaml, {path: [b.yaml]}]\n", id="patches without a path"),
        pytest.param("configMapGenerator: {files: [a]}\n", id="mapping for a list"),
        pytest.param("openapi: a.json\n", id="text for a mapping"),
        pytest.param("images: [{name: a.yaml}]\n", id="fields that name no file"),
    ],
)
def test_a_field_of_another_shape_refers_to_nothing(text: str) -> None:
    assert references(positions(text)[0]) == []


def test_unknown_fields_have_their_lines() -> None:
    root = positions("apiVersion: x\nresource: []\nimages: []\nlabel: []\n")[0]
    assert unknown_fields(root) == [("resource", 2), ("label", 4)]


def test_every_known_field_is_known() -> None:
    assert unknown_fields(positions("".join(f"{name}:\n" for name in sorted(FIELDS)))[0]) == []
