"""Globs as waivers have them: which of many may match a name, and whether one matches all that another does."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from functools import lru_cache

_SPECIAL = re.compile(r"[*?\[\]]")
# A glob as ``fnmatch`` takes it apart: a set, which "]" may begin and "!" turns round, or one sign.
_TOKEN = re.compile(r"\[!?\]?[^\]]*\]|.", re.DOTALL)


def beginning(glob: str) -> str:
    """What every name that the glob matches begins with."""
    return _SPECIAL.split(glob, maxsplit=1)[0]


def ending(glob: str) -> str:
    """What every name that the glob matches ends with."""
    return _SPECIAL.split(glob)[-1]


class GlobIndex:
    """Globs by what they begin with, or else end with: of ten thousand only those that may match a name need be tried."""

    def __init__(self) -> None:
        self._names: dict[str, list[int]] = defaultdict(list)
        self._by_beginning: dict[str, list[int]] = defaultdict(list)
        self._by_ending: dict[str, list[int]] = defaultdict(list)

    def add(self, globs: Iterable[str], number: int) -> None:
        """Enters the globs of the thing with this number."""
        for glob in globs:
            start = beginning(glob)
            if start == glob:
                self._names[glob].append(number)
            elif start:
                self._by_beginning[start].append(number)
            else:
                self._by_ending[ending(glob)].append(number)

    def matching(self, name: str) -> set[int]:
        """The numbers of the things one of whose globs may match the name."""
        return {*self._names.get(name, ()), *self._candidates(name, name)}

    def containing(self, glob: str) -> set[int]:
        """The numbers of the things one of whose globs may match all that this one does."""
        return {*self._names.get(glob, ()), *self._candidates(beginning(glob), ending(glob))}

    def _candidates(self, start: str, end: str) -> Iterator[int]:
        for length in range(1, len(start) + 1 if self._by_beginning else 0):
            yield from self._by_beginning.get(start[:length], ())
        for length in range(len(end) + 1 if self._by_ending else 0):
            yield from self._by_ending.get(end[len(end) - length :], ())


@lru_cache(maxsize=65536)
def contains(wide: str, narrow: str) -> bool:
    """Whether the glob ``wide`` surely matches whatever ``narrow`` does; of two sets of signs this is only said when alike."""
    if wide == narrow or not _SPECIAL.search(narrow):
        return wide == narrow or fnmatchcase(narrow, wide)
    outer, inner = _TOKEN.findall(wide), _TOKEN.findall(narrow)
    # The columns of a table: what of `outer` can have been used up when the first signs of `inner` have.
    reached = _through_stars({0}, outer)
    for sign in inner:
        after = set()
        for index in reached:
            if index < len(outer) and outer[index] == "*":
                after.add(index)
            elif index < len(outer) and sign != "*" and _takes(outer[index], sign):
                after.add(index + 1)
        reached = _through_stars(after, outer)
        if not reached:
            return False
    return len(outer) in reached


def _through_stars(reached: set[int], outer: list[str]) -> set[int]:
    """With the places behind stars that stand for nothing."""
    found = set(reached)
    for index, sign in enumerate(outer):
        if sign == "*" and index in found:
            found.add(index + 1)
    return found


def _takes(outer: str, inner: str) -> bool:
    """Whether one sign of a glob takes whatever another one takes."""
    if outer in (inner, "?"):
        return True
    if len(outer) == 1 or len(inner) != 1 or inner == "?":
        return False
    return fnmatchcase(inner, outer)
