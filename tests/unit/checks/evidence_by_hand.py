"""Environments and objects made by hand, and checks called by their id."""

from collections.abc import Iterable
from typing import Any

from gitops.checks.evidence import EngineFailure, EnvironmentEvidence, OverrideUse, RenderFailure, SchemaVerdict
from gitops.checks.unit import Problem, all_checks
from gitops.models.cluster import Cluster
from gitops.models.environment import ClusterFolder, Environment
from gitops.models.resource import Overlay, Resource
from gitops.repository.rendering import FailedOverlay, RenderedEnvironment, RenderedOverlay

DB = Overlay("test", "db", "overlays/test/db")
NAMESPACES = Overlay("test", "namespaces", "overlays/test/namespaces")


def cluster(kubernetes: str = "1.36.3", name: str = "test", default_class: str = "") -> ClusterFolder:
    classes = [{"name": "standard", "accessModes": ["ReadWriteOnce"]}]
    if default_class:
        classes.append({"name": default_class, "accessModes": ["ReadWriteOnce"], "default": True})
    facts = {
        "environment": "test",
        "title": "Test",
        "kubernetes": kubernetes,
        "domain": "test.example.org",
        "ingressClass": "traefik",
        "argocd": {"url": "https://argocd.example.org", "namespace": "argocd"},
        "nodes": [{"name": "worker", "count": 1, "cpu": "4", "memory": "8Gi"}],
        "storage": {"raw": "1Ti", "classes": classes},
    }
    return ClusterFolder(name, f"clusters/{name}", Cluster.model_validate(facts))


def environment(
    *resources: Resource,
    clusters: Iterable[ClusterFolder] = (cluster(),),
    verdicts: Iterable[SchemaVerdict] = (),
    engine: Iterable[EngineFailure] = (),
    uses: Iterable[tuple[Overlay, OverrideUse]] = (),
    failures: Iterable[RenderFailure] = (),
    empty: Iterable[Overlay] = (),
    blocked: Iterable[Overlay] = (),
) -> EnvironmentEvidence:
    """One environment with these objects, grouped by their overlays."""
    by_overlay: dict[Overlay, list[Resource]] = {overlay: [] for overlay in empty}
    for resource in resources:
        by_overlay.setdefault(resource.overlay, []).append(resource)
    failed = tuple(failures)
    rendered = RenderedEnvironment(
        Environment("test", tuple(by_overlay), tuple(clusters)),
        tuple(RenderedOverlay(overlay, "key", tuple(made)) for overlay, made in by_overlay.items()),
        tuple(FailedOverlay(failure.overlay, failure.message) for failure in failed),
        tuple(blocked),
    )
    return EnvironmentEvidence(rendered, tuple(verdicts), tuple(engine), tuple(uses), failed)


def problems(rule: str, evidence: Any) -> list[Problem]:
    """What the check with this id finds."""
    (check,) = [check for check in all_checks() if check.id == rule]
    return list(check.function(evidence))


def messages(rule: str, evidence: Any) -> list[str]:
    return [problem.message for problem in problems(rule, evidence)]
