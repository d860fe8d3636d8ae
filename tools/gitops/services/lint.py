"""Lint: render what is asked for, run every check, and say what is wrong at the line to edit."""

import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Protocol

from gitops.adapters.cache import Pack
from gitops.adapters.command import killed_on_interrupt
from gitops.checks.admission.evidence import AdmissionEvidence
from gitops.checks.approval_evidence import ApprovalEvidence
from gitops.checks.evidence import EnvironmentEvidence, RenderFailure, WaiverEvidence
from gitops.checks.unit import Check, Problem, Scope, all_checks
from gitops.models.approval import Approvals
from gitops.models.environment import Environment
from gitops.models.finding import Finding, Level, ObjectReference, Result, RuleInfo, Timing
from gitops.models.paths import format_pointer
from gitops.models.resource import Overlay
from gitops.repository.provenance import Provenance
from gitops.repository.render_errors import explain
from gitops.repository.rendering import RenderedEnvironment, RenderedOverlay, Renderer
from gitops.services.admission_verdicts import AdmissionJudge
from gitops.services.environment_verdicts import EnvironmentJudge
from gitops.services.gate import Gate, gate_of
from gitops.services.overlay_verdicts import OverlayJudge, OverlayVerdict
from gitops.services.schema_verdicts import SchemaJudge
from gitops.services.selection import Selection, select
from gitops.services.waiving import apply_waivers, uses
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
    """What to look at: everything, unless environments, components or a revision to compare with narrow it.

    ``target_branch`` is the revision whose rules for levels and waivers hold beside the tree's own.
    """

    today: date
    jobs: int
    environments: tuple[str, ...] = ()
    components: tuple[str, ...] = ()
    changed_since: str | None = None
    target_branch: str | None = None


def lint(workspace: Workspace, request: LintRequest, progress: Progress) -> Result:
    """Runs every check and returns sorted findings.

    Raises ``UserError`` for names and revisions that do not exist, and for missing programs. Whatever is narrowed, the
    environment of a chosen overlay is rendered whole: whether its objects clash with others can't be told without them.
    """
    return _Run(workspace, request, progress).result()


@dataclass
class _Run:
    workspace: Workspace
    request: LintRequest
    progress: Progress
    timings: list[Timing] = field(default_factory=list)

    @cached_property
    def provenance(self) -> Provenance:
        return Provenance(self.workspace.tree)

    @cached_property
    def _pack(self) -> Pack:
        return Pack(self.workspace.cache, "verdicts", self.workspace.tools_digest)

    @cached_property
    def gate(self) -> Gate:
        return gate_of(self.workspace.tree, self.request.target_branch)

    def result(self) -> Result:
        request = self.request
        with self._timed("read the tree"):
            tree = self.workspace.tree
            selection = select(tree, request.environments, request.components, request.changed_since)
            gate = self.gate
        with self._timed("check the tree"):
            problems = list(self._problems(Scope.TREE, tree))
        chosen = selection.rendered(tree.environments)
        with self._timed("render"):
            rendered = self._render(chosen)
        with self._timed("check objects"):
            evidence, verdicts = self._gather(rendered)
            problems += [problem for verdict in verdicts.values() for problem in verdict.problems]
        with self._timed("check environments"):
            judge = EnvironmentJudge(tree, self.provenance, self._pack)
            problems += [problem for environment in evidence for problem in judge.judge(environment)]
            self._pack.save()
        with self._timed("look up approvals"):
            for environment in rendered:
                problems += self._problems(Scope.APPROVAL, self._approvals(environment, verdicts))
        with self._timed("ask admission policies"):
            admission, refusals = self._ask_policies(rendered)
            problems += [*_not_yet_told(refusals, problems), *self._problems(Scope.ADMISSION, admission)]
        with self._timed("locate findings"):
            findings = list(self._findings(problems, selection))
        waivers = tree.waivers.waivers
        waived = apply_waivers(findings, waivers, request.today, refuses=gate.refuses, waivable=gate.waivable)
        saw_all = selection.whole and all(environment.complete for environment in rendered)
        evidence_of_waivers = WaiverEvidence(tree, waived.used, request.today, saw_all, gate.waivers)
        about_waivers = self._findings(self._problems(Scope.WAIVERS, evidence_of_waivers), selection)
        counted = [
            overlay for environment in rendered for overlay in environment.overlays if overlay.overlay in selection.overlays
        ]
        self.workspace.cache.prune()
        return Result(
            findings=tuple(sorted({*waived.findings, *about_waivers}, key=lambda finding: finding.sort_key)),
            environments=tuple(environment.name for environment in chosen),
            overlays=len(selection.overlays),
            objects=sum(len(overlay.resources) for overlay in counted),
            rules=self._rules(),
            timings=tuple(self.timings),
            waivers=uses(evidence_of_waivers, waived),
        )

    def _render(self, environments: list[Environment]) -> list[RenderedEnvironment]:
        workspace = self.workspace
        self.progress.start("rendering", sum(len(environment.overlays) for environment in environments))
        renderer = Renderer(workspace.tree, workspace.kustomize, workspace.cache, self.request.jobs)
        return renderer.render(environments, self.progress.advance)

    def _gather(self, rendered: list[RenderedEnvironment]) -> tuple[list[EnvironmentEvidence], dict[Overlay, OverlayVerdict]]:
        """Judges every overlay by itself while kubeconform, in another process, looks at all of them."""
        workspace = self.workspace
        pack = self._pack
        self.progress.start("checking", sum(len(environment.overlays) for environment in rendered))
        with ThreadPoolExecutor(1) as pool, killed_on_interrupt():
            asked = pool.submit(SchemaJudge(workspace, pack).judge, rendered)
            judge = OverlayJudge(workspace.tree, self.provenance, pack)
            verdicts = {overlay.overlay: self._judged(judge, overlay) for each in rendered for overlay in each.overlays}
            outcomes = asked.result()
        evidence = [
            EnvironmentEvidence(
                rendered=environment,
                schema_verdicts=tuple(outcome.verdicts),
                schema_engine=tuple(outcome.engine),
                override_uses=tuple(
                    (overlay.overlay, use) for overlay in environment.overlays for use in verdicts[overlay.overlay].overrides
                ),
                render_failures=tuple(self._explain(failure.overlay, failure.message) for failure in environment.failures),
                components=workspace.tree.components,
                folders=workspace.tree.folders,
            )
            for environment, outcome in zip(rendered, outcomes, strict=True)
        ]
        return evidence, verdicts

    def _approvals(self, rendered: RenderedEnvironment, verdicts: Mapping[Overlay, OverlayVerdict]) -> ApprovalEvidence:
        """Where no digest pins an image, the approvals need not even be read."""
        tree, name = self.workspace.tree, rendered.environment.name
        pinned = tuple(image for overlay in rendered.overlays for image in verdicts[overlay.overlay].pinned)
        approvals = tree.approvals(name) if pinned else Approvals()
        return ApprovalEvidence(name, pinned, approvals, lambda: tree.approval_lines(name), self.request.today)

    def _rules(self) -> tuple[RuleInfo, ...]:
        """The checks of the code, and the admission policies, each once."""
        known = {check.id: check.info for check in (*self.admission.checks.values(), *all_checks())}
        return tuple(known[name] for name in sorted(known))

    @cached_property
    def admission(self) -> AdmissionJudge:
        workspace = self.workspace
        pack = Pack(workspace.cache, "admission", workspace.tools_digest)
        return AdmissionJudge(workspace.tree, pack, self.request.today, jobs=self.request.jobs, wanted=self.gate.wants)

    def _ask_policies(self, rendered: list[RenderedEnvironment]) -> tuple[AdmissionEvidence, list[tuple[Check, Problem]]]:
        outcome = self.admission.judge(rendered)
        self.admission.pack.save()
        return outcome

    def _judged(self, judge: OverlayJudge, overlay: RenderedOverlay) -> OverlayVerdict:
        self.progress.advance()
        return judge.judge(overlay)

    def _explain(self, overlay: Overlay, message: str) -> RenderFailure:
        cause, place = explain(self.workspace.tree, overlay, message)
        return RenderFailure(overlay, cause, *place)

    def _problems(self, scope: Scope, evidence: object) -> Iterator[tuple[Check, Problem]]:
        for check in all_checks():
            if check.scope is scope:
                for problem in check.function(evidence):
                    yield check, problem

    def _findings(self, problems: Iterable[tuple[Check, Problem]], selection: Selection) -> Iterator[Finding]:
        for check, problem in problems:
            overlay = problem.resource.overlay if problem.resource else problem.overlay
            wanted = overlay in selection.overlays if overlay else selection.covers_file(problem.file)
            environment = overlay.environment if overlay else problem.environment
            if wanted and (level := self.gate.level(check, environment)):
                yield self._finding(check, problem, level, overlay)

    def _finding(self, check: Check, problem: Problem, level: Level, overlay: Overlay | None) -> Finding:
        file, line, target = problem.file, problem.line, None
        if problem.resource is not None:
            resource = problem.resource
            if not file:
                file, line = self.provenance.place(resource, problem.path, problem.text)
            target = ObjectReference(resource.api_version, resource.kind, resource.namespace, resource.name)
        elif problem.path:
            line = self.workspace.tree.line(file, problem.path)
        return Finding(
            rule=check.id,
            level=level,
            message=problem.message,
            fix=problem.fix or check.fix,
            file=file,
            line=line,
            environment=overlay.environment if overlay else problem.environment,
            component=overlay.component if overlay else problem.component,
            object=target,
            path=format_pointer(problem.path),
            image=problem.image,
        )

    @contextmanager
    def _timed(self, step: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.timings.append(Timing(step, time.perf_counter() - started))


def _not_yet_told(
    refusals: Iterable[tuple[Check, Problem]], told: list[tuple[Check, Problem]]
) -> Iterator[tuple[Check, Problem]]:
    """The refusals of policies but for those that a check of the same rule has told of the object, and where in it."""
    known = {(check.id, id(problem.resource)) for check, problem in told}
    return ((check, problem) for check, problem in refusals if (check.id, id(problem.resource)) not in known)
