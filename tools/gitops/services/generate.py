"""The files of the repository that are made from its code; a test holds them."""

from gitops.models.schemas import schema_files
from gitops.repository.rendering import Renderer
from gitops.services.capacity import CAPACITY, capacity_page
from gitops.services.catalogue import CATALOGUE, catalogue
from gitops.services.rule_pages import rule_pages
from gitops.services.workspace import TOOLS, Workspace, default_jobs


def rendered_pages(workspace: Workspace) -> dict[str, str]:
    """Path and text of the pages that tell what the overlays render to."""
    tree = workspace.tree
    renderer = Renderer(tree, workspace.kustomize, workspace.cache, default_jobs())
    environments = renderer.render(tree.environments.values(), lambda: None)
    return {CATALOGUE: catalogue(tree, environments), CAPACITY: capacity_page(environments)}


def generated_files() -> dict[str, str]:
    """Path and text of the files that follow from the code, its tests and the admission policies alone."""
    return {**schema_files(), **rule_pages(TOOLS.parent)}
