"""Documents with one value that nobody would write on purpose."""

import copy
import random
from collections.abc import Iterator
from typing import Any

JUNK: list[Any] = [
    None, 5, -1.5, True, "", "x", "a b/c%", "../../..", "$(x)", "kind: X\nmetadata: 5\n", [], {}, [1], [[{}]], [None],
    {"a": 1}, {"name": 5}, {"metadata": None}, {"path": ["x"]}, [{"name": "web"}],
    "80", 10**30, "9" * 5000, "http://x:" + "9" * 5000, "1e999",
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from places(item, (*path, key))


def spoiled(document: Any, chance: random.Random) -> Any:
    """The document with one of its values replaced or taken away."""
    path = chance.choice(list(places(document)))
    junk = copy.deepcopy(chance.choice(JUNK))
    if not path:
        return junk
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    if chance.random() < 0.2:
        del holder[path[-1]]
    else:
        holder[path[-1]] = junk
    return document
