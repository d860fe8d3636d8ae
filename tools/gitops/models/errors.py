"""The one tree of expected failures. Whatever is not in it is a bug and keeps its traceback."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Something that the person at the keyboard can put right: one clear line and what to do (exit code 2)."""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UserError:
    """The error for a name that does not exist, with the nearest names that do."""
    candidates = sorted(known)
    near = difflib.get_close_matches(name, candidates, n=3, cutoff=0.4) or candidates
    if not near:
        return UserError(f"unknown {kind} '{name}': this repository has none")
    return UserError(f"unknown {kind} '{name}'; did you mean {_either(near)}?")


def _either(names: list[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    if len(quoted) == 1:
        return quoted[0]
    return f"{', '.join(quoted[:-1])} or {quoted[-1]}"
