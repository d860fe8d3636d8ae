"""API: versions that the next upgrades take away."""

import json
from functools import cache
from itertools import pairwise
from pathlib import Path

import kubernetes_validate
import pytest

from gitops.checks.api_lifecycle import LIFECYCLES, Lifecycle, Minor, minor_of, removed_in
from gitops.repository.catalogue import known_versions
from tests.unit.checks.evidence_by_hand import cluster, environment, messages, problems
from tests.unit.repository.trees import made

CRONJOB = made("CronJob", "x", api="batch/v1beta1")  # deprecated in 1.21, gone in 1.25
STATUS = made("Endpoints", "x")  # deprecated in 1.33, no end in sight


@pytest.mark.parametrize("kubernetes", ["1.25.0", "1.36.3", "2.0.0"])
def test_a_removed_version_is_caught(kubernetes: str) -> None:
    (problem,) = problems("API001", environment(CRONJOB, clusters=[cluster(kubernetes)]))
    assert problem.message.startswith("CronJob of batch/v1beta1 was removed in Kubernetes 1.25; the cluster runs ")
    assert (problem.path, problem.fix) == (("apiVersion",), "Use batch/v1.")
    assert problems("API002", environment(CRONJOB, clusters=[cluster(kubernetes)])) == []


def test_a_version_that_is_still_served_is_not_removed() -> None:
    assert problems("API001", environment(CRONJOB, clusters=[cluster("1.24.9")])) == []


def test_the_newest_cluster_counts() -> None:
    evidence = environment(CRONJOB, clusters=[cluster("1.25.0"), cluster("1.9.0")])
    assert len(problems("API001", evidence)) == 1


@pytest.mark.parametrize(
    ("kubernetes", "said"),
    [
        ("1.23.0", ["CronJob of batch/v1beta1 is removed in Kubernetes 1.25; the cluster runs 1.23"]),
        ("1.22.0", ["CronJob of batch/v1beta1 is deprecated since Kubernetes 1.21; the cluster runs 1.22"]),
        ("1.19.0", ["CronJob of batch/v1beta1 is deprecated since Kubernetes 1.21; the cluster runs 1.19"]),
        ("1.18.0", []),
    ],
    ids=["two before its end", "deprecated", "two before its deprecation", "long before"],
)
def test_a_version_that_is_about_to_go_is_caught_two_upgrades_ahead(kubernetes: str, said: list[str]) -> None:
    assert messages("API002", environment(CRONJOB, clusters=[cluster(kubernetes)])) == said


def test_what_is_deprecated_without_an_end_is_told_and_never_removed() -> None:
    evidence = environment(STATUS, clusters=[cluster("1.99.0")])
    assert len(problems("API002", evidence)) == 1
    assert problems("API001", evidence) == []


def test_a_kind_without_a_replacement_is_to_be_removed() -> None:
    policy = made("PodSecurityPolicy", "x", api="policy/v1beta1")
    (problem,) = problems("API001", environment(policy))
    assert problem.fix == "There is no replacement: remove the object."


@pytest.mark.parametrize(
    ("kind", "api"),
    [("CronJob", "batch/v1"), ("Job", "batch/v1beta1"), ("CronJob", "example.org/v1beta1"), ("Service", "v1")],
)
def test_another_kind_or_version_passes(kind: str, api: str) -> None:
    evidence = environment(made(kind, "x", api=api))
    assert problems("API001", evidence) + problems("API002", evidence) == []


def test_without_a_cluster_nothing_can_be_said() -> None:
    evidence = environment(CRONJOB, clusters=[])
    assert problems("API001", evidence) + problems("API002", evidence) == []


@pytest.mark.parametrize(("kubernetes", "removed"), [("1.24.9", False), ("1.25.0", True), ("1.100.0", True)])
def test_a_removal_is_asked_for_by_version(kubernetes: str, removed: bool) -> None:
    assert removed_in("batch/v1beta1", "CronJob", kubernetes) is removed
    assert not removed_in("batch/v1", "CronJob", kubernetes)


# The table, held against the schemas of every Kubernetes version ------------------------------------------------------

VERSIONS = [minor_of(version) for version in known_versions()]


@cache
def _served(version: Minor) -> frozenset[tuple[str, str]]:
    """apiVersion and kind of everything that there is a schema for."""
    folder = Path(kubernetes_validate.__file__).parent / "kubernetes-json-schema" / f"v{version[0]}.{version[1]}.0-local-strict"
    definitions = json.loads((folder / "_definitions.json").read_bytes())["$defs"]
    kinds = [kind for schema in definitions.values() for kind in schema.get("x-kubernetes-group-version-kind", ())]
    return frozenset((f"{kind['group']}/{kind['version']}".lstrip("/"), kind["kind"]) for kind in kinds)


TABLE = [pytest.param(api, kind, lifecycle, id=f"{api} {kind}") for (api, kind), lifecycle in LIFECYCLES.items()]


@pytest.mark.parametrize(("api", "kind", "lifecycle"), TABLE)
def test_a_removed_version_is_gone_from_its_release_on_and_there_in_the_one_before(
    api: str, kind: str, lifecycle: Lifecycle
) -> None:
    if lifecycle.removed is None:
        assert (api, kind) in _served(VERSIONS[-1])
        return
    assert [version for version in VERSIONS if version >= lifecycle.removed and (api, kind) in _served(version)] == []
    before = (lifecycle.removed[0], lifecycle.removed[1] - 1)
    assert before not in VERSIONS or (api, kind) in _served(before)


@pytest.mark.parametrize(("api", "kind", "lifecycle"), TABLE)
def test_a_replacement_is_served_once_the_version_is_gone(api: str, kind: str, lifecycle: Lifecycle) -> None:
    newest = VERSIONS[-1]
    if lifecycle.replacement and (lifecycle.removed or newest) <= newest:
        replacement, _, other_kind = lifecycle.replacement.partition(" ")
        assert (replacement, other_kind.strip("()") or kind) in _served(newest)


@pytest.mark.parametrize(("api", "kind", "lifecycle"), TABLE)
def test_a_version_is_deprecated_before_it_is_removed(api: str, kind: str, lifecycle: Lifecycle) -> None:
    assert lifecycle.removed is None or lifecycle.deprecated < lifecycle.removed


def test_nothing_that_was_ever_lost_is_missing_from_the_table() -> None:
    """A version that one release has and the next has not is in the table (alpha versions come and go unannounced)."""
    lost = {
        (api, kind, later)
        for earlier, later in pairwise(VERSIONS)
        for api, kind in _served(earlier) - _served(later)
        if "alpha" not in api and not kind.endswith(("List", "Options", "Review", "Eviction", "WatchEvent", "Status"))
    }
    listed = {(api, kind, lifecycle.removed) for (api, kind), lifecycle in LIFECYCLES.items()}
    assert sorted(lost - listed) == []
