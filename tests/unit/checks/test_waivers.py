"""WAIVER: the waivers themselves."""

from datetime import date
from pathlib import Path

import pytest

from gitops.checks.evidence import WaiverEvidence
from gitops.models.waiver_rules import WaiverRules
from tests.unit.checks.evidence_by_hand import messages, problems
from tests.unit.repository.trees import sound_tree

TODAY = date(2027, 1, 15)


def _evidence(root: Path, *days: str, used: tuple[int, ...] = (), whole: bool = True) -> WaiverEvidence:
    waivers = [
        f"  - {{rules: [META001], objects: [Service/web], owner: platform, reason: r, expires: {day}}}\n" for day in days
    ]
    tree = sound_tree(root, {"policies/waivers.yaml": "waivers:\n" + "".join(waivers)})
    return WaiverEvidence(tree, frozenset(used), TODAY, whole)


@pytest.mark.parametrize(("day", "caught"), [("2027-01-14", 1), ("2027-01-15", 0)], ids=["yesterday", "today"])
def test_a_waiver_is_lapsed_the_day_after_its_last(tmp_path: Path, day: str, caught: int) -> None:
    assert len(problems("WAIVER001", _evidence(tmp_path, day))) == caught


@pytest.mark.parametrize(
    ("day", "caught"),
    [("2027-01-14", 0), ("2027-01-15", 1), ("2027-01-29", 1), ("2027-01-30", 0)],
    ids=["lapsed", "today", "in 14 days", "in 15 days"],
)
def test_a_waiver_is_told_of_in_its_last_fortnight(tmp_path: Path, day: str, caught: int) -> None:
    assert len(problems("WAIVER002", _evidence(tmp_path, day))) == caught


@pytest.mark.parametrize(
    ("day", "used", "whole", "caught"),
    [
        ("2027-03-01", (), True, 1),
        ("2027-03-01", (0,), True, 0),
        ("2027-03-01", (), False, 0),
        ("2027-01-14", (), True, 0),
    ],
    ids=["needed by nothing", "needed", "not everything was looked at", "lapsed anyway"],
)
def test_a_waiver_that_silences_nothing_is_caught(
    tmp_path: Path, day: str, used: tuple[int, ...], whole: bool, caught: int
) -> None:
    assert len(problems("WAIVER003", _evidence(tmp_path, day, used=used, whole=whole))) == caught


@pytest.mark.parametrize(("day", "caught"), [("2028-02-19", 0), ("2028-02-20", 1)], ids=["400 days", "401 days"])
def test_a_waiver_lives_400_days_at_most(tmp_path: Path, day: str, caught: int) -> None:
    assert len(problems("WAIVER004", _evidence(tmp_path, day))) == caught


def _given(root: Path, *waivers: str, used: tuple[int, ...] = (), **rules: object) -> WaiverEvidence:
    """Waivers with an owner, a reason and a day unless they say otherwise."""
    rest = {"owner": "platform", "reason": "r", "expires": "2027-06-30"}
    entries = []
    for waiver in waivers:
        more = "".join(f", {name}: {value}" for name, value in rest.items() if f"{name}:" not in waiver)
        entries.append(f"  - {{{waiver}{more}}}\n")
    tree = sound_tree(root, {"policies/waivers.yaml": "waivers:\n" + "".join(entries)})
    return WaiverEvidence(tree, frozenset(used), TODAY, True, WaiverRules.model_validate(rules))


def test_a_repository_may_want_shorter_lives(tmp_path: Path) -> None:
    assert messages("WAIVER004", _given(tmp_path, "rules: [META001], objects: [Service/web]", longestLife=90)) == [
        "waiver of META001 for Service/web: until 2027-06-30, more than 90 days ahead"
    ]


WIDE = "rules: [META, NET004], objects: ['Service/*']"


@pytest.mark.parametrize(
    ("narrow", "caught"),
    [
        pytest.param("rules: [META001], objects: [Service/web]", 1, id="all of it"),
        pytest.param("rules: [META, NET004], objects: ['Service/*/web', 'Service/w?b']", 1, id="globs inside the glob"),
        pytest.param("rules: [META001], objects: [Service/web], images: ['x/*']", 1, id="narrowed by images too"),
        pytest.param("rules: [META001], objects: [Service/web], environments: [test]", 1, id="narrowed to an environment"),
        pytest.param("rules: [META001], objects: [Service/web], expires: 2027-07-01", 0, id="a day longer"),
        pytest.param("rules: [META001, NET005], objects: [Service/web]", 0, id="a rule more"),
        pytest.param("rules: [META001], objects: [Service/web, Pod/web]", 0, id="an object more"),
        pytest.param("rules: [META001], objects: ['*/web']", 0, id="a wider glob"),
        pytest.param("rules: [META001], images: ['*']", 0, id="for images"),
    ],
)
def test_a_waiver_that_another_one_covers_is_caught(tmp_path: Path, narrow: str, caught: int) -> None:
    assert len(problems("WAIVER005", _given(tmp_path, WIDE, narrow))) == caught
    assert len(problems("WAIVER005", _given(tmp_path, narrow, WIDE))) == caught


def test_of_two_equal_waivers_the_second_is_the_one_too_many(tmp_path: Path) -> None:
    (problem,) = problems("WAIVER005", _given(tmp_path, WIDE, WIDE))
    assert (problem.line, problem.message.rpartition(": ")[2]) == (3, "the one in line 2 covers all of it")


def test_a_waiver_without_effect_covers_no_other(tmp_path: Path) -> None:
    lapsed = "rules: [META], objects: ['Service/*'], expires: 2027-01-01"
    broad = "rules: [META], objects: ['*']"
    assert problems("WAIVER005", _given(tmp_path, lapsed, broad, "rules: [META001], objects: [Service/web]")) == []


@pytest.mark.parametrize(
    ("rules", "caught"), [("RENDER001", 1), ("WAIVER", 1), ("TREE", 0), ("TREE004", 0), ("SEC001", 1), ("CVE-2026-1234", 0)]
)
def test_a_waiver_of_what_can_not_be_waived_is_caught(tmp_path: Path, rules: str, caught: int) -> None:
    evidence = _given(tmp_path, f"rules: [{rules}], objects: [base/web/service.yaml]", notWaivable=["SEC"])
    assert len(problems("WAIVER006", evidence)) == caught
    assert len(problems("WAIVER003", evidence)) == (0 if caught or rules.startswith("CVE") else 1)


@pytest.mark.parametrize(
    ("waiver", "caught"),
    [
        ("rules: ['*'], objects: ['*']", 1),
        ("rules: [NET], objects: ['*/*/*']", 1),
        ("rules: [NET], objects: [Service/web, '**']", 1),
        ("rules: [NET001], objects: ['*']", 0),
        ("rules: ['*'], objects: [Service/web]", 0),
        ("rules: ['*'], objects: ['*'], images: ['quay.io/*']", 0),
    ],
)
def test_a_waiver_for_everything_is_caught(tmp_path: Path, waiver: str, caught: int) -> None:
    assert len(problems("WAIVER007", _given(tmp_path, waiver))) == caught


def test_a_waiver_whose_owner_has_no_component_is_caught(tmp_path: Path) -> None:
    waiver = "rules: [META001], objects: [Service/web], owner: "
    assert [problem.line for problem in problems("WAIVER008", _given(tmp_path, f"{waiver}platfrom", f"{waiver}platform"))] == [
        2
    ]
    assert "did you mean 'platform'?" in messages("WAIVER008", _given(tmp_path, f"{waiver}platfrom"))[0]


def test_a_waiver_is_named_with_its_line(tmp_path: Path) -> None:
    evidence = _evidence(tmp_path, "2027-03-01", "2027-01-01")
    (problem,) = problems("WAIVER001", evidence)
    assert (problem.file, problem.line) == ("policies/waivers.yaml", 3)
    assert messages("WAIVER001", evidence) == ["waiver of META001 for Service/web: lapsed on 2027-01-01, owner platform"]


POLICY = """apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: dare-rel004
  annotations: {project-dare.eu/rule: REL004}
"""
REPLICAS = "{rules: [REL004], objects: [Deployment/web], environments: [test]}"


def _with_policy(root: Path, waiver: str, level: str = "error", component: str = "admission-policies") -> WaiverEvidence:
    text = waiver.removesuffix("}") + ", owner: platform, reason: r, expires: 2027-03-01}"
    files = {
        "policies/waivers.yaml": f"waivers:\n  - {text}\n",
        "policies/levels.yaml": f"levels:\n  test:\n    REL004: {level}\n",
        "policies/admission/rel004.yaml": POLICY,
        "policies/admission/img001.yaml": POLICY.replace("rel004", "img001").replace("REL004", "IMG001"),
        f"overlays/test/{component}/kustomization.yaml": "resources: []\n",
    }
    return WaiverEvidence(sound_tree(root, files), frozenset(), TODAY, whole=True)


@pytest.mark.parametrize(
    ("waiver", "more", "said"),
    [
        (REPLICAS, {}, ["the API server goes on refusing by REL004 in test"]),
        (REPLICAS.replace("REL004", "REL"), {}, ["the API server goes on refusing by REL004 in test"]),
        (REPLICAS, {"level": "warning"}, []),
        (REPLICAS, {"component": "others"}, []),
        (REPLICAS.replace("[test]", "[elsewhere]"), {}, []),
        (REPLICAS.replace("REL004", "META001"), {}, []),
        ("{rules: [IMG001], images: ['docker.io/*']}", {}, []),
        ("{rules: [IMG001], objects: [Deployment/web], images: ['docker.io/*']}", {}, ["refusing by IMG001 in test"]),
    ],
    ids=["refused", "by its family", "warned of", "no policies there", "elsewhere", "no policy", "images", "images of objects"],
)
def test_a_waiver_that_the_cluster_does_not_know_is_told(
    tmp_path: Path, waiver: str, more: dict[str, str], said: list[str]
) -> None:
    found = messages("WAIVER009", _with_policy(tmp_path, waiver, **more))
    assert len(found) == len(said)
    assert all(part in message for part, message in zip(said, found, strict=True))
