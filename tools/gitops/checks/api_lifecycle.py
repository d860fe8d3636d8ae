"""When Kubernetes deprecated and removed the versions of its APIs.

Facts from the lifecycle functions of k8s.io/api v0.37.2 (``APILifecycleDeprecated``, ``…Removed``, ``…Replacement``), and for
kinds that are not in it from https://kubernetes.io/docs/reference/using-api/deprecation-guide/ and the 1.33 release notes
(Endpoints). A test holds the removals against the schemas of every Kubernetes version that we have.
"""

from typing import NamedTuple

Minor = tuple[int, int]


class Lifecycle(NamedTuple):
    """``removed`` is None where no release is named yet; ``replacement`` is None where there is none."""

    deprecated: Minor
    removed: Minor | None
    replacement: str | None


_WORKLOADS = "ControllerRevision DaemonSet Deployment ReplicaSet StatefulSet"
_RBAC = "ClusterRole ClusterRoleBinding Role RoleBinding"
_WEBHOOKS = "MutatingWebhookConfiguration ValidatingWebhookConfiguration"
_VALIDATING = "ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding"
_MUTATING = "MutatingAdmissionPolicy MutatingAdmissionPolicyBinding"
_FLOW = "FlowSchema PriorityLevelConfiguration"
_DEVICES = "DeviceClass ResourceClaim ResourceClaimTemplate ResourceSlice"

# apiVersion, kinds, minor versions of Kubernetes 1 that deprecated and removed it, replacement
_ROWS: tuple[tuple[str, str, int, int | None, str | None], ...] = (
    ("admissionregistration.k8s.io/v1alpha1", _VALIDATING, 29, 32, "admissionregistration.k8s.io/v1"),
    ("admissionregistration.k8s.io/v1alpha1", _MUTATING, 35, 38, "admissionregistration.k8s.io/v1"),
    ("admissionregistration.k8s.io/v1beta1", _WEBHOOKS, 16, 22, "admissionregistration.k8s.io/v1"),
    ("admissionregistration.k8s.io/v1beta1", _VALIDATING, 31, 34, "admissionregistration.k8s.io/v1"),
    ("admissionregistration.k8s.io/v1beta1", _MUTATING, 37, 40, "admissionregistration.k8s.io/v1"),
    ("apiextensions.k8s.io/v1beta1", "CustomResourceDefinition", 16, 22, "apiextensions.k8s.io/v1"),
    ("apiregistration.k8s.io/v1beta1", "APIService", 10, 22, "apiregistration.k8s.io/v1"),
    ("apps/v1beta1", _WORKLOADS, 8, 16, "apps/v1"),
    ("apps/v1beta2", _WORKLOADS, 9, 16, "apps/v1"),
    ("autoscaling/v2beta1", "HorizontalPodAutoscaler", 22, 25, "autoscaling/v2"),
    ("autoscaling/v2beta2", "HorizontalPodAutoscaler", 23, 26, "autoscaling/v2"),
    ("batch/v1beta1", "CronJob", 21, 25, "batch/v1"),
    ("certificates.k8s.io/v1alpha1", "ClusterTrustBundle", 34, 37, "certificates.k8s.io/v1beta1"),
    ("certificates.k8s.io/v1beta1", "CertificateSigningRequest", 19, 22, "certificates.k8s.io/v1"),
    ("certificates.k8s.io/v1beta1", "ClusterTrustBundle PodCertificateRequest", 37, 40, "certificates.k8s.io/v1"),
    ("coordination.k8s.io/v1alpha2", "LeaseCandidate", 35, 38, "coordination.k8s.io/v1beta1"),
    ("coordination.k8s.io/v1beta1", "Lease", 19, 22, "coordination.k8s.io/v1"),
    ("coordination.k8s.io/v1beta1", "LeaseCandidate", 36, 39, None),
    ("discovery.k8s.io/v1beta1", "EndpointSlice", 21, 25, "discovery.k8s.io/v1"),
    ("events.k8s.io/v1beta1", "Event", 22, 25, "events.k8s.io/v1"),
    ("extensions/v1beta1", "DaemonSet Deployment ReplicaSet", 8, 16, "apps/v1"),
    ("extensions/v1beta1", "NetworkPolicy", 9, 16, "networking.k8s.io/v1"),
    ("extensions/v1beta1", "PodSecurityPolicy", 10, 16, None),
    ("extensions/v1beta1", "Ingress", 14, 22, "networking.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta1", _FLOW, 23, 26, "flowcontrol.apiserver.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta2", _FLOW, 26, 29, "flowcontrol.apiserver.k8s.io/v1"),
    ("flowcontrol.apiserver.k8s.io/v1beta3", _FLOW, 29, 32, "flowcontrol.apiserver.k8s.io/v1"),
    ("networking.k8s.io/v1beta1", "Ingress IngressClass", 19, 22, "networking.k8s.io/v1"),
    ("networking.k8s.io/v1beta1", "IPAddress ServiceCIDR", 34, 37, "networking.k8s.io/v1"),
    ("node.k8s.io/v1beta1", "RuntimeClass", 22, 25, "node.k8s.io/v1"),
    ("policy/v1beta1", "PodDisruptionBudget", 21, 25, "policy/v1"),
    ("policy/v1beta1", "PodSecurityPolicy", 21, 25, None),
    ("rbac.authorization.k8s.io/v1beta1", _RBAC, 17, 22, "rbac.authorization.k8s.io/v1"),
    ("resource.k8s.io/v1beta1", _DEVICES, 35, 38, "resource.k8s.io/v1"),
    ("resource.k8s.io/v1beta2", _DEVICES, 36, 39, "resource.k8s.io/v1"),
    ("scheduling.k8s.io/v1beta1", "PriorityClass", 14, 22, "scheduling.k8s.io/v1"),
    ("storage.k8s.io/v1alpha1", "VolumeAttachment", 21, 24, "storage.k8s.io/v1"),
    ("storage.k8s.io/v1alpha1", "CSIStorageCapacity", 21, 24, "storage.k8s.io/v1"),
    ("storage.k8s.io/v1alpha1", "VolumeAttributesClass", 32, 35, "storage.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", "CSINode", 17, 22, "storage.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", "CSIDriver StorageClass VolumeAttachment", 19, 22, "storage.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", "CSIStorageCapacity", 24, 27, "storage.k8s.io/v1"),
    ("storage.k8s.io/v1beta1", "VolumeAttributesClass", 34, 37, "storage.k8s.io/v1"),
    ("storagemigration.k8s.io/v1beta1", "StorageVersionMigration", 37, 40, "storagemigration.k8s.io/v1"),
    ("v1", "ComponentStatus", 19, None, None),
    ("v1", "Endpoints", 33, None, "discovery.k8s.io/v1 (EndpointSlice)"),
)

LIFECYCLES: dict[tuple[str, str], Lifecycle] = {
    (api_version, kind): Lifecycle((1, deprecated), None if removed is None else (1, removed), replacement)
    for api_version, kinds, deprecated, removed, replacement in _ROWS
    for kind in kinds.split()
}


def minor_of(kubernetes: str) -> Minor:
    """``1.36.3`` as ``(1, 36)``."""
    major, minor = kubernetes.split(".")[:2]
    return int(major), int(minor)


def removed_in(api_version: str, kind: str, kubernetes: str) -> bool:
    """Whether this version of Kubernetes no longer serves the API."""
    lifecycle = LIFECYCLES.get((api_version, kind))
    return lifecycle is not None and lifecycle.removed is not None and lifecycle.removed <= minor_of(kubernetes)
