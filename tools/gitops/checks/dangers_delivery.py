"""DANGER009 to DANGER011: what stops, what Argo CD drops, and what reaches two clusters at once."""

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import combinations
from typing import Any

from gitops.checks.diff_evidence import DiffEvidence, is_a
from gitops.checks.unit import Problem, Scope, check
from gitops.models.difference import Arrival, ChangeKind, Pin
from gitops.models.paths import JsonPath
from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence

_ARGO = "argoproj.io"
_KEEPING = ("create-only", "create-update")
_LISTS = ("clusterResourceWhitelist", "namespaceResourceWhitelist", "destinations", "sourceRepos")


@check(
    "DANGER009",
    "Replicas to zero",
    Scope.DIFF,
    why="The workload is off once this arrives, and every client of it fails.",
    fix="Retire the component instead, or say in a waiver who needs it off and until when.",
)
def off(evidence: DiffEvidence) -> Iterator[Problem]:
    """Deployments and StatefulSets that are told to run no pod, and ran some before."""
    for old, new in evidence.both("apps", "Deployment", "StatefulSet", "ReplicaSet"):
        before, after = (mapping(each.body.get("spec")).get("replicas", 1) for each in (old, new))
        if after == 0 and after is not False and before != 0:
            yield Problem(f"from {before} to none", new, ("spec", "replicas"))


@check(
    "DANGER010",
    "Applications would be dropped",
    Scope.DIFF,
    why="An Application that its ApplicationSet no longer makes, or its project no longer permits, is deleted or stops to "
    "sync; with it goes or stays unattended all that it runs.",
    fix="Keep what finds and permits the applications until none needs it: retire the components first, and narrow the project "
    "in a later merge request, once no cluster runs a release that needs the entry.",
    reference="https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Controlling-Resource-Modification/",
)
def dropped(evidence: DiffEvidence) -> Iterator[Problem]:
    """ApplicationSets, Applications and AppProjects that go; generators that find fewer folders; templates that call the
    Applications otherwise; deletion that is no longer held back; and entries of a project that objects of the cluster need."""
    for change in evidence.gone(_ARGO, "ApplicationSet", "AppProject", "Application"):
        fate = "becomes" if change.kind is ChangeKind.RENAMED else "is deleted"
        after = f" {change.subject.identity}" if change.kind is ChangeKind.RENAMED else ""
        assert change.old is not None  # noqa: S101 - gone from where it was
        yield Problem(f"{change.old.identity} {fate}{after}", change.subject)
    for old, new in evidence.both(_ARGO, "ApplicationSet"):
        yield from _fewer_folders(old, new)
        yield from _let_go(old, new)
    for delivery in evidence.deliveries:
        used = evidence.in_use.get(delivery.name, ())
        for change in delivery.objects:
            if change.old and change.new and is_a(change.new, _ARGO, "AppProject"):
                yield from _no_longer_permitted(change.old, change.new, used)


def _fewer_folders(old: Resource, new: Resource) -> Iterator[Problem]:
    """Folders that a git generator found, and finds no more."""
    before, after = _folders(old), _folders(new)
    for path in sorted(before[0] - after[0]):
        yield Problem(f"no longer finds {path}", new, ("spec", "generators"))
    for path in sorted(after[1] - before[1]):
        yield Problem(f"leaves out {path}", new, ("spec", "generators"))


def _folders(applications: Resource) -> tuple[set[str], set[str]]:
    found: set[str] = set()
    excluded: set[str] = set()
    waiting: list[Any] = [mapping(applications.body.get("spec")).get("generators")]
    while waiting:  # generators stand in matrix and merge generators too
        here = waiting.pop()
        waiting += here.values() if isinstance(here, dict) else sequence(here)
        for entry in map(mapping, sequence(mapping(here).get("directories"))):
            (excluded if entry.get("exclude") is True else found).add(str(entry.get("path")))
    return found, excluded


def _let_go(old: Resource, new: Resource) -> Iterator[Problem]:
    before, after = mapping(old.body.get("spec")), mapping(new.body.get("spec"))
    names = [mapping(mapping(each.get("template")).get("metadata")).get("name") for each in (before, after)]
    if names[0] != names[1]:
        path: JsonPath = ("spec", "template", "metadata", "name")
        yield Problem(f"calls its Applications '{names[1]}' instead of '{names[0]}': each is made anew", new, path)
    policies = [mapping(each.get("syncPolicy")) for each in (before, after)]
    if policies[0].get("applicationsSync") in _KEEPING and policies[1].get("applicationsSync") not in _KEEPING:
        yield Problem("deletes Applications whose folder is gone", new, ("spec", "syncPolicy", "applicationsSync"))
    if policies[0].get("preserveResourcesOnDeletion") is True and policies[1].get("preserveResourcesOnDeletion") is not True:
        yield Problem(
            "takes down what an Application runs when it is deleted", new, ("spec", "syncPolicy", "preserveResourcesOnDeletion")
        )


def _no_longer_permitted(old: Resource, new: Resource, used: Iterable[Resource]) -> Iterator[Problem]:
    """Objects that the project permitted before, and not after."""
    lost: dict[str, list[str]] = {}
    before, after = (mapping(each.body.get("spec")) for each in (old, new))
    for resource in used:
        if _permits(before, resource):
            field = next((name for name in _LISTS[:3] if not _listed(after, name, resource)), "")
            if field:
                lost.setdefault(field, []).append(str(resource.identity))
    for field, objects in lost.items():
        more = f" and {len(objects) - 1} more" if len(objects) > 1 else ""
        yield Problem(f"no longer permits {objects[0]}{more}, which the cluster runs", new, ("spec", field))
    for repository in sequence(before.get("sourceRepos")):
        if repository not in sequence(after.get("sourceRepos")):
            yield Problem(f"no longer permits the repository {repository}", new, ("spec", "sourceRepos"))


def _permits(spec: dict[str, Any], resource: Resource) -> bool:
    return all(_listed(spec, name, resource) for name in _LISTS[:3])


def _listed(spec: dict[str, Any], field: str, resource: Resource) -> bool:
    """Whether one list of a project lets an object be: each list speaks for cluster-wide or for namespaced objects alone.

    Source: https://argo-cd.readthedocs.io/en/stable/user-guide/projects/ (globs are allowed; an absent list of kinds permits
    every namespaced and no cluster-wide kind).
    """
    entries = [mapping(entry) for entry in sequence(spec.get(field))]
    if field == "destinations":
        return not resource.namespace or any(_fits(entry.get("namespace"), resource.namespace) for entry in entries)
    if (field == "namespaceResourceWhitelist") != bool(resource.namespace):
        return True
    if field == "namespaceResourceWhitelist" and spec.get(field) is None:
        return True
    return any(
        _fits(entry.get("group"), resource.group)
        and _fits(entry.get("kind"), resource.kind)
        and _fits(entry.get("name", "*"), resource.name)
        for entry in entries
    )


def _fits(pattern: Any, text: str) -> bool:
    return isinstance(pattern, str) and fnmatchcase(text, pattern)


@check(
    "DANGER011",
    "One change reaches two environments together",
    Scope.DIFF,
    why="The testbed is where a change is tried: what reaches production in the same moment was tried by nobody.",
    fix="Let production follow a release tag that was cut from what the testbed runs: merge the change first, and move the pin "
    "in a merge request of its own.",
)
def together(evidence: DiffEvidence) -> Iterator[Problem]:
    """Clusters of two environments that get the same components when this is merged: both follow the branch, or the pin of one
    is moved to what only this merge request brings. Also a pin that is given up for a branch
    that another environment follows."""
    for first, second in combinations(sorted(evidence.pins, key=lambda pin: pin.cluster.name), 2):
        if first.cluster.facts.environment == second.cluster.facts.environment:
            continue
        shared = sorted(_reached(evidence, first) & _reached(evidence, second))
        both_follow = first.follows and second.follows
        for pin, other in ((first, second), (second, first)):
            if shared and (pin.fresh or (both_follow and pin is first and not second.fresh)):
                yield _at_once(pin, f"{', '.join(shared)} on {other.cluster.name} and {pin.cluster.name} with one merge")
            elif pin.fresh and both_follow:
                yield _at_once(pin, f"from now on every merge reaches {pin.cluster.name} together with {other.cluster.name}")


def _reached(evidence: DiffEvidence, pin: Pin) -> frozenset[str]:
    """The components that change on a cluster on merge."""
    return frozenset(
        change.subject.overlay.component
        for delivery in evidence.deliveries
        if delivery.cluster and delivery.cluster.name == pin.cluster.name and delivery.arrival is Arrival.MERGE
        for change in delivery.objects
        if change.subject.overlay.path != pin.cluster.path
    )


def _at_once(pin: Pin, what: str) -> Problem:
    file = f"{pin.cluster.path}/release.yaml"
    said = f"{pin.cluster.name} follows {pin.new}" if pin.new else pin.cluster.name
    return Problem(f"{what} ({said})", file=file, path=("data", "revision"), environment=pin.cluster.facts.environment)
