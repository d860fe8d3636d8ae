"""DANGER010 and DANGER011: what Argo CD drops, and what reaches two clusters at once."""

from dataclasses import replace
from typing import Any

import pytest

from gitops.checks.diff_evidence import DiffEvidence
from gitops.models.difference import Pin
from gitops.models.environment import ClusterFolder
from gitops.models.resource import Overlay, Resource
from tests.unit.checks.dangers_by_hand import evidence, thing, told
from tests.unit.checks.evidence_by_hand import cluster, messages
from tests.unit.repository.trees import made

ARGO = "argoproj.io/v1alpha1"
FOLDERS = [{"path": "overlays/test/*"}, {"path": "overlays/test/environment", "exclude": True}]


def applications(folders: Any = FOLDERS, name: str = "{{ .path.basename }}", **policy: Any) -> Resource:
    spec = {
        "generators": [{"git": {"directories": folders}}],
        "template": {"metadata": {"name": name}},
        "syncPolicy": {"applicationsSync": "create-update", "preserveResourcesOnDeletion": True, **policy},
    }
    return thing("ApplicationSet", api=ARGO, spec=spec)


@pytest.mark.parametrize(
    ("new", "messages"),
    [
        (applications([{"path": "overlays/test/web"}, FOLDERS[1]]), ["no longer finds overlays/test/*"]),
        (applications([*FOLDERS, {"path": "overlays/test/db", "exclude": True}]), ["leaves out overlays/test/db"]),
        (
            applications(name="x-{{ .path.basename }}"),
            ["calls its Applications 'x-{{ .path.basename }}' instead of '{{ .path.basename }}': each is made anew"],
        ),
        (applications(applicationsSync="sync"), ["deletes Applications whose folder is gone"]),
        (applications(preserveResourcesOnDeletion=False), ["takes down what an Application runs when it is deleted"]),
        (applications([*FOLDERS, {"path": "more/*"}]), []),
        (applications(applicationsSync="create-only"), []),
        (None, ["ApplicationSet dare/web is deleted"]),
    ],
)
def test_an_application_set(new: Resource | None, messages: list[str]) -> None:
    assert told("DANGER010", applications(), new) == messages


def project(namespaces: str = "dare", kinds: str = "Service,ConfigMap", cluster_wide: str = "Namespace") -> Resource:
    return thing(
        "AppProject",
        api=ARGO,
        spec={
            "destinations": [{"server": "x", "namespace": name} for name in namespaces.split(",")],
            "namespaceResourceWhitelist": [{"group": "", "kind": kind} for kind in kinds.split(",")],
            "clusterResourceWhitelist": [{"group": "", "kind": kind, "name": "d*"} for kind in cluster_wide.split(",")],
            "sourceRepos": ["https://example.org/x.git"],
        },
    )


USED = (thing("Service"), thing("Service", "db"), made("Namespace", "dare"))


@pytest.mark.parametrize(
    ("new", "told_of"),
    [
        (project(namespaces="x"), ["no longer permits Service dare/web and 1 more, which the cluster runs"]),
        (project(kinds="ConfigMap"), ["no longer permits Service dare/web and 1 more, which the cluster runs"]),
        (project(cluster_wide="Node"), ["no longer permits Namespace dare, which the cluster runs"]),
        (project(kinds="Service"), []),
        (project(namespaces="*"), []),
        (project(kinds="Service,ConfigMap,Secret"), []),
    ],
)
def test_a_project(new: Resource, told_of: list[str]) -> None:
    assert told_of == messages("DANGER010", evidence([project()], [new], USED))


def _cluster(name: str) -> ClusterFolder:
    folder = cluster(name=name)
    return replace(folder, facts=folder.facts.model_copy(update={"environment": name}))


def _two(first: dict[str, Any], second: dict[str, Any], on_second: str = "web") -> DiffEvidence:
    """Clusters ``a`` and ``b``; a change of web reaches ``a`` on merge, one of another component ``b``."""
    one = evidence([thing("Service", spec={"a": 1})], [thing("Service", spec={"a": 2})]).deliveries[0]
    overlay = Overlay("b", on_second, f"overlays/b/{on_second}")
    objects = tuple(
        replace(change, new=Resource(overlay, change.new.body, change.new.origin)) for change in one.objects if change.new
    )
    pins = [Pin(_cluster(name), **facts) for name, facts in (("a", first), ("b", second))]
    return DiffEvidence(
        (replace(one, cluster=pins[0].cluster), replace(one, cluster=pins[1].cluster, objects=objects)), tuple(pins)
    )


FOLLOWS = {"old": "main", "new": "main", "follows": True}
PINNED = {"old": "v1.0", "new": "v1.0"}


def test_a_release_of_what_was_merged_before_is_how_it_should_be() -> None:
    assert messages("DANGER011", _two(FOLLOWS, {"old": "v1.0", "new": "v1.1"})) == []
    assert messages("DANGER011", _two(FOLLOWS, PINNED, "db")) == []


def test_a_pin_to_what_only_this_change_brings() -> None:
    fresh = {"old": "v1.0", "new": "v1.1", "fresh": True}
    assert messages("DANGER011", _two(FOLLOWS, fresh)) == ["web on a and b with one merge (b follows v1.1)"]
    assert messages("DANGER011", _two(FOLLOWS, fresh, "db")) == []


def test_two_environments_that_follow_one_branch() -> None:
    assert messages("DANGER011", _two(FOLLOWS, FOLLOWS)) == ["web on b and a with one merge (a follows main)"]


def test_a_pin_that_is_given_up_for_the_branch() -> None:
    given_up = {"old": "v1.0", "new": "main", "follows": True, "fresh": True}
    assert messages("DANGER011", _two(FOLLOWS, given_up)) == ["web on a and b with one merge (b follows main)"]
    assert messages("DANGER011", _two(FOLLOWS, given_up, "db")) == [
        "from now on every merge reaches b together with a (b follows main)"
    ]
