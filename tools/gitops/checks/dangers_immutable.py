"""DANGER001: what the API server lets nobody change."""

from collections.abc import Iterator

from gitops.checks.diff_evidence import DiffEvidence
from gitops.checks.unit import Problem, Scope, check
from gitops.models.difference import Delivery
from gitops.models.paths import JsonPath
from gitops.models.resource import JsonObject, Resource
from gitops.models.values import mapping, sequence
from gitops.repository.demand import claim_size
from gitops.repository.stored import stored
from gitops.repository.updates import refusals

_ANEW = (
    "Give the object a new name beside the old one, move what uses it, and remove the old one in a later merge request; or "
    "delete it by hand once this is merged, so that Argo CD makes it anew."
)
_WORKLOAD = (
    "Keep the selector: pods may carry more labels than it asks for. If it must change, add a workload under a new name and "
    "remove the old one once the new one serves."
)
_STRATEGY = (
    "Write the strategy's rollingUpdate out in a merge request of its own, so that it is Argo CD's to take back, and change "
    "the type in the next."
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
_SERVICE = "Add a Service under a new name and move its clients, or delete this one by hand once this is merged."
_GENERATED = "Let a configMapGenerator make it: a hash in the name makes a new object of each new content."

# By kind, and by the end of the field's path where that says more.
_FIXES: dict[tuple[str, str], str] = {
    ("apps", "DaemonSet"): _WORKLOAD,
    ("apps", "Deployment"): _WORKLOAD,
    ("apps", "ReplicaSet"): _WORKLOAD,
    ("apps", "StatefulSet"): _STATEFUL,
    ("batch", "Job"): _JOB,
    ("", "PersistentVolumeClaim"): _CLAIM,
    ("", "Service"): _SERVICE,
}
_FIXES_OF_FIELDS: dict[JsonPath, str] = {
    ("spec", "strategy", "type"): _STRATEGY,
    ("spec", "updateStrategy", "type"): _STRATEGY,
    **dict.fromkeys((("data",), ("binaryData",), ("stringData",), ("immutable",)), _GENERATED),
}
_CLAIMS: JsonPath = ("spec", "volumeClaimTemplates")
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
    podManagementPolicy, volumeClaimTemplates), a claim's spec but for its size, the source of a volume, a Job's template and
    completions, a bare pod but for its images, a Service's clusterIP and class of load balancers, StorageClasses, a binding's
    roleRef, the scope, group and names of a CRD, the type of a Secret, ConfigMaps and Secrets that are immutable, and the like.
    Also a Deployment that is to be recreated, while its rollingUpdate is a default that nobody can take back.
    """
    for delivery in evidence.deliveries:
        default_class = _default_class(delivery)
        for change in delivery.objects:
            old, new = change.old, change.new
            if old and new and old.identity == new.identity and not _made_anew(new):
                yield from _refused(old, new, default_class)


def _refused(old: Resource, new: Resource, default_class: str) -> Iterator[Problem]:
    for path, message in refusals(old.body, new.body, default_class):
        if path != _CLAIMS or not _only_shrink(old.body, new.body):
            fix = _FIXES_OF_FIELDS.get(path) or _FIXES.get((new.group, new.kind), _ANEW)
            yield Problem(message, new, path, fix=fix)


def _default_class(delivery: Delivery) -> str:
    classes = delivery.cluster.facts.storage.classes if delivery.cluster else ()
    return next((each.name for each in classes if each.default), "")


def _only_shrink(old: JsonObject, new: JsonObject) -> bool:
    """Whether templates of claims only shrink: that is DANGER004's to say."""
    before, after = (sequence(mapping(stored(body).get("spec")).get("volumeClaimTemplates")) for body in (old, new))
    if len(before) != len(after):
        return False
    pairs = list(zip(map(mapping, before), map(mapping, after), strict=True))
    return all(_sizeless(one) == _sizeless(other) and claim_size(other) <= claim_size(one) for one, other in pairs)


def _sizeless(template: JsonObject) -> JsonObject:
    return {**template, "spec": {**mapping(template.get("spec")), "resources": None}}


def _made_anew(new: Resource) -> bool:
    """Whether Argo CD deletes an object before it applies it: hooks, and what is replaced by force."""
    annotations = mapping(new.metadata.get("annotations"))
    options = {option.strip() for option in str(annotations.get(_SYNC_OPTIONS, "")).split(",")}
    return _RECREATED in annotations or {"Replace=true", "Force=true"} <= options
