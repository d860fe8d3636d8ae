"""The cases of the rules, as their tests have them: a sound repository, what a defect changes in it, what lint says of it."""

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SOUND = "tests/fixtures/platform"
DEFECTS = "tests/fixtures/defects"
SAID = "tests/integration/golden/defects"
_FINDING = re.compile(r"(?P<place>\S+:\d+) (?P<rule>[A-Z]+\d{3}) (?P<level>\S+) \[[^\]]*\](?P<about>.*?): (?P<message>.*) => ")
_CONTEXT = 2
_REMOVED = "REMOVE"


@dataclass(frozen=True, slots=True)
class Change:
    """A file of a defect: ``diff`` against the sound one, and the sound one's lines around it (none where it is new)."""

    path: str
    diff: tuple[str, ...]
    sound: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """A defect that tests hold a rule against, and the lines that lint says of it by rule: place and message, object."""

    name: str
    changes: tuple[Change, ...]
    removed: tuple[str, ...]
    said: dict[str, tuple[str, ...]]


def cases(root: Path) -> tuple[Case, ...]:
    """Every defect of the repository that the tools stand in, by name; none where it has no tests."""
    folder = root / DEFECTS
    return tuple(_case(root, path) for path in sorted(folder.iterdir())) if folder.is_dir() else ()


def _case(root: Path, defect: Path) -> Case:
    golden = root / SAID / f"{defect.name}.txt"
    said: dict[str, tuple[str, ...]] = {}
    for line in golden.read_text(encoding="utf-8").splitlines() if golden.exists() else []:
        if found := _FINDING.match(line):
            text = (f"{found['place']}  {found['level']}  {found['message']}", f"    {found['about'].strip()}".rstrip())
            told = said.setdefault(found["rule"], ())
            if text[0] not in told:
                said[found["rule"]] = (*told, *filter(None, text))
    files = [path for path in sorted(defect.rglob("*")) if (path.is_symlink() or path.is_file()) and path.name != _REMOVED]
    listed = defect / _REMOVED
    removed = tuple(listed.read_text(encoding="utf-8").split()) if listed.exists() else ()
    return Case(defect.name, tuple(_changes(root / SOUND, defect, files)), removed, said)


def _changes(sound: Path, defect: Path, files: list[Path]) -> Iterator[Change]:
    for file in files:
        path = file.relative_to(defect).as_posix()
        if file.is_symlink():
            yield Change(path, (f"+a symbolic link to {file.readlink()}",), ())
            continue
        before, after = _lines(sound / path), _lines(file)
        diff = [line.rstrip("\n") for line in difflib.unified_diff(before, after, n=_CONTEXT, lineterm="")][2:]
        kept = [line[1:] for line in diff if line.startswith((" ", "-"))] if before else []
        yield Change(path, tuple(line for line in diff if not line.startswith("@@")), tuple(kept))


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.is_file() else []
