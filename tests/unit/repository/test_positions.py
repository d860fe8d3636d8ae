"""From a path in a rendered object to a line of a source."""

from typing import Any

import pytest

from gitops.models.paths import JsonPath
from gitops.repository.documents import positions, values
from gitops.repository.positions import Spot, find

SOURCE = """\
kind: Deployment
spec:
  containers:
    - name: web
      image: web
      ports:
        - containerPort: 80
        - containerPort: 443
      args: [--one, --two]
      volumeMounts:
        - mountPath: /data
          name: data
        - mountPath: /tmp
          name: data
    - name: sidecar
      image: sidecar
"""
CONTAINERS = values(SOURCE)[0]["spec"]["containers"]


def _rendered(*containers: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "Deployment", "spec": {"containers": list(containers)}}


AS_WRITTEN = _rendered(*CONTAINERS)
TURNED = _rendered({"name": "new", "image": "new"}, *reversed(CONTAINERS))


@pytest.mark.parametrize(
    ("path", "rendered", "spot"),
    [
        pytest.param((), AS_WRITTEN, Spot(1, True, 0), id="the object"),
        pytest.param(("spec", "containers", 0, "image"), AS_WRITTEN, Spot(5, True, 4), id="in its place"),
        pytest.param(("spec", "containers", 2, "image"), TURNED, Spot(5, True, 4), id="an item moved, found by its name"),
        pytest.param(("spec", "containers", 1, "image"), TURNED, Spot(16, True, 4), id="the other item moved"),
        pytest.param(("spec", "containers", 0, "image"), TURNED, Spot(3, False, 2), id="an item that is not in the source"),
        pytest.param(("spec", "containers", 2, "ports", 1), TURNED, Spot(8, True, 5), id="found by its port"),
        pytest.param(("spec", "containers", 2, "args", 1), TURNED, Spot(9, True, 5), id="found by its text"),
        pytest.param(("spec", "containers", 2, "volumeMounts", 1), TURNED, Spot(13, True, 5), id="two of one name: by index"),
        pytest.param(("spec", "containers", 0, "livenessProbe"), AS_WRITTEN, Spot(4, False, 3), id="a field that is missing"),
        pytest.param(("spec", "containers", 7, "image"), AS_WRITTEN, Spot(3, False, 2), id="an item that is missing"),
        pytest.param(("spec", "kind", "x"), AS_WRITTEN, Spot(2, False, 1), id="a field of nothing"),
        pytest.param(("spec", "containers", "web"), AS_WRITTEN, Spot(3, False, 2), id="a name where a list is"),
        pytest.param(("kind", 0), AS_WRITTEN, Spot(1, False, 1), id="an index where a text is"),
    ],
)
def test_a_path_leads_as_far_as_the_source_goes(path: JsonPath, rendered: Any, spot: Spot) -> None:
    assert find(positions(SOURCE)[0], path, rendered) == spot


def test_items_without_a_name_go_by_their_index() -> None:
    root = positions("rules:\n  - a: 1\n  - b: 2\n")[0]
    assert find(root, ("rules", 1, "b"), {"rules": [{"a": 1}, {"b": 3}]}) == Spot(3, True, 3)
