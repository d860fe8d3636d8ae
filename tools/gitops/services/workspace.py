"""The one place that wires a repository, its cache and its programs together."""

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gitops.adapters import toolchain
from gitops.adapters.cache import Cache, digest
from gitops.adapters.folders import cache_folder
from gitops.adapters.kubeconform import Kubeconform
from gitops.adapters.kustomize import Kustomize
from gitops.repository.facts import FactReader
from gitops.repository.tree import Tree

TOOLS = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Workspace:
    """``root`` is the tree to look at; the programs are the ones pinned beside these tools, wherever the tree is."""

    root: Path
    use_cache: bool = True

    @cached_property
    def tree(self) -> Tree:
        return Tree(self.root, FactReader(self.cache, self.tools_digest))

    @cached_property
    def cache(self) -> Cache:
        return Cache(cache_folder() / "results", enabled=self.use_cache)

    @cached_property
    def kustomize(self) -> Kustomize:
        program = toolchain.find(TOOLS.parent, "kustomize")
        return Kustomize(program.path, program.identity, self.root, self._scratch)

    @cached_property
    def kubeconform(self) -> Kubeconform:
        program = toolchain.find(TOOLS.parent, "kubeconform")
        return Kubeconform(program.path, program.identity, self._scratch)

    @property
    def schemas(self) -> Path:
        """The folder of schema catalogues: made from pinned packages, so that even a run without cache may reuse them."""
        return cache_folder() / "schemas"

    @cached_property
    def tools_digest(self) -> str:
        """A hash of the tools themselves: what they concluded yesterday is worth nothing once they changed."""
        files = sorted(path for path in (TOOLS / "gitops").rglob("*") if path.suffix in (".py", ".yaml"))
        return digest(part for path in files for part in (path.name, path.read_bytes()))

    @property
    def _scratch(self) -> Path:
        return cache_folder() / "scratch"


def default_jobs() -> int:
    """As many renders at once as there are processors for us."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
