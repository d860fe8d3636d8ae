"""APIs that the next Kubernetes upgrades take away."""

from collections.abc import Iterator

from gitops.checks.api_lifecycle import LIFECYCLES, Lifecycle, Minor, minor_of
from gitops.checks.evidence import EnvironmentEvidence
from gitops.checks.unit import Problem, Scope, check
from gitops.models.finding import Level
from gitops.models.resource import Resource

AHEAD = 2  # upgrades that we look ahead: a release is supported for about a year, and three come out in one
_GUIDE = "https://kubernetes.io/docs/reference/using-api/deprecation-guide/"


@check(
    "API001",
    "API version is removed",
    Scope.ENVIRONMENT,
    why="The API server refuses an object of a version that it no longer serves, and the sync fails.",
    fix="Move the object to the version that is served, and mind the fields that changed with it.",
    reference=_GUIDE,
    anywhere=True,
)
def removed(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Objects of an API that the cluster no longer serves."""
    for cluster_version, resource, lifecycle in _concerned(evidence):
        if lifecycle.removed and lifecycle.removed <= cluster_version:
            yield _problem(resource, lifecycle, f"was removed in Kubernetes {_text(lifecycle.removed)}", cluster_version)


@check(
    "API002",
    "API version is about to go",
    Scope.ENVIRONMENT,
    level=Level.WARNING,
    why="What is deprecated, or goes with one of the next two releases, turns a cluster upgrade into an outage.",
    fix="Move the object to the replacement now, while the cluster serves both.",
    reference=_GUIDE,
    anywhere=True,
)
def deprecated(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Objects of an API that is deprecated now or with one of the next two releases."""
    for cluster_version, resource, lifecycle in _concerned(evidence):
        horizon = (cluster_version[0], cluster_version[1] + AHEAD)
        if lifecycle.removed and lifecycle.removed <= cluster_version:
            continue
        if lifecycle.removed and lifecycle.removed <= horizon:
            yield _problem(resource, lifecycle, f"is removed in Kubernetes {_text(lifecycle.removed)}", cluster_version)
        elif lifecycle.deprecated <= horizon:
            yield _problem(
                resource, lifecycle, f"is deprecated since Kubernetes {_text(lifecycle.deprecated)}", cluster_version
            )


def _concerned(evidence: EnvironmentEvidence) -> Iterator[tuple[Minor, Resource, Lifecycle]]:
    """The objects with a lifecycle, and the version of the environment's newest cluster: it loses an API first."""
    versions = evidence.environment.kubernetes_versions
    for resource in evidence.resources if versions else ():
        lifecycle = LIFECYCLES.get((resource.api_version, resource.kind))
        if lifecycle:
            yield minor_of(versions[-1]), resource, lifecycle


def _problem(resource: Resource, lifecycle: Lifecycle, what: str, cluster_version: Minor) -> Problem:
    message = f"{resource.kind} of {resource.api_version} {what}; the cluster runs {_text(cluster_version)}"
    fix = f"Use {lifecycle.replacement}." if lifecycle.replacement else "There is no replacement: remove the object."
    return Problem(message, resource, ("apiVersion",), fix=fix)


def _text(version: Minor) -> str:
    return f"{version[0]}.{version[1]}"
