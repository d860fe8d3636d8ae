"""Writes the repositories that are measured: made ones of any size, and a copy of the platform.

``template/`` is a whole repository with one component, ``sample``. A made repository has that component as often as wanted,
each time under another name; two runs with one size write the same bytes.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from gitops.models.approval import Approval, Approvals
from gitops.repository.approvals import text_of, write
from gitops.repository.pins import read_pins

TEMPLATE = Path(__file__).parent / "template"
ENVIRONMENTS = ("production", "testbed")
FOLDERS = ("base", "overlays", "clusters", "policies")
_SAMPLE = "sample"
_DEPENDS = "dependsOn: [namespaces]"
# A strategic merge patch makes kustomize read its whole OpenAPI document: such an overlay takes several times as long as one
# with pins and counts alone. The platform has none, another repository some; here it is every tenth production overlay.
_PATCH = "patches:\n  - path: deployment.yaml\n"
_PATCH_FILE = Path("overlays", "production", _SAMPLE, "deployment.yaml")
_PATCHED = 10
_MADE = "2026-01-01T00:00:00Z"
_APPROVAL = {
    "platforms": {"linux/amd64": f"sha256:{'0' * 64}"},
    "scanned": _MADE,
    "scanner": {"name": "Trivy", "version": "0.76.0", "databaseVersion": 2, "databaseMade": _MADE},
    "vulnerabilities": {},
    "verdict": "approved",
    "validUntil": "9999-12-31",
}
# Whatever the user's own git is set to, a commit here neither signs nor runs a hook, and starts no work in the background.
_GIT_SETTINGS = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
_GIT = ("git", "-c", "user.name=bench", "-c", "user.email=bench@example.org", "-c", "gc.auto=0", "-c", "maintenance.auto=false")


def generate(folder: Path, components: int) -> None:
    """Writes a repository of ``components`` components beside ``namespaces``, each with an overlay per environment."""
    shutil.copytree(TEMPLATE, folder, ignore=shutil.ignore_patterns(_SAMPLE))
    sources = [TEMPLATE / "base" / _SAMPLE, *(TEMPLATE / "overlays" / name / _SAMPLE for name in ENVIRONMENTS)]
    texts = {
        path.relative_to(TEMPLATE): path.read_text(encoding="utf-8")
        for source in sources
        for path in sorted(source.rglob("*"))
        if path.is_file()
    }
    for number in range(components):
        name = component_name(number)
        for place, text in texts.items():
            if place == _PATCH_FILE and not _is_patched(number):
                continue
            path = folder / str(place).replace(_SAMPLE, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_filled(text, number), encoding="utf-8")
    for environment in ENVIRONMENTS:
        _approve(folder, environment)


def _approve(folder: Path, environment: str) -> None:
    """Approves what the overlays pin: they would not be clean without."""
    kustomizations = sorted(folder.glob(f"overlays/{environment}/{_SAMPLE}-*/kustomization.yaml"))
    pins = [pin for file in kustomizations for pin in read_pins(file.read_text(encoding="utf-8"), str(file))]
    found = tuple(
        Approval.model_validate({**_APPROVAL, "image": pin.new_name, "tag": pin.new_tag, "digest": pin.digest})
        for pin in pins
        if pin.digest
    )
    write(folder, environment, text_of(Approvals(approvals=found)))


def copy_platform(root: Path, folder: Path) -> None:
    """Copies what the linter reads of the repository at ``root``, so that edits and commits here never touch it."""
    for name in FOLDERS:
        if (root / name).is_dir():
            shutil.copytree(root / name, folder / name, symlinks=True)


def commit(folder: Path) -> None:
    """Makes a git repository of a folder, with everything in one commit."""
    for arguments in (["init", "--quiet", "--initial-branch=main"], ["add", "--all"], ["commit", "--quiet", "--message=All"]):
        subprocess.run([*_GIT, *arguments], cwd=folder, env={**os.environ, **_GIT_SETTINGS}, check=True, timeout=600)


def component_name(number: int) -> str:
    """``sample-0007``."""
    return f"{_SAMPLE}-{number:04d}"


def _is_patched(number: int) -> bool:
    return number % _PATCHED == _PATCHED - 1


def _filled(text: str, number: int) -> str:
    """The text for one component. Each depends on the one of half its number: no chain is longer than a real one."""
    depends = f"dependsOn: [namespaces, {component_name(number // 2)}]" if number else _DEPENDS
    text = text if _is_patched(number) else text.replace(_PATCH, "")
    return text.replace(_SAMPLE, component_name(number)).replace(_DEPENDS, depends)


if __name__ == "__main__":
    generate(Path(sys.argv[1]), int(sys.argv[2]))
