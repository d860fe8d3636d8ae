"""The tree itself: files that can be read, references that lead somewhere, folders that are complete."""

from collections.abc import Iterator

from gitops.checks.unit import Problem, Scope, check
from gitops.models.schemas import OWN_FILES, own_file
from gitops.repository.facts import YAML_SUFFIXES, Complaint
from gitops.repository.graph import Breach, BrokenEdge
from gitops.repository.tree import LEVELS, WAIVERS, Tree

_KUSTOMIZE = "https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/"
# Of a file that is read as if it were not there, other findings may only be what follows.
_FIRST = {
    LEVELS: "Correct this first: until then every rule weighs what it weighs by itself.",
    WAIVERS: "Correct this first: until then no waiver holds, and all that they silence is shown too.",
}
_DOCUMENTED = ("README.md", "component.yaml")  # files that stand beside manifests without being one


@check(
    "TREE001",
    "File can't be read",
    Scope.TREE,
    why="A file that is no YAML, no UTF-8 or an alias bomb renders nothing, or something else for each tool that reads it.",
    fix="Correct the file at this line.",
    reference="https://yaml.org/spec/1.2.2/",
    waivable=False,
)
def unreadable(tree: Tree) -> Iterator[Problem]:
    """Files with a defect that leaves nothing to work with."""
    for path, facts in tree.files.items():
        for complaint in facts.complaints:
            if complaint.kind in ("syntax", "encoding", "aliases", "value"):
                yield _complained(path, complaint)
    for file in tree.unreadable:
        yield Problem(f"can't be read: {file.reason}", file=file.path, fix="Give the file back its permissions, or remove it.")


@check(
    "TREE002",
    "Key stands twice",
    Scope.TREE,
    why="Of two equal keys one is dropped without a word, and which one depends on the program that reads the file.",
    fix="Keep one of the two.",
    reference="https://yaml.org/spec/1.2.2/#3213-node-comparison",
    waivable=False,
)
def duplicate_key(tree: Tree) -> Iterator[Problem]:
    """Mappings with one key twice."""
    yield from _complaints(tree, "duplicate-key")


@check(
    "TREE003",
    "Reference leads nowhere",
    Scope.TREE,
    why="kustomize fails on a file that is not there, for every overlay that reads it.",
    fix="Correct the path, or add the file.",
    reference=_KUSTOMIZE,
    waivable=False,
)
def missing_file(tree: Tree) -> Iterator[Problem]:
    """References to files and folders that do not exist."""
    for edge in _broken(tree, Breach.MISSING):
        if not tree.lost_base(edge):
            what = "has no kustomization file" if _is_folder(tree, edge.target) else "does not exist"
            yield Problem(f"{edge.field}: {edge.target} {what}", file=edge.source, line=edge.line)


@check(
    "TREE004",
    "Nothing references this file",
    Scope.TREE,
    why="A file that no overlay reads changes nothing, however often it is edited: usually its reference was forgotten.",
    fix="Reference it in a kustomization, or remove it.",
)
def dead_file(tree: Tree) -> Iterator[Problem]:
    """Files under base/ and overlays/ that no overlay reads; of a whole folder that is dead, only its kustomization."""
    graph = tree.graph
    alive = {path for overlay in tree.overlays if (start := tree.kustomization(overlay)) for path in graph.closure(start)}
    candidates = [path for path in tree.files if _is_manifest(path) and path not in alive]
    through_dead: set[str] = set()
    for path in candidates:
        if path in graph.edges:
            through_dead |= graph.closure(path) - {path}
    uncertain = _components_with_broken_edges(tree)
    for path in candidates:
        if path not in through_dead and _component_of(path) not in uncertain:
            what = "no overlay reads this folder" if path in graph.edges else "no kustomization references this file"
            yield Problem(what, file=path)
    for link in tree.links.values():
        if link.target is not None and _is_manifest(link.path) and link.path not in tree.followed_links:
            yield Problem(f"no kustomization references this symbolic link to {link.text}", file=link.path)


@check(
    "TREE005",
    "Remote base or resource",
    Scope.TREE,
    why="What a URL answers can change, or be away, between two renders of one commit: then a tag is no release.",
    fix="Put the manifests into base/ and reference them by path.",
    reference=_KUSTOMIZE,
    waivable=False,
)
def remote(tree: Tree) -> Iterator[Problem]:
    """References that kustomize would fetch."""
    for edge in _broken(tree, Breach.REMOTE):
        yield Problem(f"{edge.field}: {edge.target} lies outside this repository", file=edge.source, line=edge.line)


@check(
    "TREE008",
    "Unknown field",
    Scope.TREE,
    why="A field that nobody knows is a misspelt one: what it was meant to say is not said.",
    fix="Correct the name; editors complete it from the schema in the file's first line.",
    reference=_KUSTOMIZE,
    waivable=False,
)
def unknown_field(tree: Tree) -> Iterator[Problem]:
    """Fields of kustomizations and of our own files that do not exist."""
    yield from _complaints(tree, "unknown-field")


@check(
    "TREE011",
    "Path leads out of the tree",
    Scope.TREE,
    why="What lies outside the repository is not in its commits: another machine, and Argo CD, render something else.",
    fix="Put the file into the repository and reference it by its path there.",
    reference=_KUSTOMIZE,
    waivable=False,
)
def outside(tree: Tree) -> Iterator[Problem]:
    """Symbolic links and references that leave the repository."""
    for link in tree.links.values():
        if link.target is None:
            yield Problem(f"a symbolic link to {link.text}, which is not in this repository", file=link.path)
    for edge in _broken(tree, Breach.OUTSIDE):
        yield Problem(f"{edge.field}: {edge.target} lies outside this repository", file=edge.source, line=edge.line)


@check(
    "TREE012",
    "File does not fit its schema",
    Scope.TREE,
    why="A file of ours that says something else than its schema allows is read as if it were not there.",
    fix="Say what the file is for; its schema (policies/schemas/, or kustomize's reference) tells what is allowed.",
    waivable=False,
)
def misfit(tree: Tree) -> Iterator[Problem]:
    """Empty kustomizations, and values of our own files that their schemas refuse."""
    yield from _complaints(tree, "settings")


@check(
    "TREE015",
    "File that no tool knows",
    Scope.TREE,
    why="A policy in a file that no tool reads holds nothing, and nobody notices.",
    fix="Correct the file's name; docs/linter.md names the files that there are.",
    waivable=False,
)
def unknown_policy_file(tree: Tree) -> Iterator[Problem]:
    """YAML files directly under policies/ that are none of ours."""
    known = [own.pattern for own in OWN_FILES if own.pattern.startswith("policies/")]
    for path in tree.files:
        if path.startswith("policies/") and path.count("/") == 1 and path.endswith(YAML_SUFFIXES) and own_file(path) is None:
            yield Problem(f"{path} is read by no tool; there are {', '.join(known)}", file=path)


@check(
    "TREE016",
    "Name in a replacement that finds others too",
    Scope.TREE,
    why="kustomize takes it for a regular expression without ends: [name=HOST] sets MY_HOST and HOST_PORT too, silently.",
    fix="Put ^ before and $ behind the name: [name=^HOST$].",
    reference="https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/replacements/",
)
def open_name(tree: Tree) -> Iterator[Problem]:
    """Steps [key=value] in fieldPaths of replacements' targets whose value is not held at both ends."""
    for path, facts in tree.files.items():
        for remark in facts.remarks:
            yield Problem(remark.message, file=path, line=remark.line)


def _complaints(tree: Tree, kind: str) -> Iterator[Problem]:
    for path, facts in tree.files.items():
        for complaint in facts.complaints:
            if complaint.kind == kind:
                yield _complained(path, complaint)


def _complained(path: str, complaint: Complaint) -> Problem:
    return Problem(complaint.message, file=path, line=complaint.line, fix=_FIRST.get(path, ""))


def _broken(tree: Tree, breach: Breach) -> Iterator[BrokenEdge]:
    for edges in tree.graph.broken.values():
        for edge in edges:
            if edge.breach is breach and not _through_link(tree, edge.target):
                yield edge


def _through_link(tree: Tree, target: str) -> bool:
    """Whether a symbolic link, which is reported itself, is what the reference fails on."""
    return any(link.target is None and (target + "/").startswith(path + "/") for path, link in tree.links.items())


def _is_folder(tree: Tree, path: str) -> bool:
    return any(file.startswith(f"{path}/") for file in tree.files)


def _is_manifest(path: str) -> bool:
    folder, _, name = path.rpartition("/")
    documented = name in _DOCUMENTED or name.startswith(".")
    return path.startswith(("base/", "overlays/")) and bool(folder) and not documented


def _components_with_broken_edges(tree: Tree) -> frozenset[str]:
    """Components some of whose references can't be followed, so that what is dead in them can't be told."""
    defective = [path for path in tree.graph.edges if tree.files[path].complaints]
    return frozenset(_component_of(path) for path in (*tree.graph.broken, *defective))


def _component_of(path: str) -> str:
    """The component, or the shared folder, that a file belongs to: the second part of its path, in overlays the third."""
    parts = path.split("/")
    index = 1 if parts[0] == "base" else 2
    return parts[index] if len(parts) > index else ""
