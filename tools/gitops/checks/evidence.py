"""What is known of an environment once it is rendered. Services gather it, since checks start no process."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import NamedTuple

from gitops.models.component import Component
from gitops.models.environment import ClusterFolder, Environment
from gitops.models.paths import JsonPath
from gitops.models.resource import Overlay, Resource
from gitops.models.waiver import Waiver
from gitops.repository.hosts import Address, addresses
from gitops.repository.network import Network
from gitops.repository.rendering import RenderedEnvironment
from gitops.repository.secret_uses import Use, uses
from gitops.repository.tree import Tree


class SchemaFailure(NamedTuple):
    """One thing that a schema says against an object: where, and in kubeconform's words.

    ``known`` are the fields that the schema allows at this place, for a field that it does not know.
    """

    path: JsonPath
    message: str
    field: str = ""
    known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SchemaVerdict:
    """How one object stands to the schemas of one Kubernetes version.

    ``missing`` when its kind has no schema, ``broken`` (the reason) when its schema does not compile.
    """

    resource: Resource
    kubernetes: str
    failures: tuple[SchemaFailure, ...] = ()
    missing: bool = False
    broken: str = ""


@dataclass(frozen=True, slots=True)
class EngineFailure:
    """Why objects could not be held against schemas at all, and what a person should look at and do."""

    message: str
    fix: str
    file: str
    line: int = 1


class OverrideUse(NamedTuple):
    """An entry of a kustomization that was meant to change objects of an overlay, and whether it found any."""

    file: str
    line: int
    description: str
    used: bool


@dataclass(frozen=True)
class EnvironmentEvidence:
    """All that the checks of one environment may look at; what several of them ask for is worked out once."""

    rendered: RenderedEnvironment
    schema_verdicts: tuple[SchemaVerdict, ...]
    schema_engine: tuple[EngineFailure, ...]
    override_uses: tuple[tuple[Overlay, OverrideUse], ...]
    render_failures: tuple["RenderFailure", ...]
    components: Mapping[str, Component] = field(default_factory=dict)

    @property
    def environment(self) -> Environment:
        return self.rendered.environment

    @property
    def clusters(self) -> tuple[ClusterFolder, ...]:
        return self.rendered.environment.clusters

    @property
    def resources(self) -> Iterator[Resource]:
        return self.rendered.resources

    @cached_property
    def network(self) -> Network:
        """The pods, Services and policies, and who may reach whom."""
        return Network.of(self.resources)

    @cached_property
    def addresses(self) -> tuple[Address, ...]:
        """Every in-cluster address that an object names; those of namespaces that are not rendered only in full."""
        namespaces = frozenset(resource.name for resource in self.resources if is_namespace(resource))
        return tuple(address for resource in self.resources for address in addresses(resource, namespaces))

    @cached_property
    def secret_uses(self) -> tuple[Use, ...]:
        """Every Secret that an object names."""
        return tuple(use for resource in self.resources for use in uses(resource))


def is_namespace(resource: Resource) -> bool:
    """Whether an object is a Namespace."""
    return (resource.group, resource.kind) == ("", "Namespace")


@dataclass(frozen=True, slots=True)
class WaiverEvidence:
    """The waivers after a run: ``used`` are the indexes of those that cover a finding; ``whole`` runs saw every finding."""

    tree: Tree
    used: frozenset[int]
    today: date
    whole: bool

    @property
    def waivers(self) -> tuple[Waiver, ...]:
        return self.tree.waivers.waivers


class RenderFailure(NamedTuple):
    """kustomize's message about an overlay, and the line that it is about as far as that can be told."""

    overlay: Overlay
    message: str
    file: str
    line: int
