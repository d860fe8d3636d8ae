"""What one kustomization file refers to, and where.

Fields: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/ and ``types.Kustomization`` of
sigs.k8s.io/kustomize/api v0.21.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from gitops.repository.documents import Node

FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")

FIELDS = frozenset(
    [
        "apiVersion",
        "kind",
        "metadata",
        "openapi",
        "namePrefix",
        "nameSuffix",
        "namespace",
        "commonLabels",
        "labels",
        "commonAnnotations",
        "patchesStrategicMerge",
        "patchesJson6902",
        "patches",
        "images",
        "imageTags",
        "replacements",
        "replicas",
        "vars",
        "sortOptions",
        "resources",
        "components",
        "crds",
        "bases",
        "configMapGenerator",
        "secretGenerator",
        "generatorOptions",
        "configurations",
        "generators",
        "transformers",
        "validators",
        "buildMetadata",
        "helmCharts",
        "helmChartInflationGenerator",
        "helmGlobals",
    ]
)

# Entries that are a path (to a file, a folder or a repository), or YAML written in place.
_PATHS = ("resources", "components", "bases", "crds", "configurations")
_PATHS_OR_INLINE = ("generators", "transformers", "validators", "patchesStrategicMerge")
_ENTRIES_WITH_PATH = ("patches", "patchesJson6902", "replacements")
_GENERATORS = ("configMapGenerator", "secretGenerator")

_ADDRESS = re.compile(r"^[a-z][a-z0-9+.-]*:(:|//)|^[\w.-]+@[\w.-]+:|\?(ref|version)=")
_NAMED_STEP = re.compile(r"\[[^\]=]*=(?P<value>[^\]]*)\]")
_HOST_AND_PATH = re.compile(r"^([\w-]+\.)+[a-z]{2,}(:\d+)?/")


class Reference(NamedTuple):
    """One mention of something outside the file: under which field, as written, at which line."""

    field: str
    target: str
    line: int


def is_remote(reference: Reference) -> bool:
    """Whether kustomize would fetch the target once it is no local path: a URL, an scp-like address, ``host.tld/path``."""
    if reference.target.startswith(("./", "../")):
        return False
    may_be_folder = reference.field in ("resources", "components", "bases")
    return bool(_ADDRESS.search(reference.target) or (may_be_folder and _HOST_AND_PATH.search(reference.target)))


def is_inline(text: str) -> bool:
    """Whether an entry that may be a path is YAML or JSON written in place."""
    return "\n" in text or text.lstrip().startswith("{")


def unknown_fields(root: Node) -> list[tuple[str, int]]:
    """Top-level fields that kustomize does not know, with their lines."""
    return [(str(key), line) for key, line in root.key_lines.items() if key not in FIELDS]


def references(root: Node) -> list[Reference]:
    """Everything that the kustomization reads, as it names it, in the order of the file."""
    return sorted(_references(root), key=lambda reference: reference.line)


def open_names(root: Node) -> Iterator[tuple[str, int]]:
    """Steps like ``[name=web]`` in the targets of replacements, with their lines.

    kustomize looks for such a value as a regular expression anywhere in the element's own: this one finds ``web-2`` too.
    ``root`` is a kustomization, or a file that one names under ``replacements``.
    """
    listed = root.items["replacements"].items.values() if "replacements" in root.items else root.items.values()
    for entry in listed if isinstance(root.value, list) or "replacements" in root.items else [root]:
        for target in _entries(entry, "targets"):
            for path in _texts(target, "fieldPaths", "replacements"):
                for step in _NAMED_STEP.finditer(path.target):
                    if not (step["value"].startswith("^") and step["value"].endswith("$")):
                        yield step[0], path.line


def _references(root: Node) -> Iterator[Reference]:
    for name in _PATHS:
        yield from _texts(root, name, name)
    for name in _PATHS_OR_INLINE:
        yield from (reference for reference in _texts(root, name, name) if not is_inline(reference.target))
    for name in _ENTRIES_WITH_PATH:
        for entry in _entries(root, name):
            yield from _text(entry, "path", name)
    for name in _GENERATORS:
        for entry in _entries(root, name):
            yield from _generator_files(entry, name)
    if "openapi" in root.items:
        yield from _text(root.items["openapi"], "path", "openapi")
    for name in ("helmCharts", "helmChartInflationGenerator"):
        for entry in _entries(root, name):
            yield from _text(entry, "valuesFile", name)
            yield from _texts(entry, "additionalValuesFiles", name)


def _generator_files(entry: Node, name: str) -> Iterator[Reference]:
    for reference in _texts(entry, "files", name):
        key, equals, path = reference.target.partition("=")
        yield reference._replace(target=path if equals else key)
    yield from _texts(entry, "envs", name)
    yield from _text(entry, "env", name)


def _entries(node: Node, name: str) -> Iterator[Node]:
    listed = node.items.get(name)
    if listed is not None and isinstance(listed.value, list):
        yield from listed.items.values()


def _texts(node: Node, name: str, field: str) -> Iterator[Reference]:
    for entry in _entries(node, name):
        if isinstance(entry.value, str):
            yield Reference(field, entry.value, entry.line)


def _text(node: Node, name: str, field: str) -> Iterator[Reference]:
    entry = node.items.get(name)
    if entry is not None and isinstance(entry.value, str):
        yield Reference(field, entry.value, entry.line)
