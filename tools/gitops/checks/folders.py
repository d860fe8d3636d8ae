"""The folders: every component described, every overlay with its base, every environment with its cluster."""

from collections import deque
from collections.abc import Iterator

from gitops.checks.unit import Problem, Scope, check
from gitops.repository.tree import Tree


@check(
    "TREE006",
    "Overlay without a base",
    Scope.TREE,
    why="What a component is stands in its base; an overlay only says what differs in one environment.",
    fix="Restore base/<component>/, or remove the overlay if the component is gone.",
    waivable=False,
)
def no_base(tree: Tree) -> Iterator[Problem]:
    """Overlays whose component has no folder in base/."""
    for overlay in tree.overlays:
        if not overlay.path.startswith("overlays/") or overlay.component in tree.component_folders:
            continue
        file = tree.kustomization(overlay) or overlay.kustomization
        lines = [edge.line for edge in tree.graph.broken.get(file, ()) if tree.lost_base(edge)]
        yield Problem(
            f"base/{overlay.component} does not exist",
            file=file,
            line=lines[0] if lines else 1,
            environment=overlay.environment,
            component=overlay.component,
        )


@check(
    "TREE007",
    "Component without component.yaml",
    Scope.TREE,
    why="Owner, dependencies and secrets of a component stand in its component.yaml; without it nobody answers for it.",
    fix="Add component.yaml with at least title, description and owner.",
)
def no_component_file(tree: Tree) -> Iterator[Problem]:
    """Folders of base/ that do not describe themselves."""
    for name in tree.component_folders:
        if f"base/{name}/component.yaml" not in tree.files:
            yield Problem(f"base/{name} has no component.yaml", file=f"base/{name}/component.yaml", component=name)


@check(
    "TREE009",
    "Dependency on no component",
    Scope.TREE,
    why="dependsOn is what promotion and the catalogue go by; a name that does not exist is checked by nobody.",
    fix="Name a folder of base/.",
)
def unknown_dependency(tree: Tree) -> Iterator[Problem]:
    """dependsOn entries that are no component, or one that is retired."""
    for name, component in tree.components.items():
        for index, other in enumerate(component.depends_on):
            known = tree.components.get(other)
            if other not in tree.component_folders:
                message = f"dependsOn: '{other}' is no component"
            elif known is not None and known.retired and not component.retired:
                message = f"dependsOn: '{other}' is retired since {known.retired.since}"
            else:
                continue
            yield _dependency_problem(tree, name, index, message)


@check(
    "TREE017",
    "Dependency that the environment does not run",
    Scope.TREE,
    why="A component without what it depends on starts, and fails at its first use.",
    fix="Add the overlay of the component that is needed, or take this one out of the environment.",
)
def dependency_not_deployed(tree: Tree) -> Iterator[Problem]:
    """Overlays of components that depend on one that has no overlay in the same environment."""
    for environment in tree.environments.values():
        there = {overlay.component for overlay in environment.overlays}
        for overlay in environment.overlays:
            component = tree.components.get(overlay.component)
            for other in component.depends_on if component else ():
                if other in tree.components and not tree.components[other].retired and other not in there:
                    yield Problem(
                        f"{overlay.component} depends on {other}, which {environment.name} does not run",
                        file=tree.kustomization(overlay) or overlay.kustomization,
                        environment=environment.name,
                        component=overlay.component,
                    )


@check(
    "TREE010",
    "Components depend on each other",
    Scope.TREE,
    why="In a circle no component can be there before the others, and no order of promotion is right.",
    fix="Take one of the dependencies out: the one whose absence the component survives.",
)
def dependency_cycle(tree: Tree) -> Iterator[Problem]:
    """Cycles of dependsOn, each told once, at the first of its components by name."""
    told: set[frozenset[str]] = set()
    for name in sorted(tree.components):
        cycle = _cycle_through(tree, name)
        if cycle and frozenset(cycle) not in told:
            told.add(frozenset(cycle))
            index = tree.components[name].depends_on.index(cycle[1])
            yield _dependency_problem(tree, name, index, f"dependsOn: a circle, {' → '.join(cycle)}")


@check(
    "TREE013",
    "Environment and cluster do not fit",
    Scope.TREE,
    why="The cluster's file says which Kubernetes its environment is checked against; without it nothing can be checked.",
    fix="Add clusters/<cluster>/cluster.yaml with this environment, or correct its environment.",
    waivable=False,
)
def no_cluster(tree: Tree) -> Iterator[Problem]:
    """Environments that no cluster runs, and clusters whose environment does not exist."""
    defective = any(
        facts.complaints and path.startswith("clusters/") and path.endswith("/cluster.yaml")
        for path, facts in tree.files.items()
    )
    for environment in tree.environments.values():
        if not environment.clusters and not defective:
            yield Problem(
                f"no cluster runs the environment '{environment.name}'",
                file=f"overlays/{environment.name}",
                environment=environment.name,
            )
    for cluster in tree.clusters.values():
        if cluster.facts.environment not in tree.environments:
            yield Problem(
                f"environment: overlays/{cluster.facts.environment} does not exist", file=f"{cluster.path}/cluster.yaml"
            )


@check(
    "TREE014",
    "Overlay folder without a kustomization",
    Scope.TREE,
    why="Argo CD makes an application of every folder of an environment; without a kustomization it syncs whatever lies there.",
    fix="Add kustomization.yaml, or remove the folder.",
    reference="https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Generators-Git/",
    waivable=False,
)
def no_kustomization(tree: Tree) -> Iterator[Problem]:
    """Folders of an environment that nothing can render."""
    for overlay in tree.overlays:
        if tree.kustomization(overlay) is None:
            yield Problem(
                f"{overlay.path} has no kustomization.yaml",
                file=overlay.kustomization,
                environment=overlay.environment,
                component=overlay.component,
            )


def _dependency_problem(tree: Tree, component: str, index: int, message: str) -> Problem:
    file = f"base/{component}/component.yaml"
    return Problem(message, file=file, line=tree.line(file, ("dependsOn", index)), component=component)


def _cycle_through(tree: Tree, start: str) -> list[str]:
    """The shortest way from a component back to itself, both ends included; empty where there is none."""
    came_from: dict[str, str] = {}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        known = tree.components.get(here)
        for other in known.depends_on if known else ():
            if other == start:
                way = [start, here]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return way[::-1]
            if other not in came_from:
                came_from[other] = here
                waiting.append(other)
    return []
