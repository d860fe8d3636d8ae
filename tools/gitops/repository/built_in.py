"""The objects that every cluster has by itself, so that manifests may name them."""

from gitops.models.resource import GroupKind, Identity
from gitops.repository.references import CONFIG_MAP, PRIORITY_CLASS, SERVICE_ACCOUNT

RBAC = "rbac.authorization.k8s.io"
ROLE = GroupKind(RBAC, "Role")
CLUSTER_ROLE = GroupKind(RBAC, "ClusterRole")

# What controllers make in every namespace. The one ConfigMap has one key.
_IN_NAMESPACES = {CONFIG_MAP: frozenset({"kube-root-ca.crt"}), SERVICE_ACCOUNT: frozenset({"default"})}
ROOT_CA_KEYS = frozenset({"ca.crt"})
_IN_CLUSTERS = {
    # https://kubernetes.io/docs/concepts/scheduling-eviction/pod-priority-preemption/#priorityclass
    PRIORITY_CLASS: frozenset({"system-cluster-critical", "system-node-critical"}),
    # https://kubernetes.io/docs/reference/access-authn-authz/rbac/#default-roles-and-role-bindings, less those of the control
    # plane's own parts (system:kube-scheduler, system:controller:…): nobody else is given them.
    CLUSTER_ROLE: frozenset(
        {
            "admin",
            "cluster-admin",
            "edit",
            "system:auth-delegator",
            "system:basic-user",
            "system:discovery",
            "system:kube-aggregator",
            "system:kubelet-api-admin",
            "system:monitoring",
            "system:node",
            "system:node-bootstrapper",
            "system:node-problem-detector",
            "system:node-proxier",
            "system:persistent-volume-provisioner",
            "system:public-info-viewer",
            "system:service-account-issuer-discovery",
            "view",
        }
    ),
}


def is_built_in(target: Identity) -> bool:
    """Whether every cluster has this object, or every namespace of it."""
    names = _IN_NAMESPACES if target.namespace else _IN_CLUSTERS
    return target.name in names.get(GroupKind(target.group, target.kind), frozenset())
