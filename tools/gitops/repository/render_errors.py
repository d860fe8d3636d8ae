"""kustomize's nested messages, as one sentence about one line of one file.

kustomize tells the way down (``accumulating resources from …: recursed accumulation of path …``) before the cause, and for a
file twice: once as a manifest, once as a folder. Forms: ``accumulateResources`` of sigs.k8s.io/kustomize/api v0.21.
"""

import re
from collections.abc import Iterator

from gitops.models.resource import Overlay
from gitops.repository.graph import kustomization_in
from gitops.repository.overrides import Place
from gitops.repository.tree import Tree

_FOLDER = re.compile(r"(?:recursed accumulation of path|couldn't make target for path) '([^']*)': ")
_NOISE = re.compile(r"(: no matches for Id .*)? \(exit code \d+\)$| &\{0x[0-9a-f]+[^}]*\}")
_FILE = re.compile(
    r"^accumulating (?:resources|components): accumulation err='(?:accumulating|merging) resources from '(?P<name>[^']*)': "
    r"(?P<cause>.*)': must build at directory: '(?P<path>[^']*)'",
    re.DOTALL,
)
_TOKENS = (
    re.compile(r"Go struct field (?:\w+\.)+(\w+) of type"),
    re.compile(r"""["'`]([^"'`]+)["'`]"""),
    re.compile(r"\w+\.[\w\[\].]*?/([\w.-]+?)\.\[?\w+\]?"),  # the name in an id such as Deployment.v1.apps/web.[noNs]
    re.compile(r"(?:name|source|path:?|sources:?) \[?([^\s:,\]]+)"),
)
_CHANGES = ("patches", "patchesJson6902", "patchesStrategicMerge", "replacements", "transformers")


def explain(tree: Tree, overlay: Overlay, message: str) -> tuple[str, Place]:
    """The cause in kustomize's own words, and the line that it is about as far as the words tell."""
    folder, cause = overlay.path, " ".join(message.removeprefix("Error: ").split())
    cause = _NOISE.sub("", cause)
    for match in _FOLDER.finditer(cause):
        folder = match[1]
    cause = _FOLDER.split(cause)[-1]
    cause = cause.removesuffix('"') if cause.count('"') % 2 else cause  # of a quotation that began before the folder
    kustomization = kustomization_in(folder, tree.files) or tree.kustomization(overlay) or overlay.kustomization
    in_file = _FILE.search(cause)
    if in_file and in_file["path"] in tree.files:
        cause = in_file["cause"]
        return cause, _place(tree, [in_file["path"]], cause)
    return cause, _place(tree, [kustomization, *_changing_files(tree, kustomization)], cause)


def _changing_files(tree: Tree, kustomization: str) -> Iterator[str]:
    for edge in tree.graph.edges.get(kustomization, ()):
        if edge.field in _CHANGES and edge.target in tree.files:
            yield edge.target


def _place(tree: Tree, files: list[str], cause: str) -> Place:
    """The first line of the files that names what the cause names; the first file's beginning where none does."""
    texts = {file: tree.text(file).splitlines() for file in files if file in tree.files}
    for pattern in _TOKENS:
        for token in pattern.findall(cause):
            word = re.compile(rf"(?<![\w.-]){re.escape(token)}(?![\w-])")
            for file, lines in texts.items():
                for number, line in enumerate(lines, start=1):
                    if word.search(line):
                        return Place(file, number)
    return Place(files[0], 1)
