"""What can be said of an environment as a whole, kept as long as nothing that it is made of changes."""

from collections.abc import Iterator
from typing import Any

from gitops.adapters.cache import Pack, digest
from gitops.checks.evidence import EnvironmentEvidence
from gitops.checks.unit import Check, Problem, Scope, all_checks
from gitops.models.resource import Overlay
from gitops.repository.provenance import Provenance
from gitops.repository.tree import Tree


class EnvironmentJudge:
    """Runs the checks of whole environments; verdicts are kept in ``pack`` by all that their evidence comes from."""

    def __init__(self, tree: Tree, provenance: Provenance, pack: Pack) -> None:
        self._tree = tree
        self._provenance = provenance
        self._pack = pack
        self._checks = [check for check in all_checks() if check.scope is Scope.ENVIRONMENT]
        self._by_id = {check.id: check for check in self._checks}

    def judge(self, evidence: EnvironmentEvidence) -> list[tuple[Check, Problem]]:
        """Every problem of one environment, those about an object with their file and line."""
        key = self._key(evidence)
        kept = self._pack.get(key) if key else None
        if kept is None:
            kept = list(self._packed(evidence))
            if key:
                self._pack.put(key, kept)
        resources = list(evidence.resources)
        return [
            (self._by_id[rule], _unpack(told, resources[index] if index is not None else None)) for rule, index, told in kept
        ]

    def _key(self, evidence: EnvironmentEvidence) -> str | None:
        """The hash of the evidence; None where an engine or a render failed, which may go better the next time."""
        if evidence.schema_engine or evidence.render_failures or not evidence.rendered.complete:
            return None
        described = sorted(f"base/{name}/component.yaml" for name in self._tree.component_folders)
        described += sorted(f"{cluster.path}/cluster.yaml" for cluster in evidence.clusters)
        parts = [f"{path} {self._tree.files[path].sha256}" for path in described if path in self._tree.files]
        parts += [f"{overlay.overlay.path} {overlay.key}" for overlay in evidence.rendered.overlays]
        parts += [
            f"{one.resource.identity} {one.kubernetes} {one.failures} {one.missing} {one.broken}"
            for one in evidence.schema_verdicts
        ]
        return digest([evidence.environment.name, *sorted(evidence.folders), *parts])

    def _packed(self, evidence: EnvironmentEvidence) -> Iterator[list[Any]]:
        places = {id(resource): index for index, resource in enumerate(evidence.resources)}
        for check in self._checks:
            for problem in check.function(evidence):
                index = places[id(problem.resource)] if problem.resource else None
                yield [check.id, index, self._pack_problem(problem)]

    def _pack_problem(self, problem: Problem) -> list[Any]:
        file, line = problem.file, problem.line
        if problem.resource:
            file, line = self._provenance.place(problem.resource, problem.path, problem.text)
        overlay = list(problem.overlay) if problem.overlay else None
        told = [problem.message, list(problem.path), file, line, overlay, problem.environment, problem.component]
        return [*told, problem.text, problem.fix, problem.image]


def _unpack(told: list[Any], resource: Any) -> Problem:
    message, path, file, line, overlay, environment, component, text, fix, image = told
    return Problem(
        message,
        resource,
        tuple(path),
        file,
        line,
        Overlay(*overlay) if overlay else None,
        environment,
        component,
        text,
        fix,
        image,
    )
