"""Who reads what."""

from collections.abc import Mapping

import pytest

from gitops.repository.graph import Breach, Graph, kustomization_in
from gitops.repository.kustomization import Reference

FILES = {
    "base/web/kustomization.yaml": "",
    "base/web/service.yaml": "",
    "base/db/kustomization.yml": "",
    "base/db/claim.yaml": "",
    "base/notes/README.md": "",
    "overlays/test/environment/kustomization.yaml": "",
    "overlays/test/extra/kustomization.yaml": "",
    "overlays/test/web/kustomization.yaml": "",
    "overlays/test/web/patch.yaml": "",
}
WEB, BASE, DB = "overlays/test/web/kustomization.yaml", "base/web/kustomization.yaml", "base/db/kustomization.yml"
SHARED, EXTRA = "overlays/test/environment/kustomization.yaml", "overlays/test/extra/kustomization.yaml"


def _graph(references: Mapping[str, list[tuple[str, str]]]) -> Graph:
    def resolve(path: str) -> str | None:
        return path if path in FILES else kustomization_in(path, FILES)

    listed = {
        source: [Reference(field, target, line) for line, (field, target) in enumerate(targets, start=1)]
        for source, targets in references.items()
    }
    return Graph(listed, resolve)


USUAL = {
    WEB: [
        ("resources", "../../../base/web"),
        ("resources", "../../../base/db"),
        ("components", "../environment"),
        ("components", "../extra"),
        ("patches", "patch.yaml"),
    ],
    BASE: [("resources", "service.yaml")],
    DB: [("resources", "claim.yaml")],
    SHARED: [],
    EXTRA: [],
}


def test_a_closure_holds_every_file_that_a_render_reads() -> None:
    graph = _graph(USUAL)
    assert graph.closure(WEB) == FILES.keys() - {"base/notes/README.md"}
    assert graph.closure(BASE) == {BASE, "base/web/service.yaml"}


def test_closures_are_the_same_in_any_order_of_asking() -> None:
    one, other = _graph(USUAL), _graph(USUAL)
    forward = {path: one.closure(path) for path in USUAL}
    backward = {path: other.closure(path) for path in reversed(USUAL)}
    assert forward == backward


def test_a_circle_ends() -> None:
    graph = _graph({BASE: [("resources", "../db")], DB: [("resources", "../web")]})
    assert graph.closure(BASE) == graph.closure(DB) == {BASE, DB}
    assert graph.chain(BASE) == [BASE, DB]
    assert graph.affected([DB]) == {BASE, DB}


def test_in_a_chain_the_outer_comes_first_and_components_before_resources() -> None:
    assert _graph(USUAL).chain(WEB) == [WEB, EXTRA, SHARED, BASE, DB]


def test_a_kustomization_that_two_read_stands_once_in_a_chain() -> None:
    graph = _graph({**USUAL, BASE: [("resources", "../db")]})
    assert graph.chain(WEB).count(DB) == 1


@pytest.mark.parametrize(
    ("changed", "affected"),
    [
        pytest.param(["base/web/service.yaml"], {BASE, WEB}, id="file of a base"),
        pytest.param(["overlays/test/web/patch.yaml"], {WEB}, id="patch"),
        pytest.param([SHARED], {SHARED, WEB}, id="shared component"),
        pytest.param(["base/db/claim.yaml", "overlays/test/web/patch.yaml"], {DB, WEB}, id="two files"),
        pytest.param(["base/notes/README.md"], set(), id="file that nobody reads"),
        pytest.param(["docs/x.md"], set(), id="file outside"),
        pytest.param([], set(), id="nothing"),
    ],
)
def test_a_change_affects_whoever_reads_the_file(changed: list[str], affected: set[str]) -> None:
    assert _graph(USUAL).affected(changed) == affected


@pytest.mark.parametrize(
    ("target", "gone"),
    [
        pytest.param("gone.yaml", "base/web/gone.yaml", id="file"),
        pytest.param("../lost", "base/lost/kustomization.yaml", id="folder"),
        pytest.param("../lost", "base/lost/service.yaml", id="another file of the folder"),
    ],
)
def test_a_file_that_went_or_is_to_come_affects_whoever_names_it(target: str, gone: str) -> None:
    graph = _graph({**USUAL, BASE: [("resources", target)]})
    assert graph.affected([gone]) == {BASE, WEB}


def test_a_file_beside_a_missing_one_affects_nobody() -> None:
    graph = _graph({**USUAL, BASE: [("resources", "../lost")]})
    assert graph.affected(["base/lost-and-found/kustomization.yaml"]) == frozenset()


@pytest.mark.parametrize(
    ("target", "path", "breach"),
    [
        pytest.param("nope.yaml", "base/web/nope.yaml", Breach.MISSING, id="no such file"),
        pytest.param("../notes", "base/notes", Breach.MISSING, id="folder without a kustomization"),
        pytest.param("../../../elsewhere", "../../../elsewhere", Breach.OUTSIDE, id="above the root"),
        pytest.param("../../..", "../../..", Breach.OUTSIDE, id="the folder above the root"),
        pytest.param("/etc/passwd", "/etc/passwd", Breach.OUTSIDE, id="absolute"),
        pytest.param("https://x.org/a.yaml", "https://x.org/a.yaml", Breach.REMOTE, id="address"),
    ],
)
def test_a_reference_that_leads_nowhere_says_why(target: str, path: str, breach: Breach) -> None:
    graph = _graph({BASE: [("resources", "service.yaml"), ("resources", target)]})
    (edge,) = graph.broken[BASE]
    assert (edge.source, edge.target, edge.field, edge.line, edge.breach) == (BASE, path, "resources", 2, breach)
    assert [edge.target for edge in graph.edges[BASE]] == ["base/web/service.yaml"]


@pytest.mark.parametrize("target", ["../../base/web/service.yaml", "./service.yaml", "../web/./service.yaml"])
def test_a_roundabout_path_is_the_file_it_leads_to(target: str) -> None:
    graph = _graph({BASE: [("resources", target)]})
    assert [edge.target for edge in graph.edges[BASE]] == ["base/web/service.yaml"]


def test_what_is_there_is_not_remote_whatever_it_is_called() -> None:
    graph = Graph({BASE: [Reference("resources", "example.org/x.yaml", 1)]}, lambda path: path)
    assert [edge.target for edge in graph.edges[BASE]] == ["base/web/example.org/x.yaml"]


@pytest.mark.parametrize("name", ["kustomization.yaml", "kustomization.yml", "Kustomization"])
def test_a_kustomization_has_three_names(name: str) -> None:
    assert kustomization_in("base/x", {f"base/x/{name}": ""}) == f"base/x/{name}"


def test_another_file_is_no_kustomization() -> None:
    assert kustomization_in("base/x", {"base/x/kustomize.yaml": "", "base/x/y/kustomization.yaml": ""}) is None
