"""Whatever stands in a file, the tool says something about it; it never fails itself."""

import copy
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.conftest import FIXTURES, Lint, lay_over

JUNK: list[Any] = [
    None, 5, -1.5, True, "", "x", "a b/c%", "../../..", "$(x)", "kind: X\nmetadata: 5\n", [], {}, [1], [[{}]], [None],
    {"a": 1}, {"name": 5}, {"metadata": None}, {"path": ["x"]}, [{"name": "web"}],
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


@pytest.mark.parametrize("seed", range(40))
def test_a_spoiled_file_is_no_bug_of_ours(seed: int, platform: Path, run_lint: Lint) -> None:
    chance = random.Random(seed)
    lay_over(platform, FIXTURES / "defects" / "custom-kind-misspelt-field")
    lay_over(platform, FIXTURES / "defects" / "unused-waiver")
    file = chance.choice(sorted(platform.rglob("*.yaml")))
    text = file.read_text(encoding="utf-8")
    if chance.random() < 0.1:
        file.write_text(text[: chance.randrange(len(text))], encoding="utf-8")
    else:
        file.write_text(yaml.safe_dump(spoiled(yaml.safe_load(text), chance)), encoding="utf-8")
    assert run_lint(platform, use_cache=True).findings  # the two defects at least, unless they are what was spoiled
