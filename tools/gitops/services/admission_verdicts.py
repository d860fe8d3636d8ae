"""Asks every admission policy about every rendered object, and every CRD about its own.

A policy sees what an API server would hand to it on creation: the defaulted object, and each pod that a controller would make
of a template where the policy is about pods and not about the workload. Verdicts are kept per overlay and policy.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from typing import Any

from gitops.adapters.cache import Pack, digest
from gitops.checks.admission.checks import policy_check
from gitops.checks.admission.compiled import CompiledPolicy, compile_policy
from gitops.checks.admission.custom_rules import broken_rules, defaulted, served_schema
from gitops.checks.admission.evaluate import Subject, evaluate, evaluate_bound, params_of
from gitops.checks.admission.evidence import AdmissionEvidence, FileRemark
from gitops.checks.admission.placing import place
from gitops.checks.unit import Check, Problem
from gitops.models.admission import Binding, Policy
from gitops.models.admission_request import AdmissionRequest, Verdict
from gitops.models.paths import JsonPath, value_at
from gitops.models.resource import JsonObject, Resource
from gitops.models.values import mapping
from gitops.repository.admission import PolicySet, bindings_of, policies_of
from gitops.repository.crds import is_crd
from gitops.repository.kinds import Kinds
from gitops.repository.rendering import RenderedEnvironment, RenderedOverlay
from gitops.repository.stored import is_known, pod_of, stored
from gitops.repository.tree import Tree

_TEMPLATES: dict[tuple[str, str], JsonPath] = {
    **{("apps", kind): ("spec", "template") for kind in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")},
    ("batch", "Job"): ("spec", "template"),
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}
_RULES = "rules of custom resources"  # what a verdict is kept under beside the policies' own digests


@dataclass
class AdmissionJudge:
    """``pack`` keeps what was said before; ``policies`` are those of the tree unless others are given."""

    tree: Tree
    pack: Pack
    given: PolicySet | None = None
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
        said = _Said()
        for environment in environments:
            ground = _Ground.of(environment)
            for overlay in environment.overlays:
                self._overlay(overlay, ground, sound, said)
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

    def _overlay(self, overlay: RenderedOverlay, ground: "_Ground", policies: list[Policy], said: "_Said") -> None:
        key = digest(["admission", overlay.key, ground.identity])
        kept: dict[str, Any] = self.pack.get(key) or {}
        asked = {_identity(policy): policy for policy in policies}
        missing = {name: policy for name, policy in asked.items() if name not in kept}
        if missing or _RULES not in kept:
            requests = [list(ground.requests(resource)) for resource in overlay.resources] if missing else []
            for name, policy in missing.items():
                kept[name] = list(self._policy(policy, overlay, requests, ground))
            if _RULES not in kept:
                kept[_RULES] = [
                    [index, list(broken.path), broken.message, broken.unknown]
                    for index, resource in enumerate(overlay.resources)
                    for broken in ground.broken(resource)
                ]
            self.pack.put(key, kept)
        for name, policy in asked.items():
            for entry in kept[name]:
                said.add(self.checks[policy.name], policy, overlay.resources[entry[0]], entry)
        for index, path, message, unknown in kept[_RULES]:
            problem = Problem(message, overlay.resources[index], tuple(path))
            (said.undecided_rules if unknown else said.broken_rules).append(problem)

    def _policy(
        self, policy: Policy, overlay: RenderedOverlay, requests: list[list["_Asked"]], ground: "_Ground"
    ) -> Iterator[list[Any]]:
        compiled = self.compiled(policy)
        for index, variants in enumerate(requests):
            for asked in variants:
                verdicts = ground.verdicts(compiled, asked.subject)
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


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request about an object, or about a pod of it: then ``prefix`` is where its template stands."""

    subject: Subject
    prefix: JsonPath


@dataclass
class _Ground:
    """What policies may look up while they judge the objects of one environment."""

    kinds: Kinds
    namespaces: dict[str, JsonObject]
    definitions: dict[tuple[str, str], JsonObject]
    bindings: dict[str, list[Binding]]
    resources: list[Resource]
    identity: str
    """A hash of all that a verdict may depend on besides the object and the policy."""

    @classmethod
    def of(cls, environment: RenderedEnvironment) -> "_Ground":
        resources = list(environment.resources)
        definitions = {}
        for resource in resources:
            if is_crd(resource.body):
                spec = mapping(resource.body.get("spec"))
                definitions[str(spec.get("group")), str(mapping(spec.get("names")).get("kind"))] = resource.body
        bindings: dict[str, list[Binding]] = defaultdict(list)
        for binding in bindings_of(resource.body for resource in resources):
            bindings[binding.spec.policy_name].append(binding)
        namespaces = {each.name: stored(each.body) for each in resources if (each.group, each.kind) == ("", "Namespace")}
        looked_up = [each.key for each in environment.overlays if any(map(_is_looked_up, each.resources))]
        params = [each.key for each in environment.overlays] if any(map(_has_params, chain(*bindings.values()))) else []
        identity = digest([*looked_up, "params", *params])
        return cls(Kinds(definitions.values()), namespaces, definitions, bindings, resources, identity)

    def requests(self, resource: Resource) -> Iterator[_Asked]:
        """The creation of the object, and of a pod from its template."""
        yield self._asked(self._stored(resource), resource.api_version, resource.kind, ())
        path = _TEMPLATES.get((resource.group, resource.kind))
        if path:
            try:
                template = mapping(value_at(resource.body, path))
            except LookupError:
                return
            yield self._asked(pod_of(template, resource.namespace, resource.name), "v1", "Pod", path)

    def _stored(self, resource: Resource) -> JsonObject:
        definition = self.definitions.get((resource.group, resource.kind))
        schema = served_schema(definition, resource.version) if definition else None
        if schema:
            return mapping(defaulted(resource.body, schema))
        return stored(resource.body)

    def _asked(self, body: JsonObject, api_version: str, kind: str, prefix: JsonPath) -> _Asked:
        found = self.kinds.find(api_version, kind)
        name = str(mapping(body.get("metadata")).get("namespace") or "")
        if found.namespaced and not name:
            name = "default"
        space = self.namespaces.get(name) or _unknown_namespace(name)
        request = AdmissionRequest(
            found, body, namespace=space if found.namespaced else None, equivalents=self.kinds.equivalents(found)
        )
        return _Asked(Subject(request), prefix)

    def verdicts(self, policy: CompiledPolicy, subject: Subject) -> list[Verdict]:
        """Through each binding that the environment renders; a policy without any counts as bound to everything."""
        bindings = self.bindings.get(policy.policy.name)
        if not bindings:
            return [evaluate(policy, subject)]
        return [verdict for _, verdict in evaluate_bound(policy, bindings, subject, self._params)]

    def _params(self, binding: Binding, policy: Policy, request: AdmissionRequest) -> tuple[JsonObject | None, ...]:
        kind, reference = policy.spec.param_kind, binding.spec.param_ref
        if kind is None or reference is None:
            return (None,)
        resource = self.kinds.find(kind.api_version, kind.kind)
        namespace = (reference.namespace or request.namespace_name) if resource.namespaced else ""
        if resource.namespaced and not namespace:
            raise ValueError("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources")
        found = []
        for each in self.resources:
            if (each.api_version, each.kind, each.namespace) == (kind.api_version, kind.kind, namespace):
                labels = mapping(each.metadata.get("labels"))
                if each.name == reference.name or (reference.selector is not None and reference.selector.takes(labels)):
                    found.append(self._stored(each))
        return params_of(binding, found)

    def broken(self, resource: Resource) -> Iterator[Any]:
        definition = self.definitions.get((resource.group, resource.kind))
        schema = served_schema(definition, resource.version) if definition else None
        if schema and not is_known(resource.group, resource.version, resource.kind):
            yield from broken_rules(resource.body, schema)


def _is_looked_up(resource: Resource) -> bool:
    """Whether an object may decide over the verdicts on others: a namespace, a definition or a binding."""
    return resource.kind in {"Namespace", "CustomResourceDefinition", "ValidatingAdmissionPolicyBinding"}


def _has_params(binding: Binding) -> bool:
    return binding.spec.param_ref is not None


def _unknown_namespace(name: str) -> JsonObject:
    """A namespace that nothing renders: it has the label that every namespace has."""
    return stored({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


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
