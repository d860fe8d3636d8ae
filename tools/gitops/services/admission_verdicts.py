"""Asks every admission policy about every rendered object, and every CRD about its own.

A policy sees what an API server would hand to it on creation: the defaulted object, and each pod that a controller would make
of a template where the policy is about pods and not about the workload. Verdicts are kept per overlay and policy.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from gitops.adapters.cache import Pack, digest
from gitops.adapters.workers import spread
from gitops.checks.admission.checks import policy_check
from gitops.checks.admission.compiled import CompiledPolicy, compile_policy
from gitops.checks.admission.evidence import AdmissionEvidence, FileRemark
from gitops.checks.admission.placing import place
from gitops.checks.unit import Check, Problem
from gitops.models.admission import Policy
from gitops.models.admission_request import Verdict
from gitops.models.paths import JsonPath
from gitops.models.resource import Resource
from gitops.repository.admission import PolicySet, policies_of
from gitops.repository.rendering import RenderedEnvironment, RenderedOverlay
from gitops.repository.tree import Tree
from gitops.services.admission_ground import Asked, Ground

_WORTH_A_PROCESS = 2_000  # objects times policies: about as long as a process takes to start and to answer
_RULES = "rules of custom resources"  # what a verdict is kept under beside the policies' own digests


@dataclass(frozen=True)
class _Task:
    """An overlay, the policies to ask about it by the hash of all that they depend on, and the verdicts that are there."""

    overlay: RenderedOverlay
    ground: Ground
    asked: dict[str, Policy]
    key: str
    kept: dict[str, Any]

    @property
    def missing(self) -> dict[str, Policy]:
        return {name: policy for name, policy in self.asked.items() if name not in self.kept}

    @property
    def complete(self) -> bool:
        return _RULES in self.kept and not self.missing


@dataclass
class AdmissionJudge:
    """``pack`` keeps what was said before; ``policies`` are those of the tree unless others are ``given``.

    ``today`` is the day on which the objects would be created: a policy may ask for it.
    """

    tree: Tree
    pack: Pack
    today: date
    given: PolicySet | None = None
    jobs: int = 1
    """How many processes may work out verdicts."""
    wanted: Callable[[Check, str], bool] = lambda _check, _environment: True
    """Whether anybody wants to know of a rule in an environment: one that is off there is not asked."""
    _compiled: dict[str, CompiledPolicy] = field(default_factory=dict)

    @cached_property
    def policies(self) -> PolicySet:
        return self.given or policies_of(self.tree)

    @cached_property
    def checks(self) -> dict[str, Check]:
        """The rules that the policies are, by the policy's name."""
        return {policy.name: policy_check(policy) for policy in self.policies.policies}

    def judge(self, environments: Iterable[RenderedEnvironment]) -> tuple[AdmissionEvidence, list[tuple[Check, Problem]]]:
        """What is to be said of policies and objects; the second part are refusals, each under its policy's rule."""
        defects = [FileRemark(*mistake) for mistake in self.policies.mistakes]
        sound: list[Policy] = []
        for policy in self.policies.policies:
            found = self._defects(policy)
            defects += found
            if not found:
                sound.append(policy)
        tasks = [task for environment in environments for task in self._tasks(environment, sound)]
        self._work_out([task for task in tasks if not task.complete])
        said = _Said()
        for task in tasks:
            self._tell(task, said)
        return self._evidence(said, defects), said.refusals

    def compiled(self, policy: Policy) -> CompiledPolicy:
        if policy.name not in self._compiled:
            self._compiled[policy.name] = compile_policy(policy)
        return self._compiled[policy.name]

    def _defects(self, policy: Policy) -> list[FileRemark]:
        key = digest(["policy defects", _identity(policy)])
        kept = self.pack.get(key)
        if kept is None:
            kept = [list(defect) for defect in self.compiled(policy).defects]
            self.pack.put(key, kept)
        return [self._defect(policy, *defect) for defect in kept]

    def _defect(self, policy: Policy, pointer: str, message: str, line: int, column: int) -> FileRemark:
        """At the line of the file where the expression is a block that keeps its lines; else at its first line."""
        first = self._line(policy, pointer)
        where = f"line {line}, column {column}" if line > 1 else f"column {column}"
        told = message.removesuffix(" (in container '')")
        return FileRemark(policy.file, first + line - 1, f"{policy.name}: {pointer[1:]}, {where}: {told}")

    def _line(self, policy: Policy, pointer: str) -> int:
        return self.tree.line(policy.file, _steps(pointer)) if policy.file in self.tree.files else 1

    def _tasks(self, environment: RenderedEnvironment, policies: list[Policy]) -> Iterator["_Task"]:
        ground = Ground.of(environment, self.today, self.given.beside if self.given else ())
        name = environment.environment.name
        chosen = [policy for policy in policies if self.wanted(self.checks[policy.name], name)]
        asked = {digest([_identity(policy), ground.terms(policy)]): policy for policy in chosen}
        for overlay in environment.overlays:
            key = digest(["admission", overlay.key, ground.identity])
            yield _Task(overlay, ground, asked, key, dict(self.pack.get(key) or {}))

    def _work_out(self, tasks: list["_Task"]) -> None:
        """Fills in what is not known yet: in several processes where there is enough of it to make up for their start."""
        pairs = sum(len(task.missing) * len(task.overlay.resources) for task in tasks)
        jobs = self.jobs if pairs > _WORTH_A_PROCESS else 1
        if jobs > 1:  # compiled here, so that each process has it
            for policy in {policy.name: policy for task in tasks for policy in task.missing.values()}.values():
                self.compiled(policy)
        for task, found in zip(tasks, spread(self._found, tasks, jobs), strict=True):
            task.kept.update(found)
            self.pack.put(task.key, task.kept)

    def _found(self, task: "_Task") -> dict[str, list[list[Any]]]:
        requests = [list(task.ground.requests(resource)) for resource in task.overlay.resources]
        found = {name: list(self._policy(policy, task.overlay, requests, task.ground)) for name, policy in task.missing.items()}
        if _RULES not in task.kept:
            found[_RULES] = [
                [index, list(broken.path), broken.message, broken.unknown]
                for index, resource in enumerate(task.overlay.resources)
                for broken in task.ground.broken(resource)
            ]
        return found

    def _tell(self, task: "_Task", said: "_Said") -> None:
        resources = task.overlay.resources
        for name, policy in task.asked.items():
            for entry in task.kept[name]:
                said.add(self.checks[policy.name], policy, resources[entry[0]], entry)
        for index, path, message, unknown in task.kept[_RULES]:
            problem = Problem(message, resources[index], tuple(path))
            (said.undecided_rules if unknown else said.broken_rules).append(problem)

    def _policy(
        self, policy: Policy, overlay: RenderedOverlay, requests: list[list[Asked]], ground: Ground
    ) -> Iterator[list[Any]]:
        for index, variants in enumerate(requests):
            for asked in variants:
                if not ground.may_match(policy, asked.subject.request):
                    continue
                verdicts = ground.verdicts(self.compiled(policy), asked.subject)
                for verdict in verdicts:
                    yield from _entries(index, overlay.resources[index], asked.prefix, policy, verdict)
                if any(verdict.matched for verdict in verdicts):
                    break  # the pods of a workload only matter to a policy that is not about the workload itself

    def _evidence(self, said: "_Said", defects: list[FileRemark]) -> AdmissionEvidence:
        undecided = []
        for (name, environment, pointer, message), objects in sorted(said.undecided.items()):
            policy = next(policy for policy in self.policies.policies if policy.name == name)
            first = min(objects)
            more = f" and {len(objects) - 1} more" if len(objects) > 1 else ""
            text = f"{name}: {pointer[1:]} has no verdict on {first}{more}: {message}"
            undecided.append(FileRemark(policy.file, self._line(policy, pointer), text, environment))
        return AdmissionEvidence(
            defects=tuple(defects),
            failures=tuple(said.failures),
            undecided=tuple(undecided),
            broken_rules=tuple(said.broken_rules),
            undecided_rules=tuple(said.undecided_rules),
        )


@dataclass
class _Said:
    """What came out so far."""

    refusals: list[tuple[Check, Problem]] = field(default_factory=list)
    failures: list[Problem] = field(default_factory=list)
    undecided: dict[tuple[str, str, str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    broken_rules: list[Problem] = field(default_factory=list)
    undecided_rules: list[Problem] = field(default_factory=list)

    def add(self, check: Check, policy: Policy, resource: Resource, entry: list[Any]) -> None:
        _, kind, path, pointer, message = entry
        if kind == "refused":
            self.refusals.append((check, Problem(message, resource, tuple(path))))
        elif kind == "failed":
            self.failures.append(Problem(f"{policy.name}: {message}", resource, tuple(path)))
        else:
            key = (policy.name, resource.overlay.environment, pointer, message)
            self.undecided[key].add(str(resource.identity))


def _identity(policy: Policy) -> str:
    return digest([policy.name, policy.spec.model_dump_json(), policy.note("path")])


def _entries(index: int, resource: Resource, prefix: JsonPath, policy: Policy, verdict: Verdict) -> Iterator[list[Any]]:
    """What is kept of a verdict: the object's index, what it is, the path into the object, the expression, the message."""

    def entry(what: str, pointer: str, validation: int, message: str) -> list[Any]:
        path = place(resource, prefix, policy.pointers.of(validation), message)
        return [index, what, list(path), pointer, message]

    for denial in verdict.denials:
        yield entry("refused", f"/spec/validations/{denial.validation}", denial.validation, denial.message)
    for what, troubles in (("failed", verdict.errors), ("unknown", verdict.unknown)):
        for trouble in troubles:
            yield entry(what, trouble.pointer, trouble.validation, trouble.message)


def _steps(pointer: str) -> JsonPath:
    return tuple(int(step) if step.isdigit() else step for step in pointer.split("/")[1:])
