"""DANGER002 to DANGER004: what holds data, and what is stored under a kind."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from gitops.checks.diff_evidence import DiffEvidence
from gitops.checks.unit import Problem, Scope, check
from gitops.models.difference import ChangeKind, ObjectChange
from gitops.models.quantity import parse_quantity
from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence
from gitops.repository.demand import claim_size

_COMPONENT = "app.kubernetes.io/component"
_LOST: dict[tuple[str, str], str] = {
    ("", "PersistentVolumeClaim"): "its volume goes with it where the storage class reclaims by deleting",
    ("", "PersistentVolume"): "the cluster loses the way to what is stored",
    ("", "Namespace"): "everything in it goes with it, claims and what no overlay renders included",
    ("apiextensions.k8s.io", "CustomResourceDefinition"): "every object of this kind goes with it, in every namespace",
    ("apps", "StatefulSet"): "its pods go, and its claims stay behind with nobody to use them",
}
# The kinds of operators whose objects are stores of data.
_STORES = frozenset(
    {
        ("acid.zalan.do", "postgresql"),
        ("ceph.rook.io", "CephBlockPool"),
        ("ceph.rook.io", "CephCluster"),
        ("ceph.rook.io", "CephFilesystem"),
        ("ceph.rook.io", "CephFilesystemSubVolumeGroup"),
        ("ceph.rook.io", "CephObjectStore"),
        ("k8s.mariadb.com", "MariaDB"),
        ("postgresql.cnpg.io", "Cluster"),
        ("rabbitmq.com", "RabbitmqCluster"),
    }
)
_CRD = ("apiextensions.k8s.io", "CustomResourceDefinition")


@check(
    "DANGER002",
    "Something that holds data is deleted or renamed",
    Scope.DIFF,
    why="Kubernetes renames nothing: it deletes the old object, and what was stored there, and makes an empty new one.",
    fix="Keep the name. To move data, add the new object, copy, point its users at it, and remove the old one in a merge "
    "request of its own, with a backup that was read back.",
    reference="https://kubernetes.io/docs/concepts/storage/persistent-volumes/#reclaiming",
)
def data_gone(evidence: DiffEvidence) -> Iterator[Problem]:
    """Claims, volumes, Namespaces, CRDs, StatefulSets, workloads labelled as databases, and the stores of operators (Ceph's
    clusters, pools and file systems, databases) that go, or go on under another name."""
    for change in evidence.changes:
        if change.old and change.kind in (ChangeKind.REMOVED, ChangeKind.RENAMED):
            loss = _loss(change.old)
            if loss:
                yield Problem(f"{change.old.identity} {_fate(change)}: {loss}", change.subject)


def _fate(change: ObjectChange) -> str:
    return f"becomes {change.subject.identity}" if change.kind is ChangeKind.RENAMED else "is deleted"


def _loss(resource: Resource) -> str:
    kind = (resource.group, resource.kind)
    if kind in _STORES:
        return "its operator takes down what it stores"
    if kind in (("apps", "Deployment"), ("apps", "DaemonSet")):
        labels = mapping(resource.metadata.get("labels"))
        return "it is labelled as a database" if labels.get(_COMPONENT) == "database" else ""
    return _LOST.get(kind, "")


@check(
    "DANGER003",
    "Version of a CRD removed, or stored otherwise",
    Scope.DIFF,
    why="Objects that etcd holds in a version that is gone can't be read any more; the API server refuses to drop one that is "
    "listed in status.storedVersions. Clients of a version that is no longer served fail at once.",
    fix="Serve both versions first; migrate what is stored, take the old one off status.storedVersions, and remove it in a "
    "later release.",
    reference="https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definition-versioning/",
)
def crd_versions(evidence: DiffEvidence) -> Iterator[Problem]:
    """Versions of a CRD that go or are no longer served, and another version that objects are stored in."""
    for old, new in evidence.both(*_CRD):
        before, after = _versions(old), _versions(new)
        for name, version in before.items():
            if name not in after:
                yield Problem(f"version {name} is removed", new, ("spec", "versions"))
            elif version.get("served") is True and after[name].get("served") is not True:
                yield Problem(f"version {name} is no longer served", new, ("spec", "versions"))
        stored, will_be = _stored(before), _stored(after)
        if stored != will_be:
            yield Problem(f"objects are stored in version {will_be}, not in {stored}", new, ("spec", "versions"))


def _versions(crd: Resource) -> dict[str, dict[str, Any]]:
    listed = map(mapping, sequence(mapping(crd.body.get("spec")).get("versions")))
    return {str(version.get("name")): version for version in listed}


def _stored(versions: Mapping[str, Mapping[str, Any]]) -> str:
    return ", ".join(name for name, version in versions.items() if version.get("storage") is True) or "none"


@check(
    "DANGER004",
    "Volume shrunk",
    Scope.DIFF,
    why="Volumes only grow: the API server refuses a claim that asks for less than before.",
    fix="Leave the size. To come down, add a smaller claim under a new name, copy the data, and remove the old one last.",
    reference="https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims",
)
def shrunk(evidence: DiffEvidence) -> Iterator[Problem]:
    """Claims, templates of claims in StatefulSets, and PersistentVolumes that ask for less than before."""
    for old, new in evidence.both("", "PersistentVolumeClaim"):
        if claim_size(new.body) < claim_size(old.body):
            sizes = f"{_asked(old.body)} to {_asked(new.body)}"
            yield Problem(f"from {sizes}", new, ("spec", "resources", "requests", "storage"))
    for old, new in evidence.both("", "PersistentVolume"):
        before, after = (mapping(mapping(each.body.get("spec")).get("capacity")).get("storage") for each in (old, new))
        if _amount(after) < _amount(before):
            yield Problem(f"from {before} to {after}", new, ("spec", "capacity", "storage"))
    for old, new in evidence.both("apps", "StatefulSet"):
        earlier = {name: template for name, _, template in _templates(old)}
        for name, index, template in _templates(new):
            if name in earlier and claim_size(template) < claim_size(earlier[name]):
                path = ("spec", "volumeClaimTemplates", index, "spec", "resources", "requests", "storage")
                yield Problem(f"the claims of '{name}' from {_asked(earlier[name])} to {_asked(template)}", new, path)


def _templates(resource: Resource) -> Iterator[tuple[str, int, dict[str, Any]]]:
    listed = sequence(mapping(resource.body.get("spec")).get("volumeClaimTemplates"))
    for index, template in enumerate(map(mapping, listed)):
        yield str(mapping(template.get("metadata")).get("name")), index, template


def _asked(body: Mapping[str, Any]) -> str:
    requests = mapping(mapping(mapping(body.get("spec")).get("resources")).get("requests"))
    return str(requests.get("storage", "nothing"))


def _amount(value: Any) -> Decimal:
    try:
        return Decimal(0) if value is None else parse_quantity(value)
    except ValueError:
        return Decimal(0)
