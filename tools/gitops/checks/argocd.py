"""Argo CD: every overlay is synced by an Application, from a place that is there, within what its project allows."""

import re
from collections.abc import Iterator

from gitops.checks.evidence import EnvironmentEvidence
from gitops.checks.unit import Problem, Scope, check
from gitops.models.finding import Level
from gitops.models.paths import JsonPath
from gitops.models.resource import GroupKind
from gitops.repository.applications import DEFAULT_PROJECT, Application, Project
from gitops.repository.rendering import RenderedOverlay

_PROJECTS = "https://argo-cd.readthedocs.io/en/stable/user-guide/projects/"
_SETS = "https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/"
_REVISION = re.compile(r"main|v\d+\.\d+\.\d+")


@check(
    "ARGO001",
    "Object that the project does not allow",
    Scope.ENVIRONMENT,
    why="Argo CD stops the sync of the whole overlay at the first object that its project does not allow.",
    fix="Allow the kind, the namespace or the cluster-wide object in the project of every cluster that runs the component.",
    reference=_PROJECTS,
)
def not_allowed(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Kinds, namespaces and cluster-wide objects of an overlay that the AppProject of its Application does not allow.

    An object without a namespace counts as cluster-wide. A kind or namespace is told once for each overlay.
    """
    rendered = {overlay.overlay.path: overlay for overlay in evidence.rendered.overlays}
    for application in evidence.applications:
        project = _project(evidence, application)
        for _, source in application.sources() if project else ():
            overlay = rendered.get(str(source.get("path")))
            if project and overlay:
                yield from _refused(project, application, overlay)


def _refused(project: Project, application: Application, overlay: RenderedOverlay) -> Iterator[Problem]:
    told: set[object] = set()
    for resource in overlay.resources:
        kind = GroupKind(resource.group, resource.kind)
        namespaced = bool(resource.namespace)
        by = f"the project {project.resource.name} of the Application {application.name} does not allow"
        asked = (kind, "" if namespaced else resource.name)
        if asked not in told and not project.allows_kind(kind, resource.name, namespaced):
            what = f"objects of the kind {_named(kind)}" if namespaced else f"the cluster-wide {_named(kind)} {resource.name}"
            yield Problem(f"{by} {what}", resource, ("kind",) if namespaced else ("metadata", "name"))
        told.add(asked)
        if namespaced and resource.namespace not in told:
            told.add(resource.namespace)
            if not project.allows_destination(application.destination, resource.namespace):
                yield Problem(f"{by} the namespace {resource.namespace}", resource, ("metadata", "namespace"))


@check(
    "ARGO002",
    "Application that can't be synced",
    Scope.ENVIRONMENT,
    why="Argo CD refuses it, or finds nothing: what it should bring never arrives, or is taken away.",
    fix="Name a project, a folder and a destination that are there and allowed, at main or a release.",
    reference=_PROJECTS,
)
def no_sync(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Applications of a project that is not rendered, of a repository or a destination that the project does not allow, from a
    folder that is no overlay of the environment, or at a revision that is neither `main` nor a release's tag.

    Whether the tag is there is not asked: it is made when the merge request that pins it is merged.
    """
    told: set[tuple[int, JsonPath, str]] = set()
    for application in evidence.applications:
        for path, message in _faults(evidence, application):
            about = (id(application.resource), path, message)
            if about not in told:
                told.add(about)
                yield Problem(message, application.resource, path)


def _faults(evidence: EnvironmentEvidence, application: Application) -> Iterator[tuple[JsonPath, str]]:
    project = _project(evidence, application)
    if project is None and application.project != DEFAULT_PROJECT:
        yield (*application.path, "project"), f"no overlay renders the AppProject {application.project}"
    overlays = {overlay.path for overlay in evidence.environment.overlays}
    for path, source in application.sources():
        address, folder = str(source.get("repoURL")), str(source.get("path"))
        if project and not project.allows_source(address):
            yield (*path, "repoURL"), f"the project {application.project} does not allow the repository {address}"
        if "chart" in source:
            continue
        if folder not in overlays:
            where = "is no overlay of this environment" if folder in evidence.folders else "is not in the repository"
            yield (*path, "path"), f"{folder} {where}"
        revision = str(source.get("targetRevision") or "HEAD")
        if not _REVISION.fullmatch(revision):
            yield (*path, "targetRevision"), f"the revision {revision} is neither main nor a release's tag"
    namespace = str(application.destination.get("namespace") or "")
    if project and not project.allows_destination(application.destination, namespace):
        place = application.destination.get("server") or application.destination.get("name")
        message = f"the project {application.project} does not allow the namespace {namespace or '(none)'} of {place}"
        yield (*application.path, "destination"), message


@check(
    "ARGO003",
    "Overlay that nothing syncs",
    Scope.ENVIRONMENT,
    why="It is checked and reviewed like the others, and never reaches the cluster.",
    fix="Let an ApplicationSet of the cluster find its folder, or remove the overlay.",
    reference=f"{_SETS}Generators-Git/",
)
def not_synced(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Overlays that no Application of a cluster takes for its source, where the cluster's folder has Applications at all."""
    for cluster in evidence.clusters:
        ours = [one for one in evidence.applications if one.resource.overlay.path == cluster.path]
        if not ours or any(one.resource.overlay.path == cluster.path for one in evidence.undecided_applications):
            continue
        synced = {str(source.get("path")) for one in ours for _, source in one.sources()}
        if not synced <= {overlay.path for overlay in evidence.environment.overlays}:
            continue  # one of these may be meant, and ARGO002 tells of it
        clusters = {one.path for one in evidence.clusters} - {cluster.path}
        for overlay in evidence.environment.overlays:
            if overlay.path not in synced and overlay.path not in clusters:
                message = f"no Application of {cluster.path} has the source {overlay.path}"
                yield Problem(message, file=overlay.kustomization, overlay=overlay)


@check(
    "ARGO004",
    "Applications that can't be told",
    Scope.ENVIRONMENT,
    why="What these Applications are allowed to do is not checked.",
    fix="Use goTemplate with fields, if and eq over git directories or a list.",
    reference=f"{_SETS}GoTemplate/",
    level=Level.WARNING,
)
def undecided(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """ApplicationSets whose generators or templates are more than can be worked out without Argo CD."""
    for one in evidence.undecided_applications:
        yield Problem(f"which Applications this makes can't be told: {one.reason}", one.resource, one.path)


def _project(evidence: EnvironmentEvidence, application: Application) -> Project | None:
    """The project of an Application, which lies in its namespace of its cluster."""
    resource = application.resource
    return evidence.projects.get((resource.overlay, resource.namespace, application.project))


def _named(kind: GroupKind) -> str:
    return f"{kind.kind} ({kind.group})" if kind.group else kind.kind
