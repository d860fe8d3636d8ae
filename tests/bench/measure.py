"""Runs lint, diff and the shell loops on one tree and times them. The caller's ``say`` tells what is running, nothing else."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from gitops.adapters.folders import cache_folder

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
LINT = ROOT / "tools" / "lint.py"
DIFF = ROOT / "tools" / "diff.py"
LARGE = 1000  # from this number of components on, what takes minutes runs once
_LAST_WORDS = 4000
_PROGRAMS = frozenset({"DARE_KUSTOMIZE", "DARE_KUBECONFORM", "DARE_KUBE_SCORE"})

Say = Callable[[str], None]


class BenchmarkFailed(Exception):
    """A program ended in another way than it must; its figures would mean nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """One process: wall-clock seconds, and the peak memory in MiB of the largest process among it and its children."""

    seconds: float
    memory: float


@dataclass(frozen=True, slots=True)
class Tree:
    """A repository to measure.

    ``made`` is the number of components that a made one was asked for, None for the platform; ``accepted`` are the exit
    codes with which lint may end there.
    """

    name: str
    root: Path
    made: int | None
    accepted: frozenset[int]


@dataclass(slots=True)
class Measures:
    """Of one tree: the best seconds of each measure by its name, and lint's peak memory over all runs in MiB."""

    name: str
    made: int | None
    components: int = 0
    overlays: int = 0
    objects: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    memory: float = 0.0


class Bench:
    """Measures with a cache folder of its own, in which only the programs and the schemas are there from the start."""

    def __init__(self, scratch: Path, repeat: int | None, say: Say) -> None:
        """``repeat`` is the number of runs of which the best counts: None for 3, and 1 of what takes minutes."""
        self._scratch = scratch
        self._repeat = repeat
        self._say = say
        self._cache = scratch / "cache"
        self._cache.mkdir()
        (self._cache / "toolchain").symlink_to(cache_folder() / "toolchain")
        self._environment = {key: value for key, value in os.environ.items() if _is_passed_on(key)}
        self._environment["DARE_CACHE"] = str(self._cache)
        # Python itself before the shim that a version manager puts in its place: starting that is not ours to measure.
        self._environment["PATH"] = os.pathsep.join([f"{sys.base_prefix}/bin", os.environ.get("PATH", os.defpath)])

    def warm_up(self, tree: Tree) -> None:
        """Lints a small tree, so that compiled modules and schemas are there, and the files of both in the page cache."""
        self._say(f"{tree.name}: warming up")
        self._lint(tree)

    def start_up(self, command: Path) -> float:
        """Seconds until ``--help`` of a command has been printed."""
        self._say(f"{command.name} --help")
        return self._best(lambda _: self._run([str(command), "--help"], ROOT, frozenset({0})), self._repeat or 3).seconds

    def measure(self, tree: Tree, *, loops: bool) -> Measures:
        """All measures of one tree, one after the other."""
        few = self._repeat or (1 if (tree.made or 0) >= LARGE else 3)
        many = self._repeat or 3
        found = Measures(tree.name, tree.made)

        def keep(measure: str, runs: int, once: Callable[[int], Run]) -> None:
            self._say(f"{tree.name}: {measure.replace('_', ' ')}, {runs} run{'s' if runs > 1 else ''}")
            best = self._best(once, runs)
            found.seconds[measure] = best.seconds
            if not measure.startswith(("diff", "loop")):
                found.memory = max(found.memory, best.memory)

        keep("cold", few, lambda _: self._cold(tree))
        keep("warm", many, lambda _: self._lint(tree))
        base, overlay = _editable_manifest(tree.root), _editable_overlay(tree.root)
        with _restored(base) as text:
            keep("edited", many, lambda number: self._edited(tree, base, _annotated(text, number)))
        with _restored(overlay) as text:
            arguments = ["--changed-since", "HEAD"]
            keep("changed_since", many, lambda number: self._edited(tree, overlay, _all_annotated(text, number), arguments))
        scripts = self._prepare_loops(tree, found)
        for measure, script in scripts.items() if loops else ():
            keep(measure, few, partial(self._loop, tree, script))
        if tree.made is None:
            with _restored(overlay) as text:
                overlay.write_text(_all_annotated(text, 0), encoding="utf-8")
                keep("diff", few, lambda _: self._diff_anew(tree))
                keep("diff_again", many, lambda _: self._diff(tree))
        return found

    def _cold(self, tree: Tree) -> Run:
        shutil.rmtree(self._cache / "results")
        return self._lint(tree)

    def _edited(self, tree: Tree, file: Path, text: str, arguments: Sequence[str] = ()) -> Run:
        file.write_text(text, encoding="utf-8")
        return self._lint(tree, arguments)

    def _lint(self, tree: Tree, arguments: Sequence[str] = ()) -> Run:
        return self._run([str(LINT), *arguments], tree.root, tree.accepted)

    def _diff_anew(self, tree: Tree) -> Run:
        """With neither results nor the files of the other side."""
        for folder in ("results", "trees"):
            shutil.rmtree(self._cache / folder, ignore_errors=True)
        return self._diff(tree)

    def _diff(self, tree: Tree) -> Run:
        return self._run([str(DIFF)], tree.root, frozenset({0}))

    def _loop(self, tree: Tree, script: Path, _number: int) -> Run:
        return self._run(["sh", str(script)], tree.root, frozenset({0}))

    def _prepare_loops(self, tree: Tree, found: Measures) -> dict[str, Path]:
        folder = self._scratch / f"loop-{tree.root.name}"
        folder.mkdir()
        counted = subprocess.run(
            [sys.executable, str(HERE / "loop.py"), str(tree.root), str(folder)],
            env=self._environment,
            stdout=subprocess.PIPE,
            check=True,
            timeout=600,
        )
        counts = json.loads(counted.stdout)
        found.components, found.overlays, found.objects = counts["components"], counts["overlays"], counts["objects"]
        return {"loop": folder / "kubeconform.sh", "loop_with_kube_score": folder / "kube-score.sh"}

    def _best(self, once: Callable[[int], Run], runs: int) -> Run:
        """The shortest time and, since it is a bound, the highest memory."""
        done = [once(number) for number in range(runs)]
        return Run(min(run.seconds for run in done), max(run.memory for run in done))

    def _run(self, arguments: list[str], root: Path, accepted: frozenset[int]) -> Run:
        """Runs a program on the tree at ``root``; raises ``BenchmarkFailed`` for an exit code that is not ``accepted``."""
        said = self._scratch / "output.txt"
        os.sync()  # what the run before it wrote is not for this one to wait for
        with said.open("wb") as output:
            started = time.perf_counter()
            process = subprocess.Popen(
                arguments,
                cwd=root,
                env={**self._environment, "DARE_ROOT": str(root)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
            _, status, usage = os.wait4(process.pid, 0)
            seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in accepted:
            text = said.read_text(encoding="utf-8", errors="replace")[-_LAST_WORDS:]
            raise BenchmarkFailed(f"'{' '.join(arguments)}' in {root} ended with exit code {process.returncode}:\n{text}")
        return Run(seconds, usage.ru_maxrss / 1024)


def _is_passed_on(variable: str) -> bool:
    """Whether what is measured sees a variable of ours: it finds its programs and starts as from a shell, no more."""
    return variable in _PROGRAMS or not variable.startswith(("DARE_", "PYTHON"))


@contextmanager
def _restored(file: Path) -> Iterator[str]:
    """Gives the text of a file, and gives the file its text back at the end."""
    text = file.read_text(encoding="utf-8")
    try:
        yield text
    finally:
        file.write_text(text, encoding="utf-8")


def _editable_manifest(root: Path) -> Path:
    """A manifest of a base that can get an annotation: a small one, which every environment renders."""
    for file in sorted(root.glob("base/*/service*.yaml")):
        if "annotations:" not in file.read_text(encoding="utf-8"):
            return file
    raise BenchmarkFailed(f"{root} has no base/*/service*.yaml without annotations to edit")


def _annotated(text: str, number: int) -> str:
    return text.replace("\nmetadata:\n", f'\nmetadata:\n  annotations:\n    example.org/bench: "{number}"\n', 1)


def _all_annotated(text: str, number: int) -> str:
    return f'{text}commonAnnotations:\n  example.org/bench: "{number}"\n'


def _editable_overlay(root: Path) -> Path:
    """The kustomization of an overlay that can get an annotation for all its objects."""
    for file in sorted(root.glob("overlays/*/*/kustomization.yaml")):
        text = file.read_text(encoding="utf-8")
        if "commonAnnotations:" not in text and "kind: Kustomization" in text and "images:" in text:
            return file
    raise BenchmarkFailed(f"{root} has no overlay without commonAnnotations to edit")
