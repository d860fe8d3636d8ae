"""What is known of an environment once it is rendered. Services gather it, since checks start no process."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from gitops.models.component import Component
from gitops.models.environment import ClusterFolder, Environment
from gitops.models.paths import JsonPath
from gitops.models.resource import GroupKind, Identity, Overlay, Resource
from gitops.models.waiver import Waiver
from gitops.models.waiver_rules import WaiverRules
from gitops.repository.applications import PROJECT, Application, Project, Unknown, applications
from gitops.repository.hosts import Address, Names, addresses
from gitops.repository.ingresses import Route, routes
from gitops.repository.network import Network
from gitops.repository.references import Reference, references
from gitops.repository.rendering import RenderedEnvironment
from gitops.repository.secret_uses import Use, uses
from gitops.repository.traffic import Connection, by_address, by_measuring, through_ingresses
from gitops.repository.tree import WAIVERS, Tree
from gitops.repository.workloads import Workload, workload_of

# Their Services and pods come with the cluster, not from here.
NOT_OURS = frozenset({"default", "kube-system"})


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
    folders: frozenset[str] = frozenset()
    """Every folder of the repository that a source could be."""
    closed: bool = True
    """Whether these are all the objects that there are. Of manifests from anywhere nobody knows what else runs beside them:
    there a check may only go by objects that are given, and not by one that is missing."""

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
    def elsewhere(self) -> frozenset[str]:
        """The namespaces whose objects come with the cluster or with Argo CD; none where anything may come from elsewhere."""
        return NOT_OURS | self.environment.argocd_namespaces if self.closed else frozenset()

    @cached_property
    def by_identity(self) -> dict[Identity, Resource]:
        """Every object by what makes it one."""
        return {resource.identity: resource for resource in self.resources}

    @cached_property
    def by_kind(self) -> dict[GroupKind, list[Resource]]:
        """The objects of each kind."""
        found: dict[GroupKind, list[Resource]] = {}
        for resource in self.resources:
            found.setdefault(GroupKind(resource.group, resource.kind), []).append(resource)
        return found

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """Every object that makes pods."""
        return tuple(filter(None, map(workload_of, self.resources)))

    @cached_property
    def references(self) -> dict[GroupKind, list[Reference]]:
        """What objects name, by the kind of what is named; Secrets are in ``secret_uses``."""
        found: dict[GroupKind, list[Reference]] = {}
        for resource in self.resources:
            for reference in references(resource):
                found.setdefault(GroupKind(reference.target.group, reference.target.kind), []).append(reference)
        return found

    @cached_property
    def _applications(self) -> tuple[Application | Unknown, ...]:
        return tuple(applications(self.resources, self.folders))

    @property
    def applications(self) -> Iterator[Application]:
        """What Argo CD syncs here, those that ApplicationSets make included."""
        return (one for one in self._applications if isinstance(one, Application))

    @property
    def undecided_applications(self) -> Iterator[Unknown]:
        """What makes Applications nobody can tell which."""
        return (one for one in self._applications if isinstance(one, Unknown))

    @cached_property
    def projects(self) -> dict[tuple[Overlay, str, str], Project]:
        """The AppProjects by what renders them, namespace and name: each cluster of an environment has its own."""
        return {(one.overlay, one.namespace, one.name): Project(one) for one in self.by_kind.get(PROJECT, ())}

    @cached_property
    def network(self) -> Network:
        """The pods, Services and policies, and who may reach whom."""
        return Network.of(self.resources)

    @cached_property
    def routes(self) -> tuple[Route, ...]:
        """Every route of every Ingress."""
        return tuple(routes(self.resources))

    @cached_property
    def addresses(self) -> tuple[Address, ...]:
        """Every address that ought to be a Service of ours, once every overlay is there to say so."""
        if not self.rendered.complete:
            return ()
        names = Names.of(self.resources)
        found = (address for resource in self.resources for address in addresses(resource, names))
        return tuple(address for address in found if address.namespace not in self.elsewhere)

    @cached_property
    def connections(self) -> tuple[Connection, ...]:
        """Every connection that the manifests ask for."""
        if not self.rendered.complete:
            return ()
        network = self.network
        asked = (by_address(network, self.addresses), through_ingresses(network, self.resources))
        return tuple(chain(*asked, by_measuring(network, self.resources)))

    @cached_property
    def _needs(self) -> dict[str, frozenset[str]]:
        return {}

    def needs(self, component: str) -> frozenset[str]:
        """The components that one depends on, directly or through others."""
        if component not in self._needs:
            found: set[str] = set()
            waiting = [component]
            while waiting:
                known = self.components.get(waiting.pop())
                fresh = set(known.depends_on) - found if known else set()
                found |= fresh
                waiting.extend(fresh)
            self._needs[component] = frozenset(found)
        return self._needs[component]

    def is_missing(self, name: str) -> bool:
        """Whether a name is that of a component, or of a part of one, that this environment does without."""
        return any(name == component or name.startswith(f"{component}-") for component in self._missing)

    @cached_property
    def _missing(self) -> frozenset[str]:
        here = {overlay.component for overlay in self.environment.overlays}
        return frozenset(name for name, component in self.components.items() if not component.retired and name not in here)

    def related(self, here: str, there: str) -> bool:
        """Whether one of two components depends on the other, or they are one."""
        return here == there or there in self.needs(here) or here in self.needs(there)

    @cached_property
    def secret_uses(self) -> tuple[Use, ...]:
        """Every Secret that an object names."""
        return tuple(use for resource in self.resources for use in uses(resource))


def is_namespace(resource: Resource) -> bool:
    """Whether an object is a Namespace."""
    return (resource.group, resource.kind) == ("", "Namespace")


@dataclass(frozen=True)
class WaiverEvidence:
    """The waivers after a run: ``used`` are the indexes of those that cover a finding; ``whole`` runs saw every finding.

    ``rules`` are what the waivers are held to.
    """

    tree: Tree
    used: frozenset[int]
    today: date
    whole: bool
    rules: WaiverRules = field(default_factory=WaiverRules)

    @property
    def waivers(self) -> tuple[Waiver, ...]:
        return self.tree.waivers.waivers

    @cached_property
    def lines(self) -> tuple[int, ...]:
        """The line of each waiver."""
        entries = next((root.items["waivers"] for root in self.tree.nodes(WAIVERS) if "waivers" in root.items), None)
        return tuple(entries.key_lines[index] if entries else 1 for index in range(len(self.waivers)))


class RenderFailure(NamedTuple):
    """kustomize's message about an overlay, and the line that it is about as far as that can be told."""

    overlay: Overlay
    message: str
    file: str
    line: int
