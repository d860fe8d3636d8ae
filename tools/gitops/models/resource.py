"""A rendered Kubernetes object and where it came from."""

from dataclasses import dataclass, field
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
    """One rendered object (``body``: JSON values only, origin annotations removed) with its provenance.

    What every check asks for is worked out once: there are thousands of objects and as many questions to each.
    ``metadata`` is empty where it is missing or no map (the schema check reports that), ``namespace`` where none is named.
    """

    overlay: Overlay
    body: JsonObject
    origin: Origin
    api_version: str = field(init=False)
    group: str = field(init=False)
    version: str = field(init=False)
    kind: str = field(init=False)
    metadata: JsonObject = field(init=False)
    name: str = field(init=False)
    namespace: str = field(init=False)
    identity: Identity = field(init=False)

    def __post_init__(self) -> None:
        api_version, kind = str(self.body.get("apiVersion", "")), str(self.body.get("kind", ""))
        group, _, version = api_version.rpartition("/")
        metadata = mapping(self.body.get("metadata"))
        name, namespace = str(metadata.get("name", "")), str(metadata.get("namespace") or "")
        for attribute, value in (
            ("api_version", api_version),
            ("group", group),
            ("version", version),
            ("kind", kind),
            ("metadata", metadata),
            ("name", name),
            ("namespace", namespace),
            ("identity", Identity(group, kind, namespace, name)),
        ):
            object.__setattr__(self, attribute, value)
