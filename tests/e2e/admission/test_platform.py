"""The platform's own objects under all policies that its environments have, each of which refuses."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from gitops.models.resource import Resource
from gitops.repository.policy_rules import COMPONENT
from gitops.repository.rendering import RenderedEnvironment, Renderer
from gitops.services.workspace import Workspace, default_jobs
from tests.conftest import ROOT
from tests.e2e.control_plane.cluster import Cluster, Programs, clusters
from tests.e2e.dry_run import trial
from tests.e2e.dry_run.plan import Plan

BINDING = "ValidatingAdmissionPolicyBinding"


@pytest.fixture(scope="module")
def rendered() -> dict[str, RenderedEnvironment]:
    """The environments that have admission policies, with bindings that all refuse."""
    workspace = Workspace(ROOT)
    renderer = Renderer(workspace.tree, workspace.kustomize, workspace.cache, default_jobs())
    found = {}
    for one in renderer.render(workspace.tree.environments.values(), lambda: None):
        assert one.complete, one.environment.name
        if any(overlay.overlay.component == COMPONENT for overlay in one.overlays):
            overlays = tuple(
                replace(overlay, resources=tuple(refusing(resource) for resource in overlay.resources))
                for overlay in one.overlays
            )
            found[one.environment.name] = replace(one, overlays=overlays)
    return found


def refusing(resource: Resource) -> Resource:
    if resource.kind != BINDING:
        return resource
    body: dict[str, Any] = {**resource.body, "spec": {**resource.body["spec"], "validationActions": ["Deny"]}}
    return replace(resource, body=body)


@pytest.fixture(scope="module")
def running(rendered: dict[str, RenderedEnvironment]) -> Iterator[Mapping[str, Cluster]]:
    with clusters(Programs.installed(ROOT), ROOT / "build" / "e2e" / "admission-platform", list(rendered)) as running:
        yield running


@pytest.mark.parametrize("environment", ["production", "testbed"])
def test_every_object_and_pod_of_the_platform_is_taken(
    rendered: dict[str, RenderedEnvironment], running: Mapping[str, Cluster], environment: str
) -> None:
    plan = Plan.of(rendered[environment].resources)
    assert sum(resource.kind == BINDING for resource in plan.rules) > 40
    outcome = trial.run(running[environment], rendered[environment])
    assert [f"{one.resource and one.resource.identity}: {one.message}" for one in outcome.remarks] == []
