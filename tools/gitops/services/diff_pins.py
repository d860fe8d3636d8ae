"""What each cluster follows: the branch, so that a change arrives on merge, or a release tag."""

import re

from gitops.adapters import git
from gitops.models.difference import Pin
from gitops.models.environment import ClusterFolder
from gitops.models.settings import RELEASE_TAG
from gitops.models.values import mapping
from gitops.repository import documents
from gitops.repository.tree import Tree
from gitops.services.diff_sides import Repository, Side

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


def pins(repository: Repository, old: Side, new: Side, base: str) -> tuple[Pin, ...]:
    """The pins of all clusters, by name; ``base`` is the commit of the branch that is merged into."""
    clusters = {**old.tree.clusters, **new.tree.clusters}
    return tuple(_pin(repository, clusters[name], old.tree, new.tree, base) for name in sorted(clusters))


def _pin(repository: Repository, cluster: ClusterFolder, old: Tree, new: Tree, base: str) -> Pin:
    before, after = _revision(old, cluster), _revision(new, cluster)
    follows = is_branch(repository, after)
    fresh = before != after and after is not None and (follows or not _is_merged(repository, after, base))
    return Pin(cluster, before, after, follows, fresh)


def is_branch(repository: Repository, revision: str | None) -> bool:
    """Whether a revision moves by itself: neither a release tag, nor another tag that git knows, nor a commit."""
    if revision is None or re.fullmatch(RELEASE_TAG, revision) or _COMMIT.fullmatch(revision):
        return False
    return git.commit_of(repository.root, f"refs/tags/{revision}") is None


def _is_merged(repository: Repository, revision: str, base: str) -> bool:
    """Whether all that a tag or commit holds is on the branch already; one that is not there is yet to be made."""
    commit = git.commit_of(repository.root, revision)
    return commit is not None and git.is_ancestor(repository.root, commit, base)


def _revision(tree: Tree, cluster: ClusterFolder) -> str | None:
    """The revision in a cluster's ``release.yaml``; None where there is none, or none that can be read."""
    path = f"{cluster.path}/release.yaml"
    if path not in tree.files:
        return None
    try:
        roots = documents.values(tree.text(path))
    except ValueError:
        return None  # the cluster's own folder does not render then, which is what is told
    revision = mapping(mapping(roots[0]).get("data")).get("revision") if roots else None
    return revision if isinstance(revision, str) and revision else None
