"""What admission policies may look up while they judge the objects of one environment, as an API server would find it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from gitops.adapters.cache import digest
from gitops.checks.admission.compiled import CompiledPolicy
from gitops.checks.admission.custom_rules import Broken, broken_rules, defaulted, served_schema
from gitops.checks.admission.evaluate import Subject, evaluate, evaluate_bound, params_of
from gitops.checks.admission.matching import may_match
from gitops.models.admission import Binding, Policy
from gitops.models.admission_request import AdmissionRequest, ApiResource, Trouble, Verdict
from gitops.models.paths import JsonPath, value_at
from gitops.models.resource import GroupKind, JsonObject, Origin, Overlay, Resource
from gitops.models.values import mapping
from gitops.repository.admission import bindings_of
from gitops.repository.crds import is_crd
from gitops.repository.kinds import Kinds
from gitops.repository.rendering import RenderedEnvironment
from gitops.repository.stored import is_known, pod_of, stored
from gitops.repository.workloads import MAKERS

_BESIDE = Overlay("", "", "")  # of what no overlay renders
_UNBOUND = "bound to everything"
_TIME = "creationTimestamp"


@dataclass(frozen=True, slots=True)
class Asked:
    """A request about an object, or about a pod of it: then ``prefix`` is where its template stands."""

    subject: Subject
    prefix: JsonPath


@dataclass
class Ground:
    """One environment. ``identity`` hashes what any verdict may depend on besides the object, the policy and its bindings."""

    kinds: Kinds
    namespaces: dict[str, JsonObject]
    definitions: dict[tuple[str, str], JsonObject]
    bindings: dict[str, list[Binding]]
    resources: list[Resource]
    identity: str
    created: str = ""
    """When the objects are created, as an API server would write it into them; empty: that is not known."""
    _reach: dict[tuple[str, ApiResource], bool] = field(default_factory=dict)
    _found: dict[tuple[str, str], list[JsonObject]] = field(default_factory=dict)

    @classmethod
    def of(cls, environment: RenderedEnvironment, today: date, beside: Iterable[JsonObject] = ()) -> "Ground":
        """``today`` is the day on which the objects are created, ``beside`` what else there is to be looked up."""
        others = [Resource(_BESIDE, body, Origin()) for body in beside]
        resources = [*environment.resources, *others]
        definitions = {}
        for resource in resources:
            if is_crd(resource.body):
                spec = mapping(resource.body.get("spec"))
                definitions[str(spec.get("group")), str(mapping(spec.get("names")).get("kind"))] = resource.body
        bindings: dict[str, list[Binding]] = defaultdict(list)
        for binding in {binding.name: binding for binding in bindings_of(resource.body for resource in resources)}.values():
            bindings[binding.spec.policy_name].append(binding)
        namespaces = {each.name: stored(each.body) for each in resources if (each.group, each.kind) == ("", "Namespace")}
        defining = [each.key for each in environment.overlays if any(is_crd(resource.body) for resource in each.resources)]
        defining += [repr(resource.body) for resource in others if is_crd(resource.body)]
        identity = digest([*defining, "namespaces", *map(repr, namespaces.values())])
        created = f"{today.isoformat()}T00:00:00Z"
        return cls(Kinds(definitions.values()), namespaces, definitions, bindings, resources, identity, created)

    def terms(self, policy: Policy) -> str:
        """A hash of all that binds the policy here, with the parameters that its bindings find, and the day if it asks."""
        bindings = self.bindings.get(policy.name)
        parts = [self.created] if _TIME in policy.spec.model_dump_json() else []
        if not bindings:
            return digest([_UNBOUND, *parts])
        for binding in bindings:
            parts.append(binding.model_dump_json())
            parts += [repr(each.body) for each in self.resources if _is_parameter(each, binding, policy)]
        return digest(parts)

    def requests(self, resource: Resource) -> Iterator[Asked]:
        """The creation of the object, and of a pod from its template."""
        yield self._asked(self._stored(resource), resource.api_version, resource.kind, ())
        path = MAKERS.get(GroupKind(resource.group, resource.kind))
        if path:
            try:
                template = mapping(value_at(resource.body, path))
            except LookupError:
                return
            yield self._asked(pod_of(template, resource.namespace, resource.name), "v1", "Pod", path)

    def may_match(self, policy: Policy, request: AdmissionRequest) -> bool:
        """Most policies are about few kinds: what can be told by the kind is told once for all objects of it."""
        key = (policy.name, request.resource)
        if key not in self._reach:
            self._reach[key] = may_match(policy.spec.match_constraints, request)
        return self._reach[key]

    def verdicts(self, policy: CompiledPolicy, subject: Subject) -> list[Verdict]:
        """Through each binding that the environment renders; a policy without any counts as bound to everything.

        What one without a binding says by parameters can't be told, since only a binding says which.
        """
        bindings = self.bindings.get(policy.policy.name)
        if not bindings:
            return [evaluate(policy, subject) if policy.policy.spec.param_kind is None else _without_parameters(policy)]
        return [verdict for _, verdict in evaluate_bound(policy, bindings, subject, self._params)]

    def broken(self, resource: Resource) -> Iterator[Broken]:
        """The rules of its definition that a custom resource breaks."""
        definition = self.definitions.get((resource.group, resource.kind))
        schema = served_schema(definition, resource.version) if definition else None
        if schema and not is_known(resource.group, resource.version, resource.kind):
            yield from broken_rules(resource.body, schema)

    def _stored(self, resource: Resource) -> JsonObject:
        definition = self.definitions.get((resource.group, resource.kind))
        schema = served_schema(definition, resource.version) if definition else None
        if schema:
            return mapping(defaulted(resource.body, schema))
        return stored(resource.body)

    def _asked(self, body: JsonObject, api_version: str, kind: str, prefix: JsonPath) -> Asked:
        found = self.kinds.find(api_version, kind)
        name = str(mapping(body.get("metadata")).get("namespace") or "")
        if found.namespaced and not name:
            name = "default"
        space = self.namespaces.get(name) or _unknown_namespace(name)
        request = AdmissionRequest(
            found,
            body,
            namespace=space if found.namespaced else None,
            equivalents=self.kinds.equivalents(found),
            created=self.created,
        )
        return Asked(Subject(request), prefix)

    def _params(self, binding: Binding, policy: Policy, request: AdmissionRequest) -> tuple[JsonObject | None, ...]:
        kind, reference = policy.spec.param_kind, binding.spec.param_ref
        if kind is None or reference is None:
            return (None,)
        resource = self.kinds.find(kind.api_version, kind.kind)
        namespace = (reference.namespace or request.namespace_name) if resource.namespaced else ""
        if resource.namespaced and not namespace:
            raise ValueError("cannot use namespaced paramRef in policy binding that matches cluster-scoped resources")
        key = (binding.name, namespace)
        if key not in self._found:
            self._found[key] = [
                self._stored(each)
                for each in self.resources
                if each.namespace == namespace and _is_parameter(each, binding, policy)
            ]
        return params_of(binding, self._found[key])


def _is_parameter(resource: Resource, binding: Binding, policy: Policy) -> bool:
    """Whether a binding means the object by its ``paramRef``, leaving aside in which namespace it looks for it."""
    kind, reference = policy.spec.param_kind, binding.spec.param_ref
    if kind is None or reference is None or (resource.api_version, resource.kind) != (kind.api_version, kind.kind):
        return False
    if resource.name == reference.name:
        return True
    return reference.selector is not None and reference.selector.takes(mapping(resource.metadata.get("labels")))


def _without_parameters(policy: CompiledPolicy) -> Verdict:
    kind = policy.policy.spec.param_kind
    named = f"{kind.api_version} {kind.kind}" if kind else ""
    return Verdict(matched=True, unknown=(Trouble("/spec/paramKind", f"it takes a {named}, and no binding says which"),))


def _unknown_namespace(name: str) -> JsonObject:
    """A namespace that nothing renders: it has the label that every namespace has."""
    return stored({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
