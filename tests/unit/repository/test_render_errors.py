"""kustomize's messages, as v5.8 prints them for a folder that the wrapper refers to."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from gitops.repository.overrides import Place
from gitops.repository.render_errors import explain
from tests.unit.repository.trees import WEB, read_tree

BASE, OVERLAY = "base/web/kustomization.yaml", "overlays/test/web/kustomization.yaml"
FILES = {
    BASE: "resources:\n  - deployment.yaml\n",
    "base/web/deployment.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n",
    OVERLAY: "resources:\n  - ../../../base/web\n",
}
WAY = (
    "Error: accumulating resources: accumulation err='accumulating resources from 'overlays/test/web': "
    "'overlays/test/web' must resolve to a file': "
)
INTO_OVERLAY = f"{WAY}recursed accumulation of path 'overlays/test/web': "
INTO_BASE = (
    f"{INTO_OVERLAY}accumulating resources: accumulation err='accumulating resources from '../../../base/web': "
    "'base/web' must resolve to a file': recursed accumulation of path 'base/web': "
)
IN_FILE = (
    f"{INTO_BASE}accumulating resources: accumulation err='accumulating resources from 'deployment.yaml': %s': "
    "must build at directory: 'base/web/deployment.yaml': file is not directory"
)
RESTRICTED = (
    "loading KV pairs: file sources: [../../../base/web/deployment.yaml]: security; "
    "file 'base/web/deployment.yaml' is not in or below 'overlays/test/web'"
)
MALFORMED = "accumulating resources: accumulating resources from 'deployment.yaml': MalformedYAMLError: yaml: line 1: x"
PATCHED = FILES[OVERLAY] + "patches:\n  - path: patch.yaml\n"


@pytest.mark.parametrize(
    ("message", "files", "cause", "place"),
    [
        pytest.param(
            IN_FILE % "missing metadata.name in object {{v1 Service} {{ } map[] map[]}}",
            {},
            "missing metadata.name in object {{v1 Service} {{ } map[] map[]}}",
            Place("base/web/deployment.yaml", 1),
            id="manifest without a name",
        ),
        pytest.param(
            INTO_OVERLAY + "accumulating resources: accumulation err='merging resources from 'deployment.yaml': may not add "
            "resource with an already registered id: Deployment.v1.apps/web.[noNs]': "
            "must build at directory: 'overlays/test/web/deployment.yaml': file is not directory",
            {"overlays/test/web/deployment.yaml": FILES["base/web/deployment.yaml"]},
            "may not add resource with an already registered id: Deployment.v1.apps/web.[noNs]",
            Place("overlays/test/web/deployment.yaml", 4),
            id="one object twice",
        ),
        pytest.param(
            WAY + "couldn't make target for path 'overlays/test/web': invalid Kustomization: json: unknown field \"nam\"",
            {OVERLAY: FILES[OVERLAY] + "images:\n  - nam: x\n"},
            'invalid Kustomization: json: unknown field "nam"',
            Place(OVERLAY, 4),
            id="unknown field of a kustomization",
        ),
        pytest.param(
            WAY + "couldn't make target for path 'overlays/test/web': invalid Kustomization: json: cannot unmarshal string "
            "into Go struct field Kustomization.images of type []types.Image",
            {OVERLAY: FILES[OVERLAY] + "images: x\n"},
            "invalid Kustomization: json: cannot unmarshal string "
            "into Go struct field Kustomization.images of type []types.Image",
            Place(OVERLAY, 3),
            id="wrong type in a kustomization",
        ),
        pytest.param(
            INTO_OVERLAY + 'no resource matches strategic merge patch "Deployment.v1.apps/wib.[noNs]": no matches for Id '
            "Deployment.v1.apps/wib.[noNs]; failed to find unique target for patch Deployment.v1.apps/wib.[noNs]",
            {OVERLAY: PATCHED, "overlays/test/web/patch.yaml": "kind: Deployment\nmetadata:\n  name: wib\n"},
            'no resource matches strategic merge patch "Deployment.v1.apps/wib.[noNs]"',
            Place("overlays/test/web/patch.yaml", 3),
            id="patch of nothing, in its file",
        ),
        pytest.param(
            INTO_OVERLAY + "error in remove for path: '/spec/nope': Unable to remove nonexistent key: nope: missing value",
            {OVERLAY: PATCHED, "overlays/test/web/patch.yaml": "- op: remove\n  path: /spec/nope\n"},
            "error in remove for path: '/spec/nope': Unable to remove nonexistent key: nope: missing value",
            Place("overlays/test/web/patch.yaml", 2),
            id="JSON patch of nothing",
        ),
        pytest.param(
            INTO_OVERLAY + "nothing selected by ConfigMap.[noVer].[noGrp]/facts.[noNs]:data.x",
            {OVERLAY: FILES[OVERLAY] + "replacements:\n  - source:\n      kind: ConfigMap\n      name: facts\n"},
            "nothing selected by ConfigMap.[noVer].[noGrp]/facts.[noNs]:data.x",
            Place(OVERLAY, 6),
            id="replacement from nothing",
        ),
        pytest.param(
            INTO_OVERLAY + 'unable to find field "spec.nope.x" in replacement target',
            {OVERLAY: FILES[OVERLAY] + "replacements:\n  - targets:\n      - fieldPaths: [spec.nope.x]\n"},
            'unable to find field "spec.nope.x" in replacement target',
            Place(OVERLAY, 5),
            id="replacement into nothing",
        ),
        pytest.param(
            INTO_BASE + "loading KV pairs: literal sources [a]: invalid literal source a, expected key=value",
            {BASE: FILES[BASE] + "configMapGenerator:\n  - name: c\n    literals: [a]\n"},
            "loading KV pairs: literal sources [a]: invalid literal source a, expected key=value",
            Place(BASE, 5),
            id="literal without a value",
        ),
        pytest.param(
            f"{INTO_OVERLAY}{RESTRICTED}",
            {OVERLAY: FILES[OVERLAY] + "configMapGenerator:\n  - name: c\n    files: [../../../base/web/deployment.yaml]\n"},
            RESTRICTED,
            Place(OVERLAY, 5),
            id="file of another folder",
        ),
        pytest.param(
            INTO_OVERLAY
            + "resource with name nope does not match a config with the following GVK [Deployment.[noVer].[noGrp]]",
            {OVERLAY: FILES[OVERLAY] + "replicas:\n  - name: nope\n    count: 2\n"},
            "resource with name nope does not match a config with the following GVK [Deployment.[noVer].[noGrp]]",
            Place(OVERLAY, 4),
            id="replicas of nothing",
        ),
        pytest.param(f"{INTO_BASE}{MALFORMED}", {}, MALFORMED, Place(BASE, 2), id="bad YAML"),
        pytest.param(
            f"{WAY}couldn't make target for path 'overlays/test/web': Failed to read kustomization file under "
            "overlays/test/web:\napiVersion for Kustomization should be kustomize.config.k8s.io/v1beta1",
            {},
            "Failed to read kustomization file under overlays/test/web: "
            "apiVersion for Kustomization should be kustomize.config.k8s.io/v1beta1",
            Place(OVERLAY, 1),
            id="message of two lines",
        ),
        pytest.param(
            INTO_OVERLAY + "fieldPath `spec.nope` is missing for replacement source Deployment.[noVer].[noGrp]/web.[noNs]",
            {OVERLAY: FILES[OVERLAY] + "replacements:\n  - source: {kind: Deployment, name: web, fieldPath: spec.nope}\n"},
            "fieldPath `spec.nope` is missing for replacement source Deployment.[noVer].[noGrp]/web.[noNs]",
            Place(OVERLAY, 4),
            id="replacement from a field that is not there",
        ),
        pytest.param(
            INTO_OVERLAY + "accumulating components: accumulateDirectory: "
            "\"couldn't make target for path 'overlays/test/environment': kustomization.yaml is empty\"",
            {"overlays/test/environment/kustomization.yaml": "kind: Component\n"},
            "kustomization.yaml is empty",
            Place("overlays/test/environment/kustomization.yaml", 1),
            id="component",
        ),
        pytest.param(
            "did not end within 60 s", {}, "did not end within 60 s", Place(OVERLAY, 1), id="no message of kustomize's"
        ),
    ],
)
def test_the_cause_stands_at_the_line_that_it_is_about(
    tmp_path: Path, message: str, files: Mapping[str, str], cause: str, place: Place
) -> None:
    tree = read_tree(tmp_path, {**FILES, **files})
    assert explain(tree, WEB, f"{message} (exit code 1)") == (cause, place)


def test_a_message_holds_no_addresses_of_memory(tmp_path: Path) -> None:
    message = INTO_OVERLAY + 'merging from generator &{0x29d63bae84e0 0x29d63bb24d00}: id resid.ResId{Name:"c"} does not exist'
    assert "0x29" not in explain(read_tree(tmp_path, FILES), WEB, message)[0]


def test_a_name_inside_a_longer_one_is_not_the_one_that_is_meant(tmp_path: Path) -> None:
    kustomization = FILES[OVERLAY] + "configMapGenerator:\n  - name: nope-more\n  - name: nope\n"
    tree = read_tree(tmp_path, {**FILES, OVERLAY: kustomization})
    message = INTO_OVERLAY + "resource with name nope does not match a config with the following GVK [x]"
    assert explain(tree, WEB, message)[1] == Place(OVERLAY, 5)
