"""Lint: render what is asked for, run every check, and say what is wrong at the line to edit."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Protocol

from gitops.adapters import git
from gitops.checks.evidence import EnvironmentEvidence, RenderFailure
from gitops.checks.unit import Check, Problem, Scope, all_checks
from gitops.models.environment import Environment
from gitops.models.errors import unknown_name
from gitops.models.finding import Finding, ObjectReference, Result, RuleInfo, Timing
from gitops.models.paths import format_pointer
from gitops.models.resource import Overlay
from gitops.repository.provenance import Provenance
from gitops.repository.render_errors import explain
from gitops.repository.rendering import RenderedEnvironment, Renderer
from gitops.services.overlay_verdicts import OverlayJudge
from gitops.services.schema_verdicts import judge
from gitops.services.waiving import WAIVER_RULES, apply_waivers, waiver_findings
from gitops.services.workspace import Workspace


class Progress(Protocol):
    """Told how far a run is; what it shows is its own business."""

    def start(self, step: str, total: int) -> None:
        """A step of ``total`` parts begins."""
        ...

    def advance(self) -> None:
        """One part of it is done."""
        ...


@dataclass(frozen=True)
class LintRequest:
    """What to look at: everything, unless environments, components or a revision to compare with narrow it."""

    today: date
    jobs: int
    environments: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    changed_since: str | None = None


def lint(workspace: Workspace, request: LintRequest, progress: Progress) -> Result:
    """Runs every check and returns sorted findings.

    Raises ``UserError`` for names and revisions that do not exist, and for missing programs. Whatever is narrowed, the
    environment of a chosen overlay is rendered whole: whether its objects clash with others can't be told without them.
    """
    return _Run(workspace, request, progress).result()


@dataclass(frozen=True)
class _Selection:
    """The overlays that findings are wanted for; ``whole`` when that is all of them and the tree too."""

    overlays: frozenset[Overlay]
    whole: bool

    def environments(self, known: dict[str, Environment]) -> list[Environment]:
        """The environments that must be rendered."""
        names = {overlay.environment for overlay in self.overlays}
        return [environment for name, environment in known.items() if name in names]


@dataclass
class _Run:
    workspace: Workspace
    request: LintRequest
    progress: Progress
    timings: list[Timing] = field(default_factory=list)

    def result(self) -> Result:
        with self._timed("read the tree"):
            tree = self.workspace.tree
            selection = self._select()
            self.provenance = Provenance(tree)
        with self._timed("check the tree"):
            problems = list(self._tree_problems())
        chosen = selection.environments(tree.environments)
        with self._timed("render"):
            rendered = self._render(chosen)
        with self._timed("check objects"):
            evidence, object_problems = self._gather(rendered)
            problems += object_problems
        with self._timed("check environments"):
            problems += self._environment_problems(evidence)
        with self._timed("locate findings"):
            findings = list(self._findings(problems, selection))
        findings, used = apply_waivers(findings, tree.waivers.waivers, self.request.today)
        findings += waiver_findings(tree, used, self.request.today, whole=selection.whole)
        counted = [
            overlay for environment in rendered for overlay in environment.overlays if overlay.overlay in selection.overlays
        ]
        return Result(
            findings=tuple(sorted(set(findings), key=lambda finding: finding.sort_key)),
            environments=tuple(environment.name for environment in chosen),
            overlays=len(selection.overlays),
            objects=sum(len(overlay.resources) for overlay in counted),
            rules=(*(check.info for check in all_checks()), *WAIVER_RULES),
            timings=tuple(self.timings),
        )

    def _select(self) -> _Selection:
        tree, request = self.workspace.tree, self.request
        environments, everything = tree.environments, frozenset(tree.overlays)
        for name in request.environments:
            if name not in environments:
                raise unknown_name("environment", name, environments)
        components = {overlay.component for overlay in everything} | set(tree.component_folders)
        for name in request.components:
            if name not in components:
                raise unknown_name("component", name, components)
        chosen = everything
        if request.environments:
            chosen = frozenset(overlay for overlay in chosen if overlay.environment in request.environments)
        if request.components:
            chosen = frozenset(overlay for overlay in chosen if overlay.component in request.components)
        if request.changed_since is not None:
            chosen &= self._changed(request.changed_since, everything)
        narrowed = request.environments or request.components or request.changed_since is not None
        return _Selection(chosen, whole=not narrowed)

    def _changed(self, revision: str, everything: frozenset[Overlay]) -> frozenset[Overlay]:
        paths = git.changed_paths(self.workspace.tree.root, revision)
        if any(path.startswith(("tools/", "policies/", "requirements")) for path in paths):
            return everything  # other checks, other verdicts: nothing is known to be unchanged
        return self.workspace.tree.affected(paths)

    def _render(self, environments: list[Environment]) -> list[RenderedEnvironment]:
        workspace = self.workspace
        self.progress.start("rendering", sum(len(environment.overlays) for environment in environments))
        renderer = Renderer(workspace.tree, workspace.kustomize, workspace.cache, self.request.jobs)
        return renderer.render(environments, self.progress.advance)

    def _gather(self, rendered: list[RenderedEnvironment]) -> tuple[list[EnvironmentEvidence], list[tuple[Check, Problem]]]:
        self.progress.start("checking", sum(len(environment.overlays) for environment in rendered) + len(rendered))
        overlay_judge = OverlayJudge(self.workspace, self.provenance)
        evidence: list[EnvironmentEvidence] = []
        problems: list[tuple[Check, Problem]] = []
        for environment in rendered:
            uses = []
            for overlay in environment.overlays:
                verdict = overlay_judge.judge(overlay)
                problems += verdict.problems
                uses += [(overlay.overlay, use) for use in verdict.overrides]
                self.progress.advance()
            schemas = judge(self.workspace, environment)
            self.progress.advance()
            failures = tuple(self._explain(failure.overlay, failure.message) for failure in environment.failures)
            evidence.append(
                EnvironmentEvidence(environment, tuple(schemas.verdicts), tuple(schemas.engine), tuple(uses), failures)
            )
        return evidence, problems

    def _explain(self, overlay: Overlay, message: str) -> RenderFailure:
        cause, place = explain(self.workspace.tree, overlay, message)
        return RenderFailure(overlay, cause, *place)

    def _tree_problems(self) -> Iterator[tuple[Check, Problem]]:
        for check in _checks(Scope.TREE):
            for problem in check.function(self.workspace.tree):
                yield check, problem

    def _environment_problems(self, evidence: list[EnvironmentEvidence]) -> Iterator[tuple[Check, Problem]]:
        for environment in evidence:
            for check in _checks(Scope.ENVIRONMENT):
                for problem in check.function(environment):
                    yield check, problem

    def _findings(self, problems: list[tuple[Check, Problem]], selection: _Selection) -> Iterator[Finding]:
        for check, problem in problems:
            overlay = problem.resource.overlay if problem.resource else problem.overlay
            if overlay is None or overlay in selection.overlays:
                yield self._finding(check, problem, overlay)

    def _finding(self, check: Check, problem: Problem, overlay: Overlay | None) -> Finding:
        file, line, target = problem.file, problem.line, None
        if problem.resource is not None:
            resource = problem.resource
            file, line = self.provenance.locate(resource, problem.path)
            target = ObjectReference(resource.api_version, resource.kind, resource.namespace, resource.name)
        return Finding(
            rule=check.id,
            level=check.level,
            message=problem.message,
            fix=problem.fix or check.fix,
            file=file,
            line=line,
            environment=overlay.environment if overlay else problem.environment,
            component=overlay.component if overlay else problem.component,
            object=target,
            path=format_pointer(problem.path),
        )

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.timings.append(Timing(step, time.perf_counter() - started))


def _checks(scope: Scope) -> Iterator[Check]:
    return (check for check in all_checks() if check.scope is scope)


def rule_infos() -> tuple[RuleInfo, ...]:
    """Every rule that a run can name, sorted by id."""
    return tuple(sorted((*(check.info for check in all_checks()), *WAIVER_RULES), key=lambda rule: rule.id))
