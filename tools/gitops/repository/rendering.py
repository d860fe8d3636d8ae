"""Rendering: every overlay once, in parallel, kept by the hash of everything that its graph closure reads."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Any

from gitops.adapters.cache import Cache, digest
from gitops.adapters.command import CommandFailed, killed_on_interrupt
from gitops.adapters.kustomize import TOP_FIELDS, Kustomize
from gitops.models.environment import Environment
from gitops.models.resource import Origin, Overlay, Resource
from gitops.models.values import mapping
from gitops.repository import documents
from gitops.repository.tree import Tree

ORIGIN = "config.kubernetes.io/origin"
_FORMAT = "2"  # part of every key: raised when what is kept of a render changes


@dataclass(frozen=True, slots=True)
class RenderedOverlay:
    """The objects of one overlay; ``key`` is the hash of what they were made from."""

    overlay: Overlay
    key: str
    resources: tuple[Resource, ...]


@dataclass(frozen=True, slots=True)
class FailedOverlay:
    """An overlay that kustomize could not render, in kustomize's words."""

    overlay: Overlay
    message: str


@dataclass(frozen=True, slots=True)
class RenderedEnvironment:
    """What an environment renders to.

    ``blocked`` are overlays that were not tried, because a file that they read is defective or missing, which is
    reported for that file. ``complete`` tells whether every overlay is there: only then can "nothing renders X" be said.
    """

    environment: Environment
    overlays: tuple[RenderedOverlay, ...]
    failures: tuple[FailedOverlay, ...]
    blocked: tuple[Overlay, ...]

    @property
    def complete(self) -> bool:
        return not self.failures and not self.blocked

    @property
    def resources(self) -> Iterator[Resource]:
        for rendered in self.overlays:
            yield from rendered.resources


class Renderer:
    """Renders overlays of one tree with one kustomize."""

    def __init__(self, tree: Tree, kustomize: Kustomize, store: Cache, jobs: int) -> None:
        self._tree = tree
        self._kustomize = kustomize
        self._store = store
        self._jobs = jobs

    def render(self, environments: Iterable[Environment], advance: Callable[[], None]) -> list[RenderedEnvironment]:
        """Renders every overlay of the environments; ``advance`` is called once per overlay."""
        chosen = list(environments)
        outcomes: dict[Overlay, RenderedOverlay | FailedOverlay | None] = {}
        missing: dict[Overlay, str] = {}
        for environment in chosen:
            for overlay in environment.overlays:
                key = self._key(overlay)
                outcomes[overlay] = self._kept(overlay, key) if key else None
                if key and outcomes[overlay] is None:
                    missing[overlay] = key
                else:
                    advance()
        with ThreadPoolExecutor(self._jobs) as pool, killed_on_interrupt():
            running = [pool.submit(self._render, overlay, key) for overlay, key in missing.items()]
            try:
                for done in as_completed(running):
                    outcome = done.result()
                    outcomes[outcome.overlay] = outcome
                    advance()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
        return [_collect(environment, outcomes) for environment in chosen]

    def _key(self, overlay: Overlay) -> str | None:
        """The hash of all that the render depends on, or None for an overlay that can't be tried."""
        kustomization = self._tree.kustomization(overlay)
        if kustomization is None:
            return None
        closure = self._tree.graph.closure(kustomization)
        parts = [_FORMAT, self._kustomize.identity, overlay.path]
        for path in sorted(closure):
            facts = self._tree.files[path]
            if facts.complaints or path in self._tree.graph.broken:
                return None
            parts += [path, facts.sha256]
        return digest(parts)

    def _kept(self, overlay: Overlay, key: str) -> RenderedOverlay | None:
        packed = self._store.get("renders", key)
        if packed is None:
            return None
        return RenderedOverlay(overlay, key, tuple(Resource(overlay, body, Origin(*origin)) for body, origin in packed))

    def _render(self, overlay: Overlay, key: str) -> RenderedOverlay | FailedOverlay:
        try:
            text = self._kustomize.render(overlay.path, self._top_fields(overlay))
        except CommandFailed as error:
            return FailedOverlay(overlay, error.message)
        try:
            bodies = documents.values(text)
        except ValueError as error:
            return FailedOverlay(overlay, f"kustomize printed what can't be read: {error}")
        if not all(isinstance(body, dict) for body in bodies):
            return FailedOverlay(overlay, "kustomize printed a document that is no object")
        resources = tuple(self._resource(overlay, body) for body in bodies)
        self._store.put(
            "renders", key, [[resource.body, [resource.origin.file, resource.origin.configured_in]] for resource in resources]
        )
        return RenderedOverlay(overlay, key, resources)

    def _top_fields(self, overlay: Overlay) -> dict[str, Any]:
        kustomization = self._tree.kustomization(overlay)
        roots = documents.values(self._tree.text(kustomization)) if kustomization else []
        return {name: value for name, value in mapping(roots[0]).items() if name in TOP_FIELDS} if roots else {}

    def _resource(self, overlay: Overlay, body: dict[str, Any]) -> Resource:
        """The object without its origin annotation, which becomes its provenance."""
        metadata = body.get("metadata")
        annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
        if not isinstance(metadata, dict) or not isinstance(annotations, dict) or ORIGIN not in annotations:
            return Resource(overlay, body, Origin())
        told = _origin_fields(annotations.pop(ORIGIN))
        if not annotations:
            del metadata["annotations"]
        paths = {name: self._kustomize.origin_path(path) for name, path in told.items()}
        return Resource(overlay, body, Origin(paths.get("path"), paths.get("configuredIn")))


def _origin_fields(text: str) -> dict[str, str]:
    """The paths in an origin annotation; a full YAML parse only where a path is quoted (there is one per object)."""
    if '"' in text or "'" in text:
        fields = documents.values(text)[0]
    else:
        fields = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    return {name: str(fields[name]) for name in ("path", "configuredIn") if name in fields}


def _collect(environment: Environment, outcomes: dict[Overlay, RenderedOverlay | FailedOverlay | None]) -> RenderedEnvironment:
    results = [(overlay, outcomes[overlay]) for overlay in environment.overlays]
    return RenderedEnvironment(
        environment,
        tuple(result for _, result in results if isinstance(result, RenderedOverlay)),
        tuple(result for _, result in results if isinstance(result, FailedOverlay)),
        tuple(overlay for overlay, result in results if result is None),
    )
