"""What this repository itself renders to, once for all invariants."""

import os
from pathlib import Path

import pytest

from gitops.models.resource import Resource
from gitops.repository.rendering import Renderer
from gitops.repository.tree import Tree
from gitops.services.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def workspace() -> Workspace:
    return Workspace(ROOT)


@pytest.fixture(scope="session")
def tree(workspace: Workspace) -> Tree:
    return workspace.tree


@pytest.fixture(scope="session")
def rendered(workspace: Workspace) -> dict[str, list[Resource]]:
    """Every object of each environment, Argo CD's own included."""
    renderer = Renderer(workspace.tree, workspace.kustomize, workspace.cache, os.cpu_count() or 1)
    environments = renderer.render(workspace.tree.environments.values(), lambda: None)
    assert all(environment.complete for environment in environments)
    return {environment.environment.name: list(environment.resources) for environment in environments}


@pytest.fixture(scope="session")
def resources(rendered: dict[str, list[Resource]]) -> list[Resource]:
    return [resource for listed in rendered.values() for resource in listed]
