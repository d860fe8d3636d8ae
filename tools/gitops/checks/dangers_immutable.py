"""DANGER001: fields that the API server lets nobody change."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from gitops.checks.diff_evidence import DiffEvidence
from gitops.checks.unit import Problem, Scope, check
from gitops.models.difference import ABSENT
from gitops.models.paths import JsonPath
from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence
from gitops.repository.demand import claim_size

_ANEW = (
    "Give the object a new name beside the old one, move what uses it, and remove the old one in a later merge request; or "
    "delete it by hand once this is merged, so that Argo CD makes it anew."
)
_WORKLOAD = (
    "Keep the selector: pods may carry more labels than it asks for. If it must change, add a workload under a new name and "
    "remove the old one once the new one serves."
)
_STATEFUL = (
    "Delete the StatefulSet by hand with --cascade=orphan once this is merged: its pods and claims stay, and Argo CD makes it "
    "anew over them. Claims themselves are changed one by one."
)
_CLAIM = (
    "Add a claim under a new name, copy the data with the workload stopped, point the workload at it, and remove the old claim "
    "last. Only the size may grow in place, where the storage class allows it."
)
_JOB = (
    "Give the Job a new name, or mark it as a hook or with the sync option Replace=true,Force=true so that Argo CD deletes and "
    "makes it anew."
)
_GENERATED = "Let a configMapGenerator make it: a hash in the name makes a new object of each new content."


class Immutable(NamedTuple):
    """A field of a kind, what it counts as when it is left out, and how to reach the aim without changing it."""

    path: tuple[str, ...]
    default: Any
    fix: str


def _fields(fix: str, *names: str, **defaults: Any) -> tuple[Immutable, ...]:
    return tuple(
        Immutable(tuple(name.split(".")), defaults.get(name.rpartition(".")[2], ABSENT), fix) for name in names
    )  # fmt: skip


_SPEC_OF_CRD = ("spec.group", "spec.scope", "spec.names.kind", "spec.names.plural")

# From the ValidateUpdate functions of Kubernetes' pkg/apis/*/validation.
_TABLE: dict[tuple[str, str], tuple[Immutable, ...]] = {
    ("apps", "Deployment"): _fields(_WORKLOAD, "spec.selector"),
    ("apps", "DaemonSet"): _fields(_WORKLOAD, "spec.selector"),
    ("apps", "ReplicaSet"): _fields(_WORKLOAD, "spec.selector"),
    ("apps", "StatefulSet"): _fields(
        _STATEFUL,
        "spec.selector",
        "spec.serviceName",
        "spec.podManagementPolicy",
        "spec.volumeClaimTemplates",
        serviceName="",
        podManagementPolicy="OrderedReady",
    ),
    ("batch", "Job"): _fields(_JOB, "spec.selector", "spec.template", "spec.completionMode", completionMode="NonIndexed"),
    ("", "PersistentVolumeClaim"): _fields(
        _CLAIM,
        "spec.accessModes",
        "spec.storageClassName",
        "spec.volumeMode",
        "spec.volumeName",
        "spec.selector",
        "spec.dataSource",
        "spec.dataSourceRef",
        volumeMode="Filesystem",
    ),
    ("storage.k8s.io", "StorageClass"): _fields(
        _ANEW,
        "provisioner",
        "parameters",
        "reclaimPolicy",
        "volumeBindingMode",
        reclaimPolicy="Delete",
        volumeBindingMode="Immediate",
    ),
    ("rbac.authorization.k8s.io", "RoleBinding"): _fields(_ANEW, "roleRef"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"): _fields(_ANEW, "roleRef"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _fields(_ANEW, *_SPEC_OF_CRD),
    ("scheduling.k8s.io", "PriorityClass"): _fields(
        _ANEW, "value", "preemptionPolicy", preemptionPolicy="PreemptLowerPriority"
    ),
    ("networking.k8s.io", "IngressClass"): _fields(_ANEW, "spec.controller"),
    ("node.k8s.io", "RuntimeClass"): _fields(_ANEW, "handler"),
    ("", "Secret"): _fields(_ANEW, "type", type="Opaque"),
}
_RECREATED = "argocd.argoproj.io/hook"
_SYNC_OPTIONS = "argocd.argoproj.io/sync-options"


@check(
    "DANGER001",
    "Immutable field changed",
    Scope.DIFF,
    why="The API server refuses the object as it stands: the sync fails, and everything that comes with it waits.",
    fix=_ANEW,
    reference="https://kubernetes.io/docs/concepts/overview/working-with-objects/",
)
def immutable(evidence: DiffEvidence) -> Iterator[Problem]:
    """Fields that can't be changed in place: selectors of workloads, what a StatefulSet fixes (serviceName,
    podManagementPolicy, volumeClaimTemplates), a claim's spec but for its size, a Job's template, a Service's clusterIP,
    StorageClasses, a binding's roleRef, the scope, group and names of a CRD, the type of a Secret, and ConfigMaps and Secrets
    that are immutable.
    """
    for change in evidence.changes:
        old, new = change.old, change.new
        if old is None or new is None or old.identity != new.identity or _made_anew(new):
            continue
        for field in _TABLE.get((new.group, new.kind), ()):
            before, after = _value(old, field), _value(new, field)
            if before != after and not _only_sizes(field, before, after):
                yield _problem(new, field.path, field.fix)
        yield from _service(old, new)
        yield from _sealed(old, new)


def _problem(new: Resource, path: JsonPath, fix: str) -> Problem:
    return Problem(f"{'.'.join(map(str, path))} can't be changed", new, path, fix=fix)


def _value(resource: Resource, field: Immutable) -> Any:
    value: Any = resource.body
    for step in field.path:
        value = mapping(value).get(step, ABSENT)
    if field.path[-1] == "volumeClaimTemplates":
        return [_template(entry) for entry in sequence(value)]
    return field.default if value is ABSENT or value is None else value


def _template(entry: Any) -> Any:
    """A claim's template with the defaults that the API server fills in."""
    body = {name: item for name, item in mapping(entry).items() if name not in ("apiVersion", "kind", "status")}
    return {**body, "spec": {"volumeMode": "Filesystem", **mapping(body.get("spec"))}}


def _only_sizes(field: Immutable, before: Any, after: Any) -> bool:
    """Whether templates of claims only shrink: that is DANGER004's to say."""
    if field.path[-1] != "volumeClaimTemplates" or len(before) != len(after):
        return False
    pairs = list(zip(before, after, strict=True))
    return all(_sizeless(old) == _sizeless(new) for old, new in pairs) and any(_shrinks(old, new) for old, new in pairs)


def _sizeless(template: Any) -> Any:
    return {**template, "spec": {**template["spec"], "resources": None}}


def _shrinks(old: Any, new: Any) -> bool:
    return claim_size(new) < claim_size(old)


def _made_anew(new: Resource) -> bool:
    """Whether Argo CD deletes an object before it applies it: hooks, and what is replaced by force."""
    annotations = mapping(new.metadata.get("annotations"))
    options = {option.strip() for option in str(annotations.get(_SYNC_OPTIONS, "")).split(",")}
    return _RECREATED in annotations or {"Replace=true", "Force=true"} <= options


def _service(old: Resource, new: Resource) -> Iterator[Problem]:
    """A cluster IP stays as it was given, unless the Service becomes or was a mere name."""
    if (new.group, new.kind) != ("", "Service"):
        return
    before, after = mapping(old.body.get("spec")), mapping(new.body.get("spec"))
    if "ExternalName" not in (before.get("type"), after.get("type")) and before.get("clusterIP") != after.get("clusterIP"):
        yield Problem(
            f"spec.clusterIP can't be changed, from {before.get('clusterIP') or 'one that the cluster chose'} to "
            f"{after.get('clusterIP') or 'one that the cluster chooses'}",
            new,
            ("spec", "clusterIP"),
            fix="Add a Service under a new name and move its clients, or delete this one by hand once this is merged.",
        )


def _sealed(old: Resource, new: Resource) -> Iterator[Problem]:
    """ConfigMaps and Secrets that were made immutable stay so, with all that they hold."""
    if new.group or new.kind not in ("ConfigMap", "Secret") or old.body.get("immutable") is not True:
        return
    for name in ("data", "binaryData", "stringData"):
        if old.body.get(name) != new.body.get(name):
            yield Problem(f"{name} of an immutable {new.kind} can't be changed", new, (name,), fix=_GENERATED)
    if new.body.get("immutable") is not True:
        yield Problem(f"a {new.kind} that is immutable stays so", new, ("immutable",), fix=_GENERATED)
