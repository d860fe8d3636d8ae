"""The API server's defaults of built-in kinds, for objects that ``stored`` brought into the server's form.

Source: the functions ``SetDefaults_*`` in https://github.com/kubernetes/kubernetes/tree/v1.36.0/pkg/apis, and what its
registries set on creation (a pod's requests, a namespace's finalizer). Not here: what admission plug-ins and controllers add.
"""

from collections.abc import Callable, Iterator
from typing import Any

from gitops.models.resource import JsonObject
from gitops.models.values import mapping, sequence

_CLIENT_IP_SECONDS = 10800
_EXTERNAL = frozenset({"NodePort", "LoadBalancer"})
_RBAC = "rbac.authorization.k8s.io"


def set_defaults(kind: str, body: JsonObject) -> None:
    """Applies the defaults of a kind in place."""
    function = _BY_KIND.get(kind)
    if function:
        function(body)


def _fill(value: JsonObject, **defaults: Any) -> None:
    """Sets what is absent or null."""
    for name, default in defaults.items():
        if value.get(name) is None:
            value[name] = default


def _fill_empty(value: JsonObject, **defaults: Any) -> None:
    """Sets what is absent, null, or the empty value of its type."""
    for name, default in defaults.items():
        if not value.get(name):
            value[name] = default


def _maps(value: Any) -> Iterator[JsonObject]:
    return (item for item in sequence(value) if isinstance(item, dict))


def _spec(body: JsonObject) -> JsonObject:
    return mapping(body.get("spec"))


def image_tag(image: str) -> str:
    """The tag of an image; ``latest`` where it names neither tag nor digest."""
    name, _, digest = image.partition("@")
    _, colon, tag = name.rpartition(":")
    if colon and "/" not in tag:
        return tag
    return "" if digest else "latest"


def _pod_spec(spec: JsonObject) -> None:
    _fill_empty(spec, dnsPolicy="ClusterFirst", restartPolicy="Always", schedulerName="default-scheduler")
    _fill(spec, securityContext={}, terminationGracePeriodSeconds=30)
    if spec.get("serviceAccountName"):  # the deprecated name of it is written too
        spec["serviceAccount"] = spec["serviceAccountName"]
    elif spec.get("serviceAccount"):
        spec["serviceAccountName"] = spec["serviceAccount"]
    for containers in ("initContainers", "containers", "ephemeralContainers"):
        for container in _maps(spec.get(containers)):
            _container(container)
    if spec.get("hostNetwork"):
        for container in (*_maps(spec.get("containers")), *_maps(spec.get("initContainers"))):
            for port in _maps(container.get("ports")):
                _fill_empty(port, hostPort=port.get("containerPort"))
    for volume in _maps(spec.get("volumes")):
        _volume(volume)


def _container(container: JsonObject) -> None:
    pull = "Always" if image_tag(str(container.get("image") or "")) == "latest" else "IfNotPresent"
    _fill_empty(container, imagePullPolicy=pull, terminationMessagePath="/dev/termination-log", terminationMessagePolicy="File")
    for port in _maps(container.get("ports")):
        _fill_empty(port, protocol="TCP")
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = container.get(name)
        if isinstance(probe, dict):
            _fill_empty(probe, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
            _handler(probe)
    for name in ("postStart", "preStop"):
        _handler(mapping(mapping(container.get("lifecycle")).get(name)))
    for variable in _maps(container.get("env")):
        field = mapping(variable.get("valueFrom")).get("fieldRef")
        if isinstance(field, dict):
            _fill_empty(field, apiVersion="v1")


def _handler(handler: JsonObject) -> None:
    if isinstance(handler.get("httpGet"), dict):
        _fill_empty(handler["httpGet"], path="/", scheme="HTTP")
    if isinstance(handler.get("grpc"), dict):
        _fill(handler["grpc"], service="")


def _volume(volume: JsonObject) -> None:
    if not any(name != "name" and value is not None for name, value in volume.items()):
        volume["emptyDir"] = {}
    for name in ("secret", "configMap", "downwardAPI", "projected"):
        if isinstance(volume.get(name), dict):
            _fill(volume[name], defaultMode=0o644)
    if isinstance(volume.get("hostPath"), dict):
        _fill(volume["hostPath"], type="")
    if isinstance(volume.get("image"), dict):
        tag = image_tag(str(volume["image"].get("reference") or ""))
        _fill_empty(volume["image"], pullPolicy="Always" if tag == "latest" else "IfNotPresent")
    for source in (volume, *_maps(mapping(volume.get("projected")).get("sources"))):
        _source(source)
    claim = mapping(mapping(volume.get("ephemeral")).get("volumeClaimTemplate")).get("spec")
    if isinstance(claim, dict):
        _fill(claim, volumeMode="Filesystem")


def _source(source: JsonObject) -> None:
    """What a volume, or one source of a projected one, is made from."""
    if isinstance(source.get("serviceAccountToken"), dict):
        _fill(source["serviceAccountToken"], expirationSeconds=3600)
    for item in _maps(mapping(source.get("downwardAPI")).get("items")):
        if isinstance(item.get("fieldRef"), dict):
            _fill_empty(item["fieldRef"], apiVersion="v1")


def _pod(body: JsonObject) -> None:
    spec = _spec(body)
    _fill_empty(spec, serviceAccountName=spec.get("serviceAccount") or "default")
    _pod_spec(spec)
    _fill(spec, enableServiceLinks=True)
    _fill_empty(body.setdefault("status", {}), phase="Pending")
    for containers in ("initContainers", "containers"):
        for container in _maps(spec.get(containers)):
            resources = mapping(container.get("resources"))
            if resources.get("limits"):
                resources["requests"] = {**resources["limits"], **mapping(resources.get("requests"))}


def _template(spec: JsonObject) -> None:
    template = mapping(spec.get("template")).get("spec")
    if isinstance(template, dict):
        _pod_spec(template)


def _deployment(body: JsonObject) -> None:
    spec = _spec(body)
    _fill(spec, replicas=1, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    strategy = spec.setdefault("strategy", {})
    _fill_empty(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        _fill(strategy, rollingUpdate={})
        _fill(strategy["rollingUpdate"], maxUnavailable="25%", maxSurge="25%")
    _template(spec)


def _daemon_set(body: JsonObject) -> None:
    spec = _spec(body)
    _fill(spec, revisionHistoryLimit=10)
    strategy = spec.setdefault("updateStrategy", {})
    _fill_empty(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        _fill(strategy, rollingUpdate={})
        _fill(strategy["rollingUpdate"], maxUnavailable=1, maxSurge=0)
    _template(spec)


def _stateful_set(body: JsonObject) -> None:
    spec = _spec(body)
    _fill(spec, replicas=1, revisionHistoryLimit=10, persistentVolumeClaimRetentionPolicy={})
    _fill_empty(spec, podManagementPolicy="OrderedReady")
    _fill_empty(spec["persistentVolumeClaimRetentionPolicy"], whenDeleted="Retain", whenScaled="Retain")
    strategy = spec.setdefault("updateStrategy", {})
    if not strategy.get("type"):
        strategy["type"] = "RollingUpdate"
        _fill(strategy, rollingUpdate={})
    if strategy["type"] == "RollingUpdate" and isinstance(strategy.get("rollingUpdate"), dict):
        _fill(strategy["rollingUpdate"], partition=0)
    for claim in _maps(spec.get("volumeClaimTemplates")):
        _fill_empty(claim, apiVersion="v1", kind="PersistentVolumeClaim")
        _claim(claim)
    _template(spec)


def _replica_set(body: JsonObject) -> None:
    _fill(_spec(body), replicas=1)
    _template(_spec(body))


def _job(body: JsonObject) -> None:
    spec = _spec(body)
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec["completions"] = 1
    backoff = 6 if spec.get("backoffLimitPerIndex") is None else 2**31 - 1
    replacement = "Failed" if spec.get("podFailurePolicy") else "TerminatingOrFailed"
    _fill(spec, parallelism=1, backoffLimit=backoff, completionMode="NonIndexed", suspend=False, manualSelector=False)
    _fill(spec, podReplacementPolicy=replacement)
    labels = mapping(mapping(mapping(spec.get("template")).get("metadata")).get("labels"))
    if labels and not mapping(body.get("metadata")).get("labels"):
        mapping(body.get("metadata"))["labels"] = dict(labels)
    _template(spec)


def _cron_job(body: JsonObject) -> None:
    spec = _spec(body)
    _fill_empty(spec, concurrencyPolicy="Allow")
    _fill(spec, suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
    _template(mapping(mapping(spec.get("jobTemplate")).get("spec")))


def _service(body: JsonObject) -> None:
    spec = _spec(body)
    _fill_empty(spec, sessionAffinity="None", type="ClusterIP")
    if spec["sessionAffinity"] == "None":
        spec.pop("sessionAffinityConfig", None)
    elif mapping(mapping(spec.get("sessionAffinityConfig")).get("clientIP")).get("timeoutSeconds") is None:
        spec["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": _CLIENT_IP_SECONDS}}
    for port in _maps(spec.get("ports")):
        _fill_empty(port, protocol="TCP", targetPort=port.get("port"))
    if spec["type"] in _EXTERNAL or (spec["type"] == "ClusterIP" and spec.get("externalIPs")):
        _fill_empty(spec, externalTrafficPolicy="Cluster")
    if spec["type"] != "ExternalName":
        _fill(spec, internalTrafficPolicy="Cluster")
    if spec["type"] == "LoadBalancer":
        _fill(spec, allocateLoadBalancerNodePorts=True)


def _claim(body: JsonObject) -> None:
    _fill(_spec(body), volumeMode="Filesystem")
    _fill_empty(body.setdefault("status", {}), phase="Pending")


def _volume_object(body: JsonObject) -> None:
    _fill_empty(_spec(body), persistentVolumeReclaimPolicy="Retain")
    _fill(_spec(body), volumeMode="Filesystem")
    _fill_empty(body.setdefault("status", {}), phase="Pending")


def _namespace(body: JsonObject) -> None:
    metadata = mapping(body.get("metadata"))
    if metadata.get("name"):
        metadata["labels"] = {**mapping(metadata.get("labels")), "kubernetes.io/metadata.name": metadata["name"]}
    spec = body.setdefault("spec", {})
    spec["finalizers"] = list(dict.fromkeys([*sequence(spec.get("finalizers")), "kubernetes"]))
    _fill_empty(body.setdefault("status", {}), phase="Active")


def _secret(body: JsonObject) -> None:
    _fill_empty(body, type="Opaque")


def _limit_range(body: JsonObject) -> None:
    for item in _maps(_spec(body).get("limits")):
        if item.get("type") == "Container":
            item["default"] = {**mapping(item.get("max")), **mapping(item.get("default"))}
            item["defaultRequest"] = {**mapping(item.get("min")), **item["default"], **mapping(item.get("defaultRequest"))}
            for name in ("default", "defaultRequest"):
                if not item[name]:
                    del item[name]


def _network_policy(body: JsonObject) -> None:
    spec = _spec(body)
    _fill_empty(spec, policyTypes=["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])
    for rule in (*_maps(spec.get("ingress")), *_maps(spec.get("egress"))):
        for port in _maps(rule.get("ports")):
            _fill(port, protocol="TCP")


def _ingress_class(body: JsonObject) -> None:
    parameters = _spec(body).get("parameters")
    if isinstance(parameters, dict):
        _fill(parameters, scope="Cluster")


def _role_binding(body: JsonObject) -> None:
    role = body.get("roleRef")
    if isinstance(role, dict):
        _fill_empty(role, apiGroup=_RBAC)
    for subject in _maps(body.get("subjects")):
        if subject.get("kind") in ("User", "Group"):  # whatever it is, also what no set could be asked for
            _fill_empty(subject, apiGroup=_RBAC)


def _autoscaler(body: JsonObject) -> None:
    spec = _spec(body)
    _fill(spec, minReplicas=1)
    if not spec.get("metrics"):
        target = {"type": "Utilization", "averageUtilization": 80}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": target}}]


def _storage_class(body: JsonObject) -> None:
    _fill(body, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def _csi_driver(body: JsonObject) -> None:
    spec = _spec(body)
    _fill(spec, attachRequired=True, podInfoOnMount=False, storageCapacity=False, requiresRepublish=False)
    _fill(spec, fsGroupPolicy="ReadWriteOnceWithFSType", seLinuxMount=False)
    _fill_empty(spec, volumeLifecycleModes=["Persistent"])


def _priority_class(body: JsonObject) -> None:
    _fill(body, preemptionPolicy="PreemptLowerPriority")


def _webhooks(body: JsonObject) -> None:
    for hook in _maps(body.get("webhooks")):
        _fill(hook, failurePolicy="Fail", matchPolicy="Equivalent", namespaceSelector={}, objectSelector={}, timeoutSeconds=10)
        if body.get("kind") == "MutatingWebhookConfiguration":
            _fill(hook, reinvocationPolicy="Never")
        for rule in _maps(hook.get("rules")):
            _fill(rule, scope="*")
        service = mapping(hook.get("clientConfig")).get("service")
        if isinstance(service, dict):
            _fill(service, port=443)


def _policy(body: JsonObject) -> None:
    _fill(_spec(body), failurePolicy="Fail")
    _match_resources(_spec(body).get("matchConstraints"))


def _binding(body: JsonObject) -> None:
    _match_resources(_spec(body).get("matchResources"))


def _match_resources(value: Any) -> None:
    if isinstance(value, dict):
        _fill(value, matchPolicy="Equivalent", namespaceSelector={}, objectSelector={})
        for rule in (*_maps(value.get("resourceRules")), *_maps(value.get("excludeResourceRules"))):
            _fill(rule, scope="*")


def _definition(body: JsonObject) -> None:
    spec = _spec(body)
    names = mapping(spec.get("names"))
    kind = str(names.get("kind", ""))
    _fill_empty(names, singular=kind.lower(), listKind=f"{kind}List")
    _fill(spec, conversion={"strategy": "None"})
    kept = [version.get("name") for version in _maps(spec.get("versions")) if version.get("storage")]
    _fill_empty(body.setdefault("status", {}), storedVersions=kept)


_BY_KIND: dict[str, Callable[[JsonObject], None]] = {
    "Pod": _pod,
    "PodTemplate": _template,
    "Deployment": _deployment,
    "DaemonSet": _daemon_set,
    "StatefulSet": _stateful_set,
    "ReplicaSet": _replica_set,
    "ReplicationController": _replica_set,
    "Job": _job,
    "CronJob": _cron_job,
    "Service": _service,
    "PersistentVolumeClaim": _claim,
    "PersistentVolume": _volume_object,
    "Namespace": _namespace,
    "Secret": _secret,
    "LimitRange": _limit_range,
    "NetworkPolicy": _network_policy,
    "IngressClass": _ingress_class,
    "RoleBinding": _role_binding,
    "ClusterRoleBinding": _role_binding,
    "HorizontalPodAutoscaler": _autoscaler,
    "StorageClass": _storage_class,
    "CSIDriver": _csi_driver,
    "PriorityClass": _priority_class,
    "ValidatingWebhookConfiguration": _webhooks,
    "MutatingWebhookConfiguration": _webhooks,
    "ValidatingAdmissionPolicy": _policy,
    "ValidatingAdmissionPolicyBinding": _binding,
    "CustomResourceDefinition": _definition,
}
