"""TREE: files, references and folders."""

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from gitops.checks.unit import Problem
from gitops.repository.tree import Unreadable
from tests.unit.checks.evidence_by_hand import problems
from tests.unit.repository.trees import CLUSTER, COMPONENT, sound_tree

Changes = Mapping[str, str | bytes | None]
Find = Callable[[str, Changes], list[Problem]]
BASE, OVERLAY = "base/web/kustomization.yaml", "overlays/test/web/kustomization.yaml"
RULES = [f"TREE{number:03}" for number in range(1, 17)]


@pytest.fixture
def find(tmp_path: Path) -> Find:
    """What a check finds in the sound repository with some changes."""
    return lambda rule, changes: problems(rule, sound_tree(tmp_path, changes))


def _places(found: list[Problem]) -> list[tuple[str, int]]:
    return [(problem.file, problem.line) for problem in found]


def _texts(found: list[Problem]) -> list[str]:
    return [problem.message for problem in found]


@pytest.mark.parametrize("rule", RULES)
def test_a_sound_repository_passes(find: Find, rule: str) -> None:
    assert find(rule, {}) == []


# Files ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    ["a: 1\nb: [\n\n", b"a: 1\nb: 2\n\xfc: 3\n", "a: 1\nb: 1\nc: .inf\n", "a: 1\nb: 1\nc: *d\n"],
    ids=["syntax", "encoding", "value", "alias"],
)
def test_a_file_that_can_not_be_used_is_caught(find: Find, content: str | bytes) -> None:
    assert _places(find("TREE001", {"base/web/service.yaml": content})) == [
        ("base/web/service.yaml", 4 if content == "a: 1\nb: [\n\n" else 3)
    ]


def test_an_alias_bomb_is_caught(find: Find) -> None:
    bomb = f"a: &a [{'x, ' * 200}]\nb: [{', '.join(['*a'] * 200)}]\n"
    assert _places(find("TREE001", {"base/web/service.yaml": bomb})) == [("base/web/service.yaml", 2)]


@pytest.mark.parametrize("path", ["base/web/README.md", "base/web/files/app.conf", "docs/x.yaml"])
def test_a_file_that_need_not_be_yaml_passes(find: Find, path: str) -> None:
    assert find("TREE001", {path: "a: [\n"}) == []


def test_a_file_without_permission_is_caught(tmp_path: Path) -> None:
    tree = sound_tree(tmp_path, {})
    tree.unreadable.append(Unreadable("base/web/x.yaml", "Permission denied"))
    (problem,) = problems("TREE001", tree)
    assert (problem.file, problem.message) == ("base/web/x.yaml", "can't be read: Permission denied")


def test_a_key_twice_is_caught_and_told_by_no_other_check(find: Find) -> None:
    changes = {"base/web/service.yaml": "a: 1\nb: 2\na: 3\n"}
    assert _places(find("TREE002", changes)) == [("base/web/service.yaml", 3)]
    assert find("TREE001", changes) == []


def test_one_key_in_two_mappings_passes(find: Find) -> None:
    assert find("TREE002", {"base/web/service.yaml": "a: {k: 1}\nb: {k: 1}\n---\na: 1\n"}) == []


# References -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("resources:\n  - service.yaml\n  - gone.yaml\n", "resources: base/web/gone.yaml does not exist"),
        ("resources:\n  - service.yaml\n  - files\n", "resources: base/web/files has no kustomization file"),
        ("resources:\n  - service.yaml\npatches: [{path: gone.yaml}]\n", "patches: base/web/gone.yaml does not exist"),
        (
            "resources: [service.yaml]\nconfigMapGenerator:\n  - files: [a=files/gone.conf]\n",
            "configMapGenerator: base/web/files/gone.conf does not exist",
        ),
    ],
    ids=["file", "folder", "patch", "generator"],
)
def test_a_reference_to_nothing_is_caught_at_its_line(find: Find, text: str, message: str) -> None:
    found = find("TREE003", {BASE: text, "base/web/files/app.conf": "x\n"})
    assert (_places(found), _texts(found)) == ([(BASE, 3)], [message])


def test_a_reference_to_a_file_or_a_folder_with_a_kustomization_passes(find: Find) -> None:
    text = "resources: [service.yaml, ../db]\nconfigMapGenerator: [{files: [a=files/app.conf]}]\n"
    files = {"base/db/kustomization.yml": "resources: []\n", "base/web/files/app.conf": "x\n"}
    assert find("TREE003", {BASE: text, **files}) == []


@pytest.mark.parametrize("target", ["https://example.org/x.yaml", "github.com/x/y?ref=v1", "git@example.org:x/y"])
def test_a_remote_reference_is_caught_and_is_not_missing(find: Find, target: str) -> None:
    changes = {BASE: f"resources:\n  - service.yaml\n  - {target}\n"}
    found = find("TREE005", changes)
    assert (_places(found), _texts(found)) == ([(BASE, 3)], [f"resources: {target} lies outside this repository"])
    assert find("TREE003", changes) == find("TREE011", changes) == []


def test_a_path_with_dots_is_not_remote(find: Find) -> None:
    assert find("TREE005", {BASE: "resources: [service.yaml, ./v1.2/x.yaml]\n", "base/web/v1.2/x.yaml": "a: 1\n"}) == []


@pytest.mark.parametrize("target", ["../../../elsewhere/x.yaml", "/etc/hostname"])
def test_a_reference_out_of_the_repository_is_caught_and_is_not_missing(find: Find, target: str) -> None:
    changes = {BASE: f"resources:\n  - service.yaml\n  - {target}\n"}
    assert _places(find("TREE011", changes)) == [(BASE, 3)]
    assert find("TREE003", changes) == []


def test_a_link_out_of_the_repository_is_caught_once(tmp_path: Path) -> None:
    (tmp_path / "base/web").mkdir(parents=True)
    (tmp_path / "base/web/link.yaml").symlink_to("/nowhere/x.yaml")
    tree = sound_tree(tmp_path, {BASE: "resources: [service.yaml, link.yaml]\n"})
    (problem,) = problems("TREE011", tree)
    assert problem.file == "base/web/link.yaml"
    assert problem.message == "a symbolic link to /nowhere/x.yaml, which is not in this repository"
    assert problems("TREE003", tree) == []


def test_a_link_inside_the_repository_passes(tmp_path: Path) -> None:
    (tmp_path / "base/web").mkdir(parents=True)
    (tmp_path / "base/web/link.yaml").symlink_to("service.yaml")
    tree = sound_tree(tmp_path, {BASE: "resources: [link.yaml]\n"})
    assert problems("TREE011", tree) + problems("TREE003", tree) == []


# Dead files -----------------------------------------------------------------------------------------------------------


def test_a_file_that_nothing_references_is_caught(find: Find) -> None:
    found = find("TREE004", {"base/web/old.yaml": "kind: Service\n", "overlays/test/web/old.conf": "x\n"})
    assert _places(found) == [("base/web/old.yaml", 1), ("overlays/test/web/old.conf", 1)]
    assert set(_texts(found)) == {"no kustomization references this file"}


def test_of_a_dead_folder_only_the_kustomization_is_told(find: Find) -> None:
    found = find("TREE004", {"base/db/kustomization.yaml": "resources: [x.yaml]\n", "base/db/x.yaml": "kind: Service\n"})
    assert (_places(found), _texts(found)) == ([("base/db/kustomization.yaml", 1)], ["no overlay reads this folder"])


@pytest.mark.parametrize(
    "path",
    [
        "base/web/README.md",
        "base/web/.gitkeep",
        "base/web/files/README.md",
        "policies/admission/x.yaml",
        "clusters/test/x.yaml",
    ],
)
def test_a_file_that_stands_beside_manifests_passes(find: Find, path: str) -> None:
    assert find("TREE004", {path: "x: 1\n"}) == []


@pytest.mark.parametrize(
    "kustomization", ["resources: [service.yaml, gone.yaml]\n", "resource: [service.yaml]\n", "resources: [\n"], ids=str
)
def test_while_a_components_references_are_not_all_known_none_of_its_files_is_dead(find: Find, kustomization: str) -> None:
    assert find("TREE004", {BASE: kustomization, "base/web/old.yaml": "kind: Service\n"}) == []


def test_another_components_broken_reference_hides_nothing(find: Find) -> None:
    changes = {"base/db/kustomization.yaml": "resources: [gone.yaml]\n", "base/web/old.yaml": "kind: Service\n"}
    assert _places(find("TREE004", changes)) == [("base/web/old.yaml", 1)]


# Components -----------------------------------------------------------------------------------------------------------

NO_BASE: Changes = {"base/web/component.yaml": None, BASE: None, "base/web/service.yaml": None}


def test_an_overlay_without_a_base_is_caught_and_its_reference_is_not_missing(find: Find) -> None:
    found = find("TREE006", NO_BASE)
    assert (_places(found), _texts(found)) == ([(OVERLAY, 2)], ["base/web does not exist"])
    assert (found[0].environment, found[0].component) == ("test", "web")
    assert find("TREE003", NO_BASE) == []


def test_another_reference_of_such_an_overlay_is_still_missing(find: Find) -> None:
    changes = {**NO_BASE, OVERLAY: "resources:\n  - ../../../base/web\n  - gone.yaml\n"}
    assert _places(find("TREE003", changes)) == [(OVERLAY, 3)]


def test_a_clusters_own_folder_needs_no_base(find: Find) -> None:
    assert find("TREE006", {"clusters/test/kustomization.yaml": "resources: []\n"}) == []


def test_a_component_without_its_description_is_caught(find: Find) -> None:
    found = find("TREE007", {"base/web/component.yaml": None})
    assert (_places(found), found[0].component) == ([("base/web/component.yaml", 1)], "web")


def test_a_component_with_a_defective_description_is_told_by_another_check(find: Find) -> None:
    assert find("TREE007", {"base/web/component.yaml": "a: [\n"}) == []


def test_an_unknown_field_is_caught_in_kustomizations_and_our_own_files(find: Find) -> None:
    found = find(
        "TREE008",
        {BASE: "resources: [service.yaml]\npatchs: []\n", "base/web/component.yaml": COMPONENT + "ownr: x\n"},
    )
    assert _places(found) == [("base/web/component.yaml", 4), (BASE, 2)]


def test_a_field_of_a_manifest_is_no_business_of_the_trees(find: Find) -> None:
    assert find("TREE008", {"base/web/service.yaml": "kind: Service\nmetdata: {}\n"}) == []


# Dependencies ---------------------------------------------------------------------------------------------------------


def _component(*depends_on: str, retired: bool = False) -> str:
    lines = [f"  - {name}\n" for name in depends_on]
    end = "retired: {since: v2.0, reason: replaced}\n" if retired else ""
    return COMPONENT + ("dependsOn:\n" + "".join(lines) if lines else "") + end


def _components(**texts: str) -> Changes:
    return {f"base/{name}/component.yaml": text for name, text in texts.items()}


def test_a_dependency_on_nothing_is_caught_at_its_line(find: Find) -> None:
    found = find("TREE009", _components(web=_component("db", "gone"), db=_component()))
    assert (_places(found), _texts(found)) == ([("base/web/component.yaml", 6)], ["dependsOn: 'gone' is no component"])


def test_a_dependency_on_a_retired_component_is_caught(find: Find) -> None:
    found = find("TREE009", _components(web=_component("db"), db=_component(retired=True)))
    assert _texts(found) == ["dependsOn: 'db' is retired since v2.0"]


def test_a_dependency_without_an_overlay_in_the_environment_is_caught(find: Find) -> None:
    found = find("TREE017", _components(web=_component("db"), db=_component()))
    assert (_places(found), _texts(found)) == (
        [("overlays/test/web/kustomization.yaml", 1)],
        ["web depends on db, which test does not run"],
    )


def test_a_dependency_with_an_overlay_beside_it_passes(find: Find) -> None:
    changes = _components(web=_component("db"), db=_component())
    assert find("TREE017", {**changes, "overlays/test/db/kustomization.yaml": "resources: []\n"}) == []


@pytest.mark.parametrize(
    "changes",
    [
        _components(web=_component("db"), db=_component()),
        _components(web=_component("db", retired=True), db=_component(retired=True)),
        {**_components(web=_component("db")), "base/db/kustomization.yaml": "resources: []\n"},
    ],
    ids=["a component", "both retired", "one without a description"],
)
def test_a_dependency_that_is_there_passes(find: Find, changes: Changes) -> None:
    assert find("TREE009", changes) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (_components(web=_component("web")), ["dependsOn: a circle, web → web"]),
        (_components(web=_component("db"), db=_component("web")), ["dependsOn: a circle, db → web → db"]),
        (
            _components(a=_component("b"), b=_component("c"), c=_component("a"), d=_component("a")),
            ["dependsOn: a circle, a → b → c → a"],
        ),
        (
            _components(a=_component("b"), b=_component("a"), c=_component("d"), d=_component("c")),
            ["dependsOn: a circle, a → b → a", "dependsOn: a circle, c → d → c"],
        ),
    ],
    ids=["itself", "two", "three", "two circles"],
)
def test_a_circle_of_dependencies_is_caught_once(find: Find, changes: Changes, told: list[str]) -> None:
    assert _texts(find("TREE010", changes)) == told


def test_a_circle_is_told_at_the_line_of_the_dependency(find: Find) -> None:
    changes = _components(a=_component("x", "b"), b=_component("a"), x=_component())
    assert _places(find("TREE010", changes)) == [("base/a/component.yaml", 6)]


@pytest.mark.parametrize(
    "changes",
    [
        _components(a=_component("b", "c"), b=_component("d"), c=_component("d"), d=_component()),
        _components(a=_component("gone")),
    ],
    ids=["two ways to one component", "a dependency on nothing"],
)
def test_dependencies_without_a_circle_pass(find: Find, changes: Changes) -> None:
    assert find("TREE010", changes) == []


# Our own files, environments and clusters -----------------------------------------------------------------------------


def test_a_value_that_its_schema_refuses_is_caught(find: Find) -> None:
    changes = {"base/web/component.yaml": COMPONENT.replace("platform", "The Team"), BASE: ""}
    assert _places(find("TREE012", changes)) == [("base/web/component.yaml", 3), (BASE, 1)]


def test_a_manifest_has_no_schema_here(find: Find) -> None:
    assert find("TREE012", {"base/web/service.yaml": "", "base/web/list.yaml": "- a\n"}) == []


def test_an_environment_without_a_cluster_and_a_cluster_without_an_environment_are_caught(find: Find) -> None:
    found = find("TREE013", {"clusters/test/cluster.yaml": CLUSTER.replace("environment: test", "environment: tset")})
    assert _texts(found) == ["no cluster runs the environment 'test'", "environment: overlays/tset does not exist"]
    assert [problem.file for problem in found] == ["overlays/test", "clusters/test/cluster.yaml"]


def test_while_a_cluster_is_defective_no_environment_is_said_to_have_none(find: Find) -> None:
    assert find("TREE013", {"clusters/test/cluster.yaml": "a: [\n"}) == []


def test_an_overlay_without_a_kustomization_is_caught(find: Find) -> None:
    found = find("TREE014", {OVERLAY: None, "overlays/test/web/service.yaml": "kind: Service\n"})
    assert (_places(found), _texts(found)) == ([(OVERLAY, 1)], ["overlays/test/web has no kustomization.yaml"])
    assert (found[0].environment, found[0].component) == ("test", "web")


@pytest.mark.parametrize("name", ["kustomization.yml", "Kustomization"])
def test_a_kustomization_of_another_name_passes(find: Find, name: str) -> None:
    assert find("TREE014", {OVERLAY: None, f"overlays/test/web/{name}": "resources: [../../../base/web]\n"}) == []


@pytest.mark.parametrize("path", ["policies/waiver.yaml", "policies/Waivers.yaml", "policies/levels.yml"])
def test_a_policy_file_that_no_tool_knows_is_caught(find: Find, path: str) -> None:
    (problem,) = find("TREE015", {path: "a: 1\n"})
    assert problem.file == path
    assert problem.message.startswith(f"{path} is read by no tool; there are policies/")
    assert "policies/waivers.yaml" in problem.message


@pytest.mark.parametrize(
    "path", ["policies/waivers.yaml", "policies/admission/x.yaml", "policies/README.md", "base/web/x.yaml"]
)
def test_a_policy_file_that_is_known_or_stands_deeper_passes(find: Find, path: str) -> None:
    assert find("TREE015", {path: "{}\n"}) == []


# Replacements ---------------------------------------------------------------------------------------------------------

REPLACEMENT = "source: {kind: ConfigMap}\ntargets:\n  - select: {kind: Deployment}\n    fieldPaths:\n      - %s\n"


@pytest.mark.parametrize("step", ["[name=web]", "[name=^web]", "[name=web$]", "[=--a]"])
def test_a_name_that_finds_others_too_is_caught(find: Find, step: str) -> None:
    inline = f"replacements:\n- targets:\n  - fieldPaths:\n    - a.b\n    - a.{step}.b\n"
    file = "overlays/test/web/replacement.yaml"
    changes = {
        OVERLAY: f"resources:\n  - ../../../base/web\n{inline}- path: replacement.yaml\n",
        file: REPLACEMENT % f"'{step}'",
    }
    found = find("TREE016", changes)
    assert _places(found) == [(OVERLAY, 7), (file, 5)]
    assert _texts(found) == [f"{step} also finds what merely contains it"] * 2


@pytest.mark.parametrize("path", ["spec.[name=^web$].value", "spec.*.value", "spec.0", "metadata.annotations.[a/b]", "[]"])
def test_a_name_that_is_held_at_both_ends_passes(find: Find, path: str) -> None:
    file = "overlays/test/web/replacement.yaml"
    changes = {
        OVERLAY: "resources:\n  - ../../../base/web\nreplacements:\n- path: replacement.yaml\n",
        file: f"- {REPLACEMENT.replace(chr(10), chr(10) + '  ').rstrip(' ')}" % f"'{path}'",
    }
    assert find("TREE016", changes) == []
