"""A rendered Kubernetes object and where it came from."""

from dataclasses import dataclass
from typing import Any, NamedTuple

from gitops.models.values import mapping

JsonObject = dict[str, Any]


class GroupKind(NamedTuple):
    """What an API server stores objects under, whatever the version: ``apps``/``Deployment``; core is ``""``."""

    group: str
    kind: str


class Identity(NamedTuple):
    """What makes an object one object in a cluster. ``namespace`` is ``""`` where the manifest names none."""

    group: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {place}{self.name}"


class Overlay(NamedTuple):
    """One component in one environment; ``path`` is relative to the repository's root."""

    environment: str
    component: str
    path: str

    @property
    def kustomization(self) -> str:
        """The file that a message about the whole overlay points at."""
        return f"{self.path}/kustomization.yaml"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where kustomize took an object from (its origin annotation, paths relative to the root).

    ``file`` is the manifest, or None for a generated object; then ``configured_in`` is the kustomization whose
    generator made it. Source: https://kubectl.docs.kubernetes.io/references/kustomize/builtins/#_buildmetadata_.
    """

    file: str | None = None
    configured_in: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Resource:
    """One rendered object (``body``: JSON values only, origin annotations removed) with its provenance."""

    overlay: Overlay
    body: JsonObject
    origin: Origin

    @property
    def api_version(self) -> str:
        return str(self.body.get("apiVersion", ""))

    @property
    def kind(self) -> str:
        return str(self.body.get("kind", ""))

    @property
    def group(self) -> str:
        group, slash, _ = self.api_version.partition("/")
        return group if slash else ""

    @property
    def version(self) -> str:
        return self.api_version.rpartition("/")[2]

    @property
    def metadata(self) -> JsonObject:
        """The metadata map, empty where it is missing or no map (the schema check reports that)."""
        return mapping(self.body.get("metadata"))

    @property
    def name(self) -> str:
        return str(self.metadata.get("name", ""))

    @property
    def namespace(self) -> str:
        return str(self.metadata.get("namespace") or "")

    @property
    def identity(self) -> Identity:
        return Identity(self.group, self.kind, self.namespace, self.name)
