"""The catalogue of components: what Git knows of each, from ``component.yaml`` and from what its overlays render."""

from collections.abc import Iterable, Iterator, Mapping

from gitops.models.component import Component
from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence
from gitops.repository.images import images_of
from gitops.repository.rendering import RenderedEnvironment
from gitops.repository.tree import Tree

CATALOGUE = "docs/components.md"

Objects = Mapping[str, Mapping[str, tuple[Resource, ...]]]  # by environment, then by component

_HEAD = """# Components

What runs on the platform. Written by `make generate` from the `component.yaml` files and the rendered overlays.

| component | what it is | owner | since | {environments} |
|---|---|---|---|{lines}|
"""


def catalogue(tree: Tree, environments: Iterable[RenderedEnvironment]) -> str:
    """The catalogue as GitLab Markdown, with the dependencies as a Mermaid picture."""
    objects = _by_component(environments)
    names = sorted(name for name, component in tree.components.items() if not component.retired)
    parts = [_overview(tree, names, objects), _picture(tree, names)]
    parts += [_section(name, tree.components[name], objects) for name in names]
    parts += [_history(tree)]
    return "\n".join(part for part in parts if part)


def _by_component(environments: Iterable[RenderedEnvironment]) -> Objects:
    return {
        each.environment.name: {rendered.overlay.component: rendered.resources for rendered in each.overlays}
        for each in environments
    }


def _overview(tree: Tree, names: list[str], objects: Objects) -> str:
    rows = []
    for name in names:
        component = tree.components[name]
        versions = " | ".join(_versions(objects[environment].get(name)) for environment in objects)
        rows.append(f"| [{name}](#{name}) | {component.title} | {component.owner} | {component.since or ''} | {versions} |")
    return _HEAD.format(environments=" | ".join(objects), lines="|".join("---" for _ in objects)) + "\n".join(rows) + "\n"


def _versions(resources: tuple[Resource, ...] | None) -> str:
    """The tags of a component's images; an image without one says so, since nobody knows what it would run."""
    if resources is None:
        return "–"  # not deployed there
    images = {image for resource in resources for _, image in images_of(resource.body)}
    return ", ".join(sorted({_version(image) for image in images}))


def _version(image: str) -> str:
    name, _, digest = image.partition("@")
    _, colon, tag = name.rpartition(":")
    return tag if colon and "/" not in tag else digest or "no tag"


def _picture(tree: Tree, names: list[str]) -> str:
    """The dependencies as arrows, without those on what every other component depends on."""
    needs = {name: tree.components[name].depends_on for name in names}
    common = [name for name in names if all(name in needs[other] for other in names if other != name)]
    arrows = [f"  {name} --> {other}" for name in names for other in needs[name] if other not in common]
    note = [f"Every component depends on {' and '.join(common)}.", ""] if common else []
    return "\n".join(["## Dependencies", "", *note, "```mermaid", "graph LR", *arrows, "```", ""])


def _section(name: str, component: Component, objects: Objects) -> str:
    lines = [f"## {name}", "", component.description, ""]
    every = {environment: components.get(name, ()) for environment, components in objects.items()}
    one = next((resources for resources in every.values() if resources), ())
    facts = [
        ("depends on", ", ".join(component.depends_on)),
        ("services", ", ".join(_services(one))),
        ("paths", ", ".join(_paths(one))),
        ("storage", "; ".join(f"{environment}: {', '.join(claims)}" for environment, claims in _storage(every).items())),
        ("secrets", ", ".join(f"`{secret.namespace}/{secret.name}`" for secret in component.secrets)),
    ]
    lines += [f"- {label}: {text}" for label, text in facts if text]
    return "\n".join([*lines, ""])


def _services(resources: Iterable[Resource]) -> Iterator[str]:
    for resource in _of_kind(resources, "Service"):
        ports = sequence(mapping(resource.body.get("spec")).get("ports"))
        yield f"`{resource.name}.{resource.namespace}` {', '.join(str(mapping(port).get('port')) for port in ports)}"


def _paths(resources: Iterable[Resource]) -> Iterator[str]:
    for resource in _of_kind(resources, "Ingress"):
        for rule in map(mapping, sequence(mapping(resource.body.get("spec")).get("rules"))):
            for path in map(mapping, sequence(mapping(rule.get("http")).get("paths"))):
                yield f"`{path.get('path')}`"


def _storage(every: Mapping[str, tuple[Resource, ...]]) -> dict[str, list[str]]:
    found = {
        environment: [f"{resource.name} {_size(resource)}" for resource in _of_kind(resources, "PersistentVolumeClaim")]
        for environment, resources in every.items()
    }
    return {environment: claims for environment, claims in found.items() if claims}


def _size(claim: Resource) -> str:
    return str(mapping(mapping(mapping(claim.body.get("spec")).get("resources")).get("requests")).get("storage", ""))


def _history(tree: Tree) -> str:
    retired = [(name, component) for name, component in sorted(tree.components.items()) if component.retired]
    rows = [
        f"| {name} | {component.title} | {component.since or ''} | {component.retired.since} | {component.retired.reason} |"
        for name, component in retired
        if component.retired
    ]
    if not rows:
        return ""
    head = ["## History", "", "| component | what it was | since | gone with | why |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def _of_kind(resources: Iterable[Resource], kind: str) -> Iterator[Resource]:
    return (resource for resource in resources if resource.kind == kind)
