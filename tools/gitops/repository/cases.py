"""The cases of the rules, as their tests have them: a sound repository, what a case changes in it, what is said of it."""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

FIXTURES = "tests/fixtures"
SAID = "tests/integration/golden"
_FINDING = re.compile(r"(?P<place>\S+:\d+) (?P<rule>[A-Z]+\d{3}) (?P<level>\S+) \[[^\]]*\](?P<about>.*?): (?P<message>.*) => ")
_CONTEXT = 2
_REMOVED = "REMOVE"


@dataclass(frozen=True, slots=True)
class Sort:
    """Cases that one command judges: their folder, and the layers of the sound repository that they change, lowest first."""

    command: str
    folder: str
    sound: tuple[str, ...]


SORTS = (Sort("lint", "defects", ("platform",)), Sort("diff", "dangers", ("platform", "merges/before")))


@dataclass(frozen=True, slots=True)
class Change:
    """A file of a case: ``diff`` against the sound one, and the sound one's lines around it (none where it is new)."""

    path: str
    diff: tuple[str, ...]
    sound: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """What tests hold a rule against, and the lines that ``command`` says of it by rule: place and message, object."""

    folder: str
    command: str
    changes: tuple[Change, ...]
    removed: tuple[str, ...]
    said: dict[str, tuple[str, ...]]


def cases(root: Path) -> tuple[Case, ...]:
    """Every case of the repository that the tools stand in, by sort and name; none where it has no tests."""
    return tuple(
        _case(root, sort, path.name)
        for sort in SORTS
        if (root / FIXTURES / sort.folder).is_dir()
        for path in sorted((root / FIXTURES / sort.folder).iterdir())
    )


def _case(root: Path, sort: Sort, name: str) -> Case:
    folder = root / FIXTURES / sort.folder / name
    golden = root / SAID / sort.folder / f"{name}.txt"
    said: dict[str, tuple[str, ...]] = {}
    for line in golden.read_text(encoding="utf-8").splitlines() if golden.exists() else []:
        if found := _FINDING.match(line):
            text = (f"{found['place']}  {found['level']}  {found['message']}", f"    {found['about'].strip()}".rstrip())
            told = said.setdefault(found["rule"], ())
            if text[0] not in told:
                said[found["rule"]] = (*told, *filter(None, text))
    files = [path for path in sorted(folder.rglob("*")) if (path.is_symlink() or path.is_file()) and path.name != _REMOVED]
    listed = folder / _REMOVED
    removed = tuple(listed.read_text(encoding="utf-8").split()) if listed.exists() else ()
    sound = [root / FIXTURES / layer for layer in sort.sound]
    changes = tuple(_change(sound, file.relative_to(folder).as_posix(), file) for file in files)
    return Case(folder.relative_to(root).as_posix(), sort.command, changes, removed, said)


def _change(sound: Sequence[Path], path: str, file: Path) -> Change:
    if file.is_symlink():
        return Change(path, (f"+a symbolic link to {file.readlink()}",), ())
    before, after = _lines(next((layer / path for layer in reversed(sound) if (layer / path).is_file()), None)), _lines(file)
    diff = [line.rstrip("\n") for line in difflib.unified_diff(before, after, n=_CONTEXT, lineterm="")][2:]
    kept = [line[1:] for line in diff if line.startswith((" ", "-"))] if before else []
    return Change(path, tuple(line for line in diff if not line.startswith("@@")), tuple(kept))


def _lines(path: Path | None) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path else []
