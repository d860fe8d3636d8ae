"""An environment: it exists because ``overlays/<environment>/`` does."""

from dataclasses import dataclass

from gitops.models.cluster import Cluster
from gitops.models.resource import Overlay


@dataclass(frozen=True, slots=True)
class ClusterFolder:
    """A folder of ``clusters/`` and the facts in it."""

    name: str
    path: str
    facts: Cluster


@dataclass(frozen=True, slots=True)
class Environment:
    """The overlays of one environment and the clusters that run it; ``overlays`` holds the clusters' own folders too,
    since Argo CD's objects live in the same clusters and are checked like any other."""

    name: str
    overlays: tuple[Overlay, ...]
    clusters: tuple[ClusterFolder, ...]
    asked: tuple[str, ...] = ()
    """Kubernetes versions to be right for whatever the clusters run."""

    @property
    def kubernetes_versions(self) -> tuple[str, ...]:
        """The versions that this environment must be right for, oldest first."""
        versions = {*self.asked, *(cluster.facts.kubernetes for cluster in self.clusters)}
        return tuple(sorted(versions, key=lambda version: tuple(int(part) for part in version.split("."))))

    @property
    def argocd_namespaces(self) -> frozenset[str]:
        """Where Argo CD itself runs: a namespace that no overlay renders."""
        return frozenset(cluster.facts.argocd.namespace for cluster in self.clusters if cluster.facts.argocd)
