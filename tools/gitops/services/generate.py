"""The files of the repository that are made from its code; a test holds them."""

from inspect import cleandoc

from gitops.checks.unit import Check, Scope, all_checks
from gitops.models.schemas import schema_files
from gitops.repository.rendering import Renderer
from gitops.services.capacity import CAPACITY, capacity_page
from gitops.services.catalogue import CATALOGUE, catalogue
from gitops.services.workspace import Workspace, default_jobs

RULES = "docs/rules"

_SEES = {
    Scope.TREE: "the files of the repository and their references, before anything is rendered",
    Scope.OBJECT: "each rendered object by itself",
    Scope.ENVIRONMENT: "everything that one environment renders",
    Scope.WAIVERS: "`policies/waivers.yaml`, once all findings are known",
    Scope.DIFF: "what a merge request changes, in `tools/diff.py`",
}


def rendered_pages(workspace: Workspace) -> dict[str, str]:
    """Path and text of the pages that tell what the overlays render to."""
    tree = workspace.tree
    renderer = Renderer(tree, workspace.kustomize, workspace.cache, default_jobs())
    environments = renderer.render(tree.environments.values(), lambda: None)
    return {CATALOGUE: catalogue(tree, environments), CAPACITY: capacity_page(environments)}


def generated_files() -> dict[str, str]:
    """Path and text of the files that follow from the code alone."""
    pages = {f"{RULES}/{check.id}.md": _page(check) for check in all_checks()}
    return {**schema_files(), **pages, f"{RULES}/README.md": _index()}


def _page(check: Check) -> str:
    source = f"\n## Source\n{check.reference}\n" if check.reference else ""
    finds = cleandoc(check.function.__doc__ or "")
    return f"""# {check.id}: {check.title}

| level | looks at |
|---|---|
| {check.level.value} | {_SEES[check.scope]} |

## What it finds
{finds}

## Why
{check.why}

## How to correct it
{check.fix}
{source}"""


def _index() -> str:
    rows = "\n".join(f"| [{check.id}]({check.id}.md) | {check.title} | {check.level.value} |" for check in all_checks())
    return f"""# Rules

Every rule that `tools/lint.py` knows, and the dangers (DANGER) that `tools/diff.py` tells.
The pages are written by `make generate` from the checks in `tools/gitops/checks/`.

| rule | title | level |
|---|---|---|
{rows}
"""
