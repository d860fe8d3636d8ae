"""``clusters/<cluster>/cluster.yaml``: facts about a cluster that no manifest states."""

from enum import StrEnum

from pydantic import Field

from gitops.models.settings import Document, KubernetesVersion, Name, Quantity, Settings, Text


class AccessMode(StrEnum):
    """How a volume of a storage class can be mounted (Kubernetes: persistent volumes, access modes)."""

    READ_WRITE_ONCE = "ReadWriteOnce"
    READ_WRITE_MANY = "ReadWriteMany"
    READ_ONLY_MANY = "ReadOnlyMany"
    READ_WRITE_ONCE_POD = "ReadWriteOncePod"


class Reserved(Settings):
    """What a node does not give to pods: for its system, the kubelet, and the control plane where it runs one."""

    cpu: Quantity
    memory: Quantity


class NodeGroup(Settings):
    """Equal nodes; the quantities are those of one node."""

    name: Name
    count: int = Field(ge=1)
    cpu: Quantity
    memory: Quantity
    reserved: Reserved | None = None


class StorageClass(Settings):
    """A storage class that claims may name."""

    name: Name
    access_modes: tuple[AccessMode, ...] = Field(alias="accessModes", min_length=1)
    default: bool = False
    """Whether claims without a class get this one."""


class Storage(Settings):
    """What the cluster can store."""

    raw: Quantity
    """All disks that hold volumes together, before replication; those of the nodes' own systems are none of them."""
    copies: int = Field(default=1, ge=1)
    """How many copies of each byte the disks hold."""
    disks: int | None = Field(default=None, ge=1)
    """How many disks these are; one on each node unless said otherwise."""
    classes: tuple[StorageClass, ...] = Field(min_length=1)


class ArgoCd(Settings):
    """The Argo CD instance that syncs the cluster."""

    url: Text
    namespace: Name


class Cluster(Document):
    """One cluster; its name is its folder's."""

    environment: Name
    """The environment whose overlays it runs: a folder of ``overlays/``."""
    title: Text
    kubernetes: KubernetesVersion
    """The full version that its API server runs."""
    domain: Text
    ingress_class: Name = Field(alias="ingressClass")
    argocd: ArgoCd | None = None
    """Absent where people apply the overlays themselves."""
    nodes: tuple[NodeGroup, ...] = Field(min_length=1)
    storage: Storage

    @property
    def node_count(self) -> int:
        """How many nodes it has."""
        return sum(group.count for group in self.nodes)
