"""Holds rendered objects against schemas, with one kubeconform per environment and Kubernetes version."""

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from gitops.adapters.cache import Pack, digest
from gitops.adapters.command import CommandFailed
from gitops.adapters.kubeconform import Complaint
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
_REPAIR = "Run again; if it stays, run 'make setup', or name another kubeconform in DARE_KUBECONFORM."
_OTHER_VERSION = "Correct the version, or raise kubernetes-validate in pyproject.toml and run 'make lock'."


@dataclass
class SchemaOutcome:
    """What is known of an environment: a verdict for each object that is not simply right, and why some have none."""

    verdicts: list[SchemaVerdict] = field(default_factory=list)
    engine: list[EngineFailure] = field(default_factory=list)


@dataclass(frozen=True)
class _Task:
    """The overlays of one environment whose objects must be validated for one Kubernetes version, with their keys."""

    environment: Environment
    kubernetes: str
    catalogue: Catalogue
    overlays: list[tuple[RenderedOverlay, str]]

    @property
    def resources(self) -> list[Resource]:
        return [resource for overlay, _ in self.overlays for resource in overlay.resources]


class SchemaJudge:
    """Keeps its verdicts in ``pack`` by overlay; those whose objects and schemas did not change are not asked again."""

    def __init__(self, workspace: Workspace, pack: Pack) -> None:
        self._workspace = workspace
        self._pack = pack

    def judge(self, environments: Iterable[RenderedEnvironment]) -> list[SchemaOutcome]:
        """The outcome of each environment, in order; their kubeconforms run side by side."""
        outcomes: list[SchemaOutcome] = []
        tasks: list[tuple[SchemaOutcome, _Task]] = []
        for rendered in environments:
            outcome = SchemaOutcome()
            outcomes.append(outcome)
            tasks += [(outcome, task) for task in self._tasks(rendered, outcome)]
        with ThreadPoolExecutor(max(1, len(tasks))) as pool:
            answers = pool.map(self._validate, [task for _, task in tasks])
            for (outcome, task), answer in zip(tasks, answers, strict=True):
                if isinstance(answer, EngineFailure):
                    outcome.engine.append(answer)
                else:
                    outcome.verdicts += self._learn(task, answer)
        return outcomes

    def _tasks(self, rendered: RenderedEnvironment, outcome: SchemaOutcome) -> Iterator[_Task]:
        """What is left to validate once kept verdicts are taken into the outcome."""
        crds = [resource.body for resource in rendered.resources if is_crd(resource.body)]
        for version in rendered.environment.kubernetes_versions:
            try:
                catalogue = Catalogue(version, crds, self._workspace.schemas)
            except UserError as error:
                outcome.engine.append(self._unknown_version(rendered.environment, version, str(error)))
                continue
            task = _Task(rendered.environment, version, catalogue, [])
            for overlay in rendered.overlays:
                key = self._key(overlay, catalogue)
                kept = self._pack.get(key)
                if kept is None:
                    task.overlays.append((overlay, key))
                else:
                    outcome.verdicts += _unpack(overlay, version, kept)
            if task.overlays:
                yield task

    def _key(self, overlay: RenderedOverlay, catalogue: Catalogue) -> str:
        kinds = {_kind(resource) for resource in overlay.resources}
        return digest(["schemas", overlay.key, catalogue.identity(kinds), self._workspace.kubeconform.identity])

    def _unknown_version(self, environment: Environment, version: str, message: str) -> EngineFailure:
        cluster = next(cluster for cluster in environment.clusters if cluster.facts.kubernetes == version)
        file = f"{cluster.path}/cluster.yaml"
        return EngineFailure(message, _OTHER_VERSION, file, self._workspace.tree.line(file, ("kubernetes",)))

    def _validate(self, task: _Task) -> list[Complaint] | EngineFailure:
        bodies = [resource.body for resource in task.resources]
        try:
            return self._workspace.kubeconform.validate(bodies, task.catalogue.folder)
        except CommandFailed as error:
            return EngineFailure(f"{error.program}: {error.message}", _REPAIR, f"overlays/{task.environment.name}")

    def _learn(self, task: _Task, answer: list[Complaint]) -> Iterator[SchemaVerdict]:
        """The verdicts that an answer holds; each overlay's are kept, also where there are none."""
        resources, schema = task.resources, cache(task.catalogue.schema)
        said = {id(resources[complaint.index]): complaint.message for complaint in answer}
        for overlay, key in task.overlays:
            verdicts = {
                index: _verdict(resource, task.kubernetes, said[id(resource)], schema(_kind(resource)))
                for index, resource in enumerate(overlay.resources)
                if id(resource) in said
            }
            self._pack.put(key, [_packed(index, verdict) for index, verdict in verdicts.items()])
            yield from verdicts.values()


def _verdict(resource: Resource, kubernetes: str, message: str, schema: dict[str, Any] | None) -> SchemaVerdict:
    if message.startswith(_MISSING):
        return SchemaVerdict(resource, kubernetes, missing=schema is None, broken="" if schema is None else _UNCOMPILED)
    failures = []
    for detail in complaints.details(message, resource.body):
        known = known_fields(schema, detail.path[:-1]) if schema and detail.unknown else ()
        failures.append(SchemaFailure(detail.path, detail.message, detail.unknown, known))
    return SchemaVerdict(resource, kubernetes, tuple(failures))


def _packed(index: int, verdict: SchemaVerdict) -> list[Any]:
    return [index, [list(failure) for failure in verdict.failures], verdict.missing, verdict.broken]


def _unpack(overlay: RenderedOverlay, kubernetes: str, kept: Iterable[list[Any]]) -> Iterator[SchemaVerdict]:
    for index, failures, missing, broken in kept:
        unpacked = tuple(SchemaFailure(tuple(path), message, name, tuple(known)) for path, message, name, known in failures)
        yield SchemaVerdict(overlay.resources[index], kubernetes, unpacked, missing, broken)


def _kind(resource: Resource) -> ServedKind:
    return ServedKind(resource.group, resource.version, resource.kind)
