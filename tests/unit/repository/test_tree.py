"""The repository as it lies on disk."""

import builtins
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from gitops.adapters.cache import Cache
from gitops.models.errors import UserError
from gitops.models.resource import Overlay
from gitops.repository.facts import FactReader
from gitops.repository.graph import Breach
from gitops.repository.tree import SHARED, Tree, Unreadable
from tests.unit.repository.trees import CLUSTER, COMPONENT, SOUND, WEB, read_tree, sound_tree


def _again(root: Path) -> Tree:
    return Tree(root, FactReader(Cache(root, enabled=False), "tools"))


def test_components_environments_and_clusters_are_found_by_their_place(tmp_path: Path) -> None:
    tree = sound_tree(
        tmp_path, {"overlays/prod/web/kustomization.yaml": "resources: []\n", "base/db/component.yaml": COMPONENT}
    )
    assert tree.component_folders == ("db", "web")
    assert sorted(tree.components) == ["db", "web"]
    assert list(tree.environments) == ["prod", "test"]
    assert list(tree.clusters) == ["test"]
    assert tree.environments["test"].overlays == (WEB,)
    assert [cluster.name for cluster in tree.environments["test"].clusters] == ["test"]
    assert tree.environments["prod"].clusters == ()


def test_what_an_environment_shares_is_no_overlay(tmp_path: Path) -> None:
    tree = sound_tree(tmp_path, {f"overlays/test/{SHARED}/kustomization.yaml": "kind: Component\n"})
    assert list(tree.overlays) == [WEB]


def test_what_the_environments_share_is_no_component(tmp_path: Path) -> None:
    tree = sound_tree(tmp_path, {"base/environment/kustomization.yaml": "kind: Component\n"})
    assert "environment" not in tree.component_folders


def test_a_cluster_with_a_kustomization_is_an_overlay_of_its_environment(tmp_path: Path) -> None:
    tree = sound_tree(tmp_path, {"clusters/test/kustomization.yaml": "resources: []\n"})
    assert list(tree.overlays) == [WEB, Overlay("test", "clusters/test", "clusters/test")]


def test_only_the_four_folders_are_read(tmp_path: Path) -> None:
    tree = sound_tree(
        tmp_path, {"docs/a.yaml": "a: [\n", "kustomization.yaml": "a: [\n", "policies/waivers.yaml": "waivers: []\n"}
    )
    assert tree.files.keys() == SOUND.keys() | {"policies/waivers.yaml"}


def test_a_folder_without_overlays_is_no_repository(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="it has no folder 'overlays'"):
        _again(tmp_path)


def test_a_defective_file_of_ours_counts_as_absent(tmp_path: Path) -> None:
    tree = sound_tree(
        tmp_path,
        {
            "base/web/component.yaml": "title: 1\n",
            "clusters/test/cluster.yaml": "a: [\n",
            "policies/waivers.yaml": "waivers: 5\n",
        },
    )
    assert (tree.components, tree.clusters, tree.waivers.waivers) == ({}, {}, ())


def test_waivers_are_read(tmp_path: Path) -> None:
    waiver = "{rules: [META001], objects: [Service/web], owner: o, reason: r, expires: 2027-01-31}"
    tree = sound_tree(tmp_path, {"policies/waivers.yaml": f"waivers: [{waiver}]\n"})
    assert [entry.rules for entry in tree.waivers.waivers] == [("META001",)]


def test_the_line_of_a_value_is_told_and_the_first_where_it_can_not_be(tmp_path: Path) -> None:
    tree = sound_tree(
        tmp_path, {"base/web/component.yaml": COMPONENT + "dependsOn:\n  - a\n  - b\n", "base/web/x.yaml": "a: [\n"}
    )
    assert tree.line("base/web/component.yaml", ("dependsOn", 1)) == 6
    assert tree.line("base/web/x.yaml", ("a",)) == 1
    assert tree.line("base/web/gone.yaml", ("a",)) == 1


# Links ----------------------------------------------------------------------------------------------------------------


def _linked(root: Path, links: Mapping[str, str], changes: Mapping[str, str | bytes | None]) -> Tree:
    for path, target in links.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).symlink_to(target)
    return sound_tree(root, changes)


def test_a_link_inside_the_tree_is_followed(tmp_path: Path) -> None:
    tree = _linked(
        tmp_path, {"base/web/linked.yaml": "service.yaml"}, {"base/web/kustomization.yaml": "resources: [linked.yaml]\n"}
    )
    assert tree.links["base/web/linked.yaml"].target == "base/web/service.yaml"
    assert "base/web/linked.yaml" not in tree.files
    assert [edge.target for edge in tree.graph.edges["base/web/kustomization.yaml"]] == ["base/web/service.yaml"]


def test_a_link_behind_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "base/real").mkdir(parents=True)
    links = {"base/alias": "real", "base/real/deeper": "../other"}
    changes = {"base/other/x.yaml": "a: 1\n", "base/web/kustomization.yaml": "resources: [../alias/deeper/x.yaml]\n"}
    tree = _linked(tmp_path, links, changes)
    assert [edge.target for edge in tree.graph.edges["base/web/kustomization.yaml"]] == ["base/other/x.yaml"]


def test_a_link_that_changes_affects_whoever_reads_through_it(tmp_path: Path) -> None:
    links = {"base/web/linked.yaml": "service.yaml"}
    tree = _linked(tmp_path, links, {"base/web/kustomization.yaml": "resources: [linked.yaml]\n"})
    assert tree.affected(frozenset({"base/web/linked.yaml"})) == {WEB}


def test_a_link_to_a_folder_is_followed(tmp_path: Path) -> None:
    tree = _linked(
        tmp_path, {"base/same": "web"}, {"overlays/test/web/kustomization.yaml": "resources: [../../../base/same]\n"}
    )
    assert tree.graph.closure("overlays/test/web/kustomization.yaml") >= {
        "base/web/kustomization.yaml",
        "base/web/service.yaml",
    }
    assert tree.component_folders == ("web",)


@pytest.mark.parametrize(
    "target",
    ["/etc/hostname", "../../../outside.yaml", "gone.yaml", "linked.yaml"],
    ids=["absolute", "above", "gone", "itself"],
)
def test_a_link_out_of_the_tree_or_to_nowhere_has_no_target(tmp_path: Path, target: str) -> None:
    (tmp_path / "outside.yaml").write_text("a: 1\n", encoding="utf-8")
    root = tmp_path / "repository"
    tree = _linked(root, {"base/web/linked.yaml": target}, {"base/web/kustomization.yaml": "resources: [linked.yaml]\n"})
    link = tree.links["base/web/linked.yaml"]
    assert (link.target, link.text) == (None, target)
    assert [edge.breach for edge in tree.graph.broken["base/web/kustomization.yaml"]] == [Breach.MISSING]


def test_a_repository_that_is_itself_reached_by_a_link_is_read(tmp_path: Path) -> None:
    sound_tree(tmp_path / "real", {})
    (tmp_path / "link").symlink_to("real")
    assert _again(tmp_path / "link").files.keys() == SOUND.keys()


def test_a_circle_of_links_ends(tmp_path: Path) -> None:
    tree = _linked(tmp_path, {"base/web/up": "..", "base/web/here": "."}, {})
    assert tree.files.keys() == SOUND.keys()


# Unreadable -----------------------------------------------------------------------------------------------------------


def test_a_file_that_can_not_be_read_is_told_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound_tree(tmp_path, {})
    opened = builtins.open

    def refuse(path: Any, *options: Any, **more: Any) -> Any:
        if str(path).endswith("service.yaml"):
            raise PermissionError(13, "Permission denied")
        return opened(path, *options, **more)

    monkeypatch.setattr(builtins, "open", refuse)
    tree = _again(tmp_path)
    assert tree.unreadable == [Unreadable("base/web/service.yaml", "Permission denied")]
    assert "base/web/service.yaml" not in tree.files


def test_a_folder_that_can_not_be_listed_is_told_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound_tree(tmp_path, {})
    scan = os.scandir

    def refuse(path: Any) -> Any:
        if str(path).endswith("base/web"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert _again(tmp_path).unreadable == [Unreadable("base/web", "Permission denied")]


def test_bytes_that_are_no_utf_8_leave_the_rest_of_a_text(tmp_path: Path) -> None:
    tree = sound_tree(tmp_path, {"base/web/x.yaml": b"a: \xfc\n"})
    assert tree.text("base/web/x.yaml") == "a: \ufffd\n"


# What a change affects ------------------------------------------------------------------------------------------------

OTHER = Overlay("test", "db", "overlays/test/db")
ARGO = Overlay("test", "clusters/test", "clusters/test")
TWO = {
    "base/db/component.yaml": COMPONENT,
    "base/db/kustomization.yaml": "resources: [missing.yaml]\n",
    "overlays/test/db/kustomization.yaml": "resources: [../../../base/db]\n",
    "clusters/test/kustomization.yaml": "resources: []\n",
}


@pytest.mark.parametrize(
    ("path", "affected"),
    [
        pytest.param("base/web/service.yaml", {WEB}, id="manifest of a base"),
        pytest.param("base/db/missing.yaml", {OTHER}, id="file that went"),
        pytest.param("overlays/test/web/new.yaml", {WEB}, id="file that nothing references yet"),
        pytest.param("base/web/component.yaml", {WEB}, id="description of a component"),
        pytest.param("clusters/test/cluster.yaml", {WEB, OTHER, ARGO}, id="facts of a cluster"),
        pytest.param("clusters/test/kustomization.yaml", {ARGO}, id="objects of a cluster"),
        pytest.param("overlays/prod/web/kustomization.yaml", set(), id="another environment"),
        pytest.param("overlays/test/web-more/x.yaml", set(), id="a name that begins alike"),
        pytest.param("docs/x.md", set(), id="a file outside"),
    ],
)
def test_a_change_affects_the_overlays_that_depend_on_it(tmp_path: Path, path: str, affected: set[Overlay]) -> None:
    assert sound_tree(tmp_path, TWO).affected(frozenset({path})) == affected


def test_a_cluster_of_another_environment_affects_none_of_this_one(tmp_path: Path) -> None:
    other = {"clusters/prod/cluster.yaml": CLUSTER.replace("environment: test", "environment: prod")}
    tree = read_tree(tmp_path, {**SOUND, **other, "overlays/prod/web/kustomization.yaml": "resources: []\n"})
    affected = tree.affected(frozenset({"clusters/prod/cluster.yaml"}))
    assert affected == {Overlay("prod", "web", "overlays/prod/web")}
