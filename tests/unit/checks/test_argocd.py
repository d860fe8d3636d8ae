"""Argo CD's Applications: which overlays they bring, and what their projects allow."""

from dataclasses import replace
from typing import Any

import pytest

from gitops.checks.evidence import EnvironmentEvidence
from gitops.models.resource import GroupKind, Overlay, Resource
from gitops.repository.applications import Project
from tests.unit.checks.evidence_by_hand import cluster, environment, messages
from tests.unit.checks.workloads_by_hand import placed, workload
from tests.unit.repository.trees import WEB

ARGO = "argoproj.io/v1alpha1"
CLUSTER = Overlay("test", "clusters/test", "clusters/test")
REPOSITORY = "https://git.example.org/platform.git"
SERVER = "https://kubernetes.default.svc"
FOLDERS = {"overlays", "overlays/test", "overlays/test/web", "overlays/test/environment", "overlays/test/web/files", "base/web"}


def source(path: str, **options: Any) -> dict[str, Any]:
    return {"repoURL": REPOSITORY, "targetRevision": "main", "path": path, **options}


def application(name: str = "root", path: str = "clusters/test", **options: Any) -> Resource:
    spec = {
        "project": options.get("project", "default"),
        "source": source(path, **options.get("source", {})),
        "destination": options.get("destination", {"server": SERVER, "namespace": "dare"}),
    }
    return placed("Application", name, api=ARGO, namespace="argocd", overlay=CLUSTER, spec=spec)


def application_set(project: str = "platform", **spec: Any) -> Resource:
    directories = [{"path": "overlays/test/*"}, {"path": "overlays/test/environment", "exclude": True}]
    made = {
        "project": project,
        "source": source("{{ .path.path }}"),
        "destination": {"server": SERVER, "namespace": "dare"},
    }
    whole = {
        "goTemplate": True,
        "generators": [{"git": {"repoURL": REPOSITORY, "revision": "main", "directories": directories}}],
        "template": {"metadata": {"name": "{{ .path.basename }}"}, "spec": made},
        **spec,
    }
    return placed("ApplicationSet", "all", api=ARGO, namespace="argocd", overlay=CLUSTER, spec=whole)


def project(name: str = "platform", **spec: Any) -> Resource:
    whole = {
        "sourceRepos": [REPOSITORY],
        "destinations": [{"server": SERVER, "namespace": "dare"}],
        "clusterResourceWhitelist": [{"group": "", "kind": "Namespace", "name": "dare"}],
        "namespaceResourceWhitelist": [{"group": "apps", "kind": "Deployment"}],
        **spec,
    }
    return placed("AppProject", name, api=ARGO, namespace="argocd", overlay=CLUSTER, spec=whole)


def synced(*resources: Resource, folders: frozenset[str] = frozenset(FOLDERS)) -> EnvironmentEvidence:
    return replace(environment(*resources, empty=[WEB, CLUSTER]), folders=folders)


BY = "the project platform of the Application web does not allow"


def test_what_the_project_does_not_allow_is_caught_once() -> None:
    rendered = [
        workload(),
        workload(name="second"),
        placed("ConfigMap", "a"),
        placed("ConfigMap", "b"),
        placed("Deployment", "c", api="apps/v1", namespace="other"),
        placed("Namespace", "dare", namespace=""),
        placed("Namespace", "other", namespace=""),
    ]
    assert messages("ARGO001", synced(application_set(), project(), *rendered)) == [
        f"{BY} objects of the kind ConfigMap",
        f"{BY} the namespace other",
        f"{BY} the cluster-wide Namespace other",
    ]


@pytest.mark.parametrize(
    "template",
    [
        '{{ if eq .path.basename "web" }}platform{{ else }}other{{ end }}',
        '{{ if eq .path.basename "other" }}other{{ else }}platform{{ end }}',
    ],
)
def test_the_project_may_depend_on_the_folder(template: str) -> None:
    evidence = synced(application_set(template), project(), project("other"), placed("ConfigMap", "a"))
    assert messages("ARGO001", evidence) == [f"{BY} objects of the kind ConfigMap"]


def test_another_cluster_has_projects_of_its_own() -> None:
    elsewhere = placed("AppProject", "platform", api=ARGO, namespace="argocd", overlay=WEB, spec={})
    assert messages("ARGO002", synced(application_set(), elsewhere)) == ["no overlay renders the AppProject platform"]


@pytest.mark.parametrize(
    ("listed", "kind", "name", "namespaced", "allowed"),
    [
        ({}, ("apps", "Deployment"), "a", True, True),
        ({}, ("", "Namespace"), "a", False, False),
        ({"namespaceResourceWhitelist": []}, ("apps", "Deployment"), "a", True, False),
        ({"namespaceResourceWhitelist": [{"group": "*", "kind": "*"}]}, ("apps", "Deployment"), "a", True, True),
        ({"namespaceResourceWhitelist": [{"group": "", "kind": "Deployment"}]}, ("apps", "Deployment"), "a", True, False),
        ({"namespaceResourceBlacklist": [{"group": "apps", "kind": "Deployment"}]}, ("apps", "Deployment"), "a", True, False),
        ({"clusterResourceWhitelist": [{"group": "", "kind": "Namespace"}]}, ("", "Namespace"), "a", False, True),
        ({"clusterResourceWhitelist": [{"group": "", "kind": "Namespace", "name": "b"}]}, ("", "Namespace"), "a", False, False),
        ({"clusterResourceWhitelist": [{"group": "", "kind": "Name*", "name": "a-*"}]}, ("", "Namespace"), "a-b", False, True),
        (
            {
                "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
                "clusterResourceBlacklist": [{"group": "", "kind": "Node"}],
            },
            ("", "Node"),
            "a",
            False,
            False,
        ),
    ],
)
def test_kinds_are_allowed_as_argo_cd_allows_them(
    listed: dict[str, Any], kind: tuple[str, str], name: str, namespaced: bool, allowed: bool
) -> None:
    bare = placed("AppProject", api=ARGO, spec=listed)
    assert Project(bare).allows_kind(GroupKind(*kind), name, namespaced) is allowed


@pytest.mark.parametrize(
    ("destinations", "allowed"),
    [
        ([], False),
        ([{"server": SERVER, "namespace": "dare"}], True),
        ([{"server": SERVER, "namespace": "dare-*"}], False),
        ([{"server": "*", "namespace": "d*"}], True),
        ([{"name": "here", "namespace": "*"}], False),
        ([{"server": SERVER, "namespace": "*"}, {"server": SERVER, "namespace": "!dare"}], False),
        ([{"server": SERVER, "namespace": "*"}, {"server": SERVER, "namespace": "!kube-*"}], True),
    ],
)
def test_destinations_are_allowed_as_argo_cd_allows_them(destinations: list[dict[str, str]], allowed: bool) -> None:
    there = Project(project(destinations=destinations))
    assert there.allows_destination({"server": SERVER}, "dare") is allowed


@pytest.mark.parametrize(
    ("repositories", "allowed"),
    [
        (["*"], True),
        (["https://git.example.org/platform"], True),
        (["https://git.example.org/*"], True),
        (["https://*"], False),
        (["https://**"], True),
        (["https://git.example.{org,com}/platform"], True),
        (["https://git.example.org/other"], False),
        (["*", "!https://git.example.org/*"], False),
        (["*", "!https://git.example.com/*"], True),
        ([], False),
    ],
)
def test_repositories_are_allowed_as_argo_cd_allows_them(repositories: list[str], allowed: bool) -> None:
    assert Project(project(sourceRepos=repositories)).allows_source(REPOSITORY) is allowed


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        (application(project="none"), "no overlay renders the AppProject none"),
        (application(path="clusters/tset"), "clusters/tset is not in the repository"),
        (application(path="base/web"), "base/web is no overlay of this environment"),
        (application(source={"targetRevision": ""}), "the revision HEAD is neither main nor a release's tag"),
        (application(source={"targetRevision": "v4.*"}), "the revision v4.* is neither main nor a release's tag"),
        (application(source={"targetRevision": "v4.0.0"}), None),
        (application(source={"chart": "traefik", "targetRevision": "1.2"}), None),
        (application(project="platform", source={"repoURL": "x"}), "the project platform does not allow the repository x"),
        (
            application(project="platform", destination={"name": "here"}),
            "the project platform does not allow the namespace (none) of here",
        ),
        (application(project="platform"), None),
    ],
)
def test_an_application_that_cannot_be_synced_is_caught(made: Resource, fault: str | None) -> None:
    assert messages("ARGO002", synced(made, project())) == ([fault] if fault else [])


def test_a_fault_of_a_template_is_told_once() -> None:
    elsewhere = application_set(
        template={"spec": {"project": "none", "source": source("{{ .path.path }}", targetRevision="x")}}
    )
    evidence = synced(elsewhere, folders=frozenset({"overlays/test/web", "overlays/test/db"}))
    assert messages("ARGO002", evidence) == [
        "no overlay renders the AppProject none",
        "overlays/test/db is no overlay of this environment",
        "the revision x is neither main nor a release's tag",
    ]


def test_an_overlay_that_nothing_syncs_is_caught() -> None:
    assert messages("ARGO003", synced(application())) == ["no Application of clusters/test has the source overlays/test/web"]
    assert messages("ARGO003", synced(application(), application_set(), project())) == []
    assert messages("ARGO003", synced(application_set(), project())) == [
        "no Application of clusters/test has the source clusters/test"
    ]


def test_where_people_apply_the_overlays_nothing_has_to_sync_them() -> None:
    assert messages("ARGO003", synced(workload())) == []


def test_of_a_misspelt_path_only_that_is_told() -> None:
    assert messages("ARGO003", synced(application(path="clusters/tset"))) == []


def test_each_cluster_syncs_all_overlays_but_other_clusters() -> None:
    two = replace(
        synced(application(), application_set(), project()).rendered.environment, clusters=(cluster(), cluster(name="b"))
    )
    evidence = synced(application(), application_set(), project())
    both = replace(evidence, rendered=replace(evidence.rendered, environment=two))
    assert messages("ARGO003", both) == []


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"goTemplate": False}, "only templates with goTemplate and without templatePatch are understood"),
        ({"templatePatch": "spec: {}"}, "only templates with goTemplate and without templatePatch are understood"),
        ({"generators": [{"clusters": {}}]}, "of generators, git directories and lists of elements are understood"),
        ({"generators": [{"git": {"files": []}}]}, "of generators, git directories and lists of elements are understood"),
        (
            {"generators": [{"list": {"elements": [{}]}, "selector": {}}]},
            "of generators, git directories and lists of elements are understood",
        ),
        ({"generators": [{"list": {"elements": [{"a": "b"}]}}]}, "the generator gives no '.path.basename'"),
    ],
)
def test_what_cannot_be_told_is_said(spec: dict[str, Any], reason: str) -> None:
    evidence = synced(application(), application_set(**spec))
    assert messages("ARGO004", evidence) == [f"which Applications this makes can't be told: {reason}"]
    assert messages("ARGO003", evidence) == []


def test_elements_of_a_list_make_applications() -> None:
    listed = application_set(
        generators=[{"list": {"elements": [{"folder": "overlays/test/web"}]}}],
        template={"metadata": {"name": "a"}, "spec": {"project": "platform", "source": source("{{ .folder }}")}},
    )
    assert messages("ARGO001", synced(listed, project(), placed("Secret"))) == [
        "the project platform of the Application a does not allow objects of the kind Secret",
        "the project platform of the Application a does not allow the namespace dare",
    ]
    assert messages("ARGO004", synced(listed)) == []
