"""Writes the shell loops that lint is compared with, and counts what they render.

A process of its own, run as ``loop.py ROOT FOLDER`` once lint has filled the cache: what it reads would otherwise count as
memory of the processes that the benchmark starts later, since Linux hands the high-water mark on.
"""

import json
import shlex
import sys
from pathlib import Path

from gitops.adapters import toolchain
from gitops.adapters.kubeconform import SCHEMA_LAYOUT
from gitops.launch import ROOT
from gitops.models.environment import Environment
from gitops.repository.catalogue import Catalogue
from gitops.repository.crds import is_crd
from gitops.repository.rendering import RenderedEnvironment, Renderer
from gitops.services.workspace import Workspace

# What a person would write. The list has an overlay and its schemas in each line: the schemas that lint itself uses, so that
# both check the same offline, and each environment against its own Kubernetes.
_KUBECONFORM = """\
while read -r overlay schemas; do
  {kustomize} build "$overlay" | {kubeconform} -strict -summary -schema-location "$schemas"
done <{folder}/overlays.txt >/dev/null 2>&1
exit 0
"""
_KUBE_SCORE = """\
while read -r overlay schemas; do
  {kustomize} build "$overlay" >{folder}/render.yaml
  {kubeconform} -strict -summary -schema-location "$schemas" {folder}/render.yaml
  {kube_score} score {folder}/render.yaml
done <{folder}/overlays.txt >/dev/null 2>&1
exit 0
"""


def main(root: Path, folder: Path) -> None:
    """Writes ``overlays.txt``, ``kubeconform.sh`` and ``kube-score.sh`` into ``folder``, and the counts to standard output."""
    workspace = Workspace(root)
    renderer = Renderer(workspace.tree, workspace.kustomize, workspace.cache, jobs=1)
    rendered = renderer.render(workspace.tree.environments.values(), lambda: None)
    lines = [line for environment in rendered for line in _lines(workspace, environment)]
    (folder / "overlays.txt").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    programs = {name.replace("-", "_"): _program(name) for name in ("kustomize", "kubeconform", "kube-score")}
    for name, script in (("kubeconform", _KUBECONFORM), ("kube-score", _KUBE_SCORE)):
        (folder / f"{name}.sh").write_text(script.format(folder=shlex.quote(str(folder)), **programs), encoding="utf-8")
    objects = sum(len(list(environment.resources)) for environment in rendered)
    json.dump({"components": len(workspace.tree.components), "overlays": len(lines), "objects": objects}, sys.stdout)


def _lines(workspace: Workspace, rendered: RenderedEnvironment) -> list[str]:
    crds = [resource.body for resource in rendered.resources if is_crd(resource.body)]
    schemas = Catalogue(_kubernetes(rendered.environment), crds, workspace.schemas).folder
    return [f"{overlay.path} {schemas}/{SCHEMA_LAYOUT}" for overlay in rendered.environment.overlays]


def _kubernetes(environment: Environment) -> str:
    """The newest version of an environment; a person's loop would not check two."""
    return environment.kubernetes_versions[-1]


def _program(name: str) -> str:
    return shlex.quote(str(toolchain.find(Path(ROOT), name).path))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
