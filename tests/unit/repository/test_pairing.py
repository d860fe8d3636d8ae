"""Which object is which: identity, stem, likeness."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gitops.models.resource import Resource
from gitops.repository.pairing import pairs
from tests.unit.repository.trees import made

SPEC = {
    "replicas": 1,
    "strategy": {"type": "Recreate"},
    "template": {"spec": {"containers": [{"name": "main", "image": "x:1"}]}},
}


def told(old: list[Resource], new: list[Resource]) -> list[str]:
    return sorted(f"{before.name if before else '-'} {after.name if after else '-'}" for before, after in pairs(old, new))


def config(name: str, **data: str) -> Resource:
    return made("ConfigMap", name, data=data)


def test_by_identity_whatever_the_version_of_the_api() -> None:
    old, new = made("Ingress", "web", api="extensions/v1beta1"), made("Ingress", "web", api="extensions/v1")
    assert told([old], [new]) == ["web web"]
    assert told([old], [made("Ingress", "web", api="networking.k8s.io/v1")]) == ["- web", "web -"]


def test_generated_objects_by_their_stem() -> None:
    assert told([config("web-2222222222", a="b")], [config("web-3333333333", c="d")]) == [
        "- web-3333333333",
        "web-2222222222 -",
    ]
    assert told([config("web-222222222b", a="b")], [config("web-222222222c", c="d")]) == ["web-222222222b web-222222222c"]


def test_a_stem_that_two_have_decides_nothing() -> None:
    old = [config("web-222222222b", a="b"), config("web-222222222c", a="c")]
    assert told(old, [config("web-222222222d", x="y")]) == ["- web-222222222d", "web-222222222b -", "web-222222222c -"]


def test_a_rename_is_found_where_most_is_the_same() -> None:
    old = made("Deployment", "web", api="apps/v1", spec=SPEC)
    assert told([old], [made("Deployment", "site", api="apps/v1", spec={**SPEC, "replicas": 2})]) == ["web site"]
    assert told([old], [made("StatefulSet", "site", api="apps/v1", spec=SPEC)]) == ["- site", "web -"]
    assert told([old], [made("Deployment", "site", api="apps/v1", spec={"replicas": 1})]) == ["- site", "web -"]


def test_a_name_in_labels_counts_as_one() -> None:
    def named(name: str) -> Resource:
        labels = {"app": name, "app.kubernetes.io/name": name, "tier": "x", "part": "y"}
        return made("Service", name, metadata={"name": name, "labels": labels}, spec={"selector": {"app": name}})

    assert told([named("web")], [named("site")]) == ["web site"]


def test_what_says_next_to_nothing_is_never_renamed() -> None:
    body = {"automountServiceAccountToken": False}
    assert told([made("ServiceAccount", "a", **body)], [made("ServiceAccount", "b", **body)]) == ["- b", "a -"]


def test_the_likest_are_one() -> None:
    old = [made("Deployment", name, api="apps/v1", spec={**SPEC, "paused": name}) for name in ("a", "b")]
    new = [made("Deployment", f"new-{name}", api="apps/v1", spec={**SPEC, "paused": name}) for name in ("b", "a")]
    assert told(old, new) == ["a new-a", "b new-b"]


OBJECTS = st.lists(
    st.builds(
        lambda kind, name, spec: made(kind, name, spec={**SPEC, **spec}),
        st.sampled_from(["ConfigMap", "Deployment"]),
        st.sampled_from(["a", "b", "c", "c-222222222b", "c-222222222c", "d"]),
        st.dictionaries(st.sampled_from("xyz"), st.integers(0, 1), max_size=3),
    ),
    max_size=5,
)


@given(OBJECTS)
def test_a_state_and_itself_are_pairs_of_the_same(objects: list[Resource]) -> None:
    assert all(before is after for before, after in pairs(objects, objects))


@given(OBJECTS, OBJECTS)
def test_the_other_way_round_the_pairs_are_the_same(old: list[Resource], new: list[Resource]) -> None:
    def identities(found: Any, *, turned: bool) -> list[str]:
        both = ((after, before) if turned else (before, after) for before, after in found)
        return sorted(str((one and one.identity, other and other.identity)) for one, other in both)

    assert identities(pairs(old, new), turned=False) == identities(pairs(new, old), turned=True)
