"""What the API server refuses of an object that is applied over an older one.

Objects are compared as the server keeps them: with defaults, quantities in one form, and what it added itself and nobody takes
back. Source: the ``Validate…Update`` functions in https://github.com/kubernetes/kubernetes/tree/v1.36.0/pkg/apis; each entry is
held against a real API server by ``tests/e2e/test_updates.py``.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from gitops.models.difference import ABSENT
from gitops.models.paths import JsonPath
from gitops.models.resource import JsonObject
from gitops.models.values import mapping, sequence
from gitops.repository.stored import stored

Kind = tuple[str, str]


class Refusal(NamedTuple):
    """What can't be as the manifest says: where, and in words."""

    path: JsonPath
    message: str


class Update(NamedTuple):
    """Two manifests of one object, and the object before and after the second is applied."""

    old: JsonObject
    new: JsonObject
    before: JsonObject
    after: JsonObject

    def differs(self, *path: str) -> bool:
        """Whether the object has something else there afterwards, or nothing, or something new."""
        return bool(_at(self.before, path) != _at(self.after, path))


class Fixed(NamedTuple):
    """A field that stays as it was created, ``unless`` the server takes this change of it after all."""

    path: tuple[str, ...]
    unless: Callable[[Update], bool] = lambda _: False


def _fields(*fields: str | Fixed) -> tuple[Fixed, ...]:
    return tuple(Fixed(tuple(field.split("."))) if isinstance(field, str) else field for field in fields)


def refusals(old: JsonObject, new: JsonObject, default_class: str = "") -> Iterator[Refusal]:
    """What the API server does not take when the manifest ``new`` is applied over what ``old`` made, by server-side apply and
    from the same manager. ``default_class`` is the storage class that the cluster gives to claims without one.
    """
    old, new = _without_nulls(old), _without_nulls(new)
    before = stored(old)
    kind = (str(new.get("apiVersion", "")).rpartition("/")[0], str(new.get("kind")))
    if kind == _CLAIM and default_class and "storageClassName" not in mapping(old.get("spec")):
        before = {**before, "spec": {**mapping(before.get("spec")), "storageClassName": default_class}}
    update = Update(old, new, before, stored(_applied(before, old, new)))
    for field in FIXED.get(kind, ()):
        if update.differs(*field.path) and not field.unless(update):
            yield Refusal(field.path, f"{'.'.join(field.path)} can't be changed")
    if kind in _OTHERWISE:
        yield from _OTHERWISE[kind](update)


def _applied(live: JsonObject, old: JsonObject, new: JsonObject) -> JsonObject:
    """Server-side apply by the manager of ``old``: what it gave and gives no longer goes, what others added stays.

    Lists are taken as a whole: what is compared here is either no list of objects, or may not differ in any of them.
    """
    result = {}
    for name in {**live, **new}:
        if name not in new:
            if name not in old:
                result[name] = live[name]
        elif isinstance(new[name], dict) and isinstance(live.get(name), dict):
            result[name] = _applied(live[name], mapping(old.get(name)), new[name])
        else:
            result[name] = new[name]
    return result


def _without_nulls(value: JsonObject) -> JsonObject:
    return {
        name: _without_nulls(item) if isinstance(item, dict) else item for name, item in value.items() if item is not None
    }  # fmt: skip


def _at(body: JsonObject, path: tuple[str, ...]) -> Any:
    value: Any = body
    for step in path:
        value = mapping(value).get(step, ABSENT)
    return value


def _spec(body: JsonObject) -> JsonObject:
    return mapping(body.get("spec"))


# Jobs


def _with_parallelism(update: Update) -> bool:
    """An Indexed Job may grow and shrink, all of it at once."""
    spec = _spec(update.after)
    return spec.get("completionMode") == "Indexed" and spec.get("completions") == spec.get("parallelism")


def _held_back(update: Update) -> bool:
    """A suspended Job may be told where to run, and with how much."""
    before, after = (_unscheduled(mapping(_spec(body).get("template"))) for body in (update.before, update.after))
    return _spec(update.before).get("suspend") is True and before == after


def _unscheduled(template: JsonObject) -> JsonObject:
    metadata = {name: value for name, value in mapping(template.get("metadata")).items() if name not in _LABELLING}
    spec = {name: value for name, value in _spec(template).items() if name not in _SCHEDULING}
    for containers in ("initContainers", "containers"):
        if containers in spec:
            spec[containers] = [{**mapping(each), "resources": {}} for each in sequence(spec[containers])]
    return {"metadata": metadata, "spec": spec}


_LABELLING = ("annotations", "labels")
_SCHEDULING = ("affinity", "nodeSelector", "schedulingGates", "tolerations")


# Pods


def _pod(update: Update) -> Iterator[Refusal]:
    """Of a pod only images change, tolerations are added, a deadline comes nearer, and scheduling gates are opened."""
    before, after = _spec(update.before), _spec(update.after)
    for name in sorted({*before, *after} - {"serviceAccount"}):  # which the server keeps equal to serviceAccountName
        old, new = before.get(name), after.get(name)
        if old != new and not _POD_TAKES.get(name, _never)(old, new):
            yield Refusal(("spec", name), f"spec.{name} can't be changed")


def _never(_old: Any, _new: Any) -> bool:
    return False


def _only_images(old: Any, new: Any) -> bool:
    return [_imageless(each) for each in sequence(old)] == [_imageless(each) for each in sequence(new)]


def _imageless(container: Any) -> JsonObject:
    """The default of the pull policy follows the image only when a pod is made."""
    return {**mapping(container), "image": "", "imagePullPolicy": ""}


def _only_longer(old: Any, new: Any) -> bool:
    return sequence(new)[: len(sequence(old))] == sequence(old)


def _only_less(old: Any, new: Any) -> bool:
    return all(each in sequence(old) for each in sequence(new))


def _only_sooner(old: Any, new: Any) -> bool:
    return isinstance(new, int) and (old is None or new < old)


_POD_TAKES: dict[str, Callable[[Any, Any], bool]] = {
    "activeDeadlineSeconds": _only_sooner,
    "containers": _only_images,
    "initContainers": _only_images,
    "schedulingGates": _only_less,
    "tolerations": _only_longer,
}


# Volumes and claims


def _no_class_before(update: Update) -> bool:
    return _at(update.before, ("spec", "storageClassName")) is ABSENT


def _no_affinity_before(update: Update) -> bool:
    return _at(update.before, ("spec", "nodeAffinity")) is ABSENT


def _claim(update: Update) -> Iterator[Refusal]:
    """The server writes either sort of source into the other too, so that neither goes when it is left out."""
    before, after = (_source(body) for body in (update.before, update.after))
    if after and before != after:
        name = next(name for name in _SOURCES if name in _spec(update.after))
        yield Refusal(("spec", name), f"spec.{name} can't be changed")


_SOURCES = ("dataSource", "dataSourceRef")


def _source(body: JsonObject) -> JsonObject:
    return next((mapping(_spec(body)[name]) for name in _SOURCES if name in _spec(body)), {})


def _volume(update: Update) -> Iterator[Refusal]:
    """The source of a volume is the one field that is named like its sort."""
    for name in sorted({*_spec(update.before), *_spec(update.after)} - _NO_SOURCE):
        if update.differs("spec", name):
            yield Refusal(("spec", name), f"spec.{name} can't be changed")
            return


_NO_SOURCE = frozenset(
    {
        *("accessModes", "capacity", "claimRef", "mountOptions", "nodeAffinity", "persistentVolumeReclaimPolicy"),
        *("storageClassName", "volumeAttributesClassName", "volumeMode"),
    }
)


# Workloads


def _deployment(update: Update) -> Iterator[Refusal]:
    return _left_over(update, "strategy")


def _stateful_set(update: Update) -> Iterator[Refusal]:
    return _left_over(update, "updateStrategy")


def _left_over(update: Update, field: str) -> Iterator[Refusal]:
    """The server adds ``rollingUpdate`` where no manifest has it, and then it is nobody's to take back."""
    strategy = mapping(_spec(update.after).get(field))
    if "rollingUpdate" in strategy and strategy.get("type") != "RollingUpdate":
        what = f"spec.{field}.type can't become {strategy.get('type')} while rollingUpdate is the API server's own"
        yield Refusal(("spec", field, "type"), what)


# Services


def _service(update: Update) -> Iterator[Refusal]:
    """An address stays as it was given, unless the Service becomes or was a mere name; a class of load balancers while it has
    a load balancer."""
    before, after = (_spec(body) for body in (update.before, update.after))
    types = before.get("type"), after.get("type")
    given, asked = before.get("clusterIP"), after.get("clusterIP")
    if "ExternalName" not in types and given != asked:
        if asked is not None:
            words = f"spec.clusterIP can't be changed, from {given or 'one that the cluster chose'} to {asked}"
            yield Refusal(("spec", "clusterIP"), words)
        elif given == "None":  # taken without a word, and without effect
            yield Refusal(("spec", "clusterIP"), "spec.clusterIP stays None: only a new Service is given an address")
    if types == ("LoadBalancer", "LoadBalancer") and update.differs("spec", "loadBalancerClass"):
        yield Refusal(("spec", "loadBalancerClass"), "spec.loadBalancerClass can't be changed")


# ConfigMaps and Secrets


def _sealed(update: Update) -> Iterator[Refusal]:
    """What was made immutable stays so, with all that it holds."""
    if update.before.get("immutable") is not True:
        return
    kind = update.new.get("kind")
    for name in ("data", "binaryData"):
        if update.differs(name):
            place = "stringData" if name == "data" and "stringData" in update.new else name
            yield Refusal((place,), f"{name} of an immutable {kind} can't be changed")
    if update.after.get("immutable") is not True:
        yield Refusal(("immutable",), f"a {kind} that is immutable stays so")


def _same_scopes(update: Update) -> bool:
    before, after = (sorted(map(str, sequence(_spec(body).get("scopes")))) for body in (update.before, update.after))
    return before == after


_CLAIM: Kind = ("", "PersistentVolumeClaim")
_RBAC = "rbac.authorization.k8s.io"

FIXED: dict[Kind, tuple[Fixed, ...]] = {
    ("", "PersistentVolume"): _fields("spec.volumeMode", Fixed(("spec", "nodeAffinity"), _no_affinity_before)),
    _CLAIM: _fields(
        "spec.accessModes",
        Fixed(("spec", "storageClassName"), _no_class_before),
        "spec.volumeMode",
        "spec.volumeName",
        "spec.selector",
        "spec.resources.limits",
    ),
    ("", "ResourceQuota"): _fields(Fixed(("spec", "scopes"), _same_scopes)),
    ("", "Secret"): _fields("type"),
    ("apiextensions.k8s.io", "CustomResourceDefinition"): _fields(
        "spec.group", "spec.scope", "spec.names.kind", "spec.names.plural"
    ),
    ("apps", "DaemonSet"): _fields("spec.selector"),
    ("apps", "Deployment"): _fields("spec.selector"),
    ("apps", "ReplicaSet"): _fields("spec.selector"),
    ("apps", "StatefulSet"): _fields(
        "spec.selector", "spec.serviceName", "spec.podManagementPolicy", "spec.volumeClaimTemplates"
    ),
    ("batch", "Job"): _fields(
        "spec.selector",
        Fixed(("spec", "template"), _held_back),
        Fixed(("spec", "completions"), _with_parallelism),
        "spec.completionMode",
        "spec.backoffLimitPerIndex",
        "spec.podFailurePolicy",
        "spec.successPolicy",
        "spec.managedBy",
    ),
    ("discovery.k8s.io", "EndpointSlice"): _fields("addressType"),
    ("networking.k8s.io", "IngressClass"): _fields("spec.controller"),
    ("node.k8s.io", "RuntimeClass"): _fields("handler"),
    (_RBAC, "ClusterRoleBinding"): _fields("roleRef"),
    (_RBAC, "RoleBinding"): _fields("roleRef"),
    ("scheduling.k8s.io", "PriorityClass"): _fields("value", "preemptionPolicy"),
    ("storage.k8s.io", "CSIDriver"): _fields("spec.attachRequired", "spec.volumeLifecycleModes"),
    ("storage.k8s.io", "StorageClass"): _fields("provisioner", "parameters", "reclaimPolicy", "volumeBindingMode"),
    ("storage.k8s.io", "VolumeAttributesClass"): _fields("driverName", "parameters"),
}
_OTHERWISE: dict[Kind, Callable[[Update], Iterator[Refusal]]] = {
    ("", "ConfigMap"): _sealed,
    ("", "PersistentVolume"): _volume,
    _CLAIM: _claim,
    ("", "Pod"): _pod,
    ("", "Secret"): _sealed,
    ("", "Service"): _service,
    ("apps", "Deployment"): _deployment,
    ("apps", "StatefulSet"): _stateful_set,
}
