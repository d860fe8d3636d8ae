"""Holds rendered objects against schemas, with one kubeconform per Kubernetes version of an environment."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from gitops.adapters.cache import digest
from gitops.adapters.command import CommandFailed
from gitops.checks.evidence import EngineFailure, SchemaFailure, SchemaVerdict
from gitops.models.environment import Environment
from gitops.models.errors import UserError
from gitops.models.resource import Resource
from gitops.repository import complaints
from gitops.repository.catalogue import Catalogue, known_fields
from gitops.repository.crds import ServedKind, is_crd
from gitops.repository.rendering import RenderedEnvironment, RenderedOverlay
from gitops.services.workspace import Workspace

_MISSING = "could not find schema for"
_UNCOMPILED = "kubeconform can't compile it (look for a pattern that RE2 does not know, or a reference that leads nowhere)"


@dataclass
class SchemaOutcome:
    """What is known after all versions: a verdict for each object that is not simply right, and why some have none."""

    verdicts: list[SchemaVerdict] = field(default_factory=list)
    engine: list[EngineFailure] = field(default_factory=list)


def judge(workspace: Workspace, rendered: RenderedEnvironment) -> SchemaOutcome:
    """Verdicts on every object of an environment; overlays whose objects and schemas did not change keep theirs."""
    outcome = SchemaOutcome()
    crds = [resource.body for resource in rendered.resources if is_crd(resource.body)]
    for version in rendered.environment.kubernetes_versions:
        try:
            catalogue = Catalogue(version, crds, workspace.schemas)
        except UserError as error:
            outcome.engine.append(_unknown_version(workspace, rendered.environment, version, str(error)))
            continue
        _Judge(workspace, catalogue, version).run(rendered, outcome)
    return outcome


def _unknown_version(workspace: Workspace, environment: Environment, version: str, message: str) -> EngineFailure:
    cluster = next(cluster for cluster in environment.clusters if cluster.facts.kubernetes == version)
    file = f"{cluster.path}/cluster.yaml"
    fix = "Correct the version, or raise kubernetes-validate in pyproject.toml and run 'make lock'."
    return EngineFailure(message, fix, file, workspace.tree.line(file, ("kubernetes",)))


class _Judge:
    """One Kubernetes version's schemas."""

    def __init__(self, workspace: Workspace, catalogue: Catalogue, kubernetes: str) -> None:
        self._workspace = workspace
        self._catalogue = catalogue
        self._kubernetes = kubernetes
        self._schema = cache(catalogue.schema)

    def run(self, rendered: RenderedEnvironment, outcome: SchemaOutcome) -> None:
        unknown: list[tuple[RenderedOverlay, str]] = []
        for overlay in rendered.overlays:
            key = self._key(overlay)
            kept = self._workspace.cache.get("schemas", key)
            if kept is None:
                unknown.append((overlay, key))
            else:
                outcome.verdicts += self._unpack(overlay, kept)
        resources = [resource for overlay, _ in unknown for resource in overlay.resources]
        try:
            said = self._workspace.kubeconform.validate([resource.body for resource in resources], self._catalogue.folder)
        except CommandFailed as error:
            fix = "Run again; if it stays, run 'make setup', or name another kubeconform in DARE_KUBECONFORM."
            outcome.engine.append(
                EngineFailure(f"{error.program}: {error.message}", fix, f"overlays/{rendered.environment.name}")
            )
            return
        verdicts = {
            id(resources[complaint.index]): self._verdict(resources[complaint.index], complaint.message) for complaint in said
        }
        for overlay, key in unknown:
            found = {
                index: verdicts[id(resource)] for index, resource in enumerate(overlay.resources) if id(resource) in verdicts
            }
            self._workspace.cache.put("schemas", key, [_pack(index, verdict) for index, verdict in found.items()])
            outcome.verdicts += found.values()

    def _key(self, overlay: RenderedOverlay) -> str:
        kinds = {_kind(resource) for resource in overlay.resources}
        workspace = self._workspace
        return digest([overlay.key, self._catalogue.identity(kinds), workspace.kubeconform.identity, workspace.tools_digest])

    def _verdict(self, resource: Resource, message: str) -> SchemaVerdict:
        if message.startswith(_MISSING):
            exists = self._schema(_kind(resource)) is not None
            return SchemaVerdict(resource, self._kubernetes, missing=not exists, broken=_UNCOMPILED if exists else "")
        failures = []
        for detail in complaints.details(message, resource.body):
            schema = self._schema(_kind(resource)) if detail.unknown else None
            known = known_fields(schema, detail.path[:-1]) if schema else ()
            failures.append(SchemaFailure(detail.path, detail.message, detail.unknown, known))
        return SchemaVerdict(resource, self._kubernetes, tuple(failures))

    def _unpack(self, overlay: RenderedOverlay, kept: Iterable[list[Any]]) -> list[SchemaVerdict]:
        return [
            SchemaVerdict(
                overlay.resources[index],
                self._kubernetes,
                tuple(SchemaFailure(tuple(path), message, name, tuple(known)) for path, message, name, known in failures),
                missing,
                broken,
            )
            for index, failures, missing, broken in kept
        ]


def _pack(index: int, verdict: SchemaVerdict) -> list[Any]:
    return [index, [list(failure) for failure in verdict.failures], verdict.missing, verdict.broken]


def _kind(resource: Resource) -> ServedKind:
    return ServedKind(resource.group, resource.version, resource.kind)
