"""The cache folder."""

import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from gitops.adapters.cache import KEEP_SECONDS, Cache, Pack, digest, write_atomically
from gitops.adapters.folders import cache_folder

KEY = digest(["a key"])


def _entry(folder: Path, kind: str = "renders", key: str = KEY) -> Path:
    return folder / kind / key[:2] / key


@pytest.mark.parametrize("value", [[], {}, 0, "", [1, "a", None, {"b": [True, 1.5]}], {"ü": "€😀"}], ids=str)
def test_what_was_put_is_got(tmp_path: Path, value: Any) -> None:
    Cache(tmp_path).put("renders", KEY, value)
    assert Cache(tmp_path).get("renders", KEY) == value


def test_a_later_value_replaces_the_earlier(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put("renders", KEY, 1)
    cache.put("renders", KEY, 2)
    assert cache.get("renders", KEY) == 2


def test_nothing_is_got_for_another_key_or_kind(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    cache.put("renders", KEY, 1)
    assert cache.get("renders", digest(["another"])) is None
    assert cache.get("schemas", KEY) is None


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: data[:-1], id="cut short"),
        pytest.param(lambda data: data.replace(b"one", b"two"), id="changed"),
        pytest.param(lambda data: data.partition(b"\n")[2], id="without its checksum"),
        pytest.param(lambda data: b"\xff" + data, id="no text"),
        pytest.param(lambda data: digest([KEY, b"{"]).encode() + b"\n{", id="no JSON, though its checksum is right"),
    ],
)
def test_a_damaged_entry_counts_as_absent_and_can_be_replaced(tmp_path: Path, damage: Any) -> None:
    cache = Cache(tmp_path)
    cache.put("renders", KEY, ["one"])
    entry = _entry(tmp_path)
    entry.write_bytes(damage(entry.read_bytes()))
    assert cache.get("renders", KEY) is None
    cache.put("renders", KEY, ["again"])
    assert cache.get("renders", KEY) == ["again"]


def test_an_entry_written_for_another_key_counts_as_absent(tmp_path: Path) -> None:
    cache, other = Cache(tmp_path), digest(["another"])
    cache.put("renders", KEY, 1)
    _entry(tmp_path, key=other).parent.mkdir(exist_ok=True)
    _entry(tmp_path).rename(_entry(tmp_path, key=other))
    assert cache.get("renders", other) is None


def test_a_cache_that_is_off_neither_reads_nor_writes(tmp_path: Path) -> None:
    Cache(tmp_path).put("renders", KEY, 1)
    off = Cache(tmp_path, enabled=False)
    assert off.get("renders", KEY) is None
    off.put("renders", KEY, 2)
    assert Cache(tmp_path).get("renders", KEY) == 1


def test_a_cache_that_can_not_be_written_to_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    cache = Cache(tmp_path / "file")
    cache.put("renders", KEY, 1)
    assert cache.get("renders", KEY) is None


def test_many_writers_of_one_entry_leave_a_whole_one(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    values = [[number] * 5000 for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda value: cache.put("renders", KEY, value), values))
        seen = list(pool.map(lambda _: cache.get("renders", KEY), range(40)))
    assert all(value in values for value in seen)
    assert [path.name for path in _entry(tmp_path).parent.iterdir()] == [KEY]


# Pruning --------------------------------------------------------------------------------------------------------------


def _age(path: Path, seconds: float) -> None:
    then = time.time() - seconds
    os.utime(path, (then, then))


def _aged(folder: Path, *keys: str) -> Cache:
    """A cache with entries that nobody used for a month."""
    cache = Cache(folder)
    for key in keys:
        cache.put("renders", key, 1)
        _age(_entry(folder, key=key), KEEP_SECONDS + 60)
    return cache


def test_what_nobody_used_for_long_goes_and_what_was_read_stays(tmp_path: Path) -> None:
    read, old, new = KEY, digest(["old"]), digest(["new"])
    cache = _aged(tmp_path, read, old)
    assert cache.get("renders", read) == 1
    cache.put("renders", new, 1)
    cache.prune()
    assert [cache.get("renders", key) for key in (read, old, new)] == [1, None, 1]


def test_pruning_waits_a_day(tmp_path: Path) -> None:
    Cache(tmp_path / "other").prune()
    cache = _aged(tmp_path)
    cache.prune()
    _aged(tmp_path, KEY).prune()
    assert _entry(tmp_path).exists()
    _age(tmp_path / ".pruned", 25 * 3600)
    cache.prune()
    assert not _entry(tmp_path).exists()


def test_a_cache_that_is_off_or_was_never_written_is_not_pruned(tmp_path: Path) -> None:
    _aged(tmp_path, KEY)
    Cache(tmp_path, enabled=False).prune()
    Cache(tmp_path / "nowhere").prune()
    assert _entry(tmp_path).exists()


# Packs ----------------------------------------------------------------------------------------------------------------


def test_a_pack_keeps_what_runs_put_into_it(tmp_path: Path) -> None:
    for name in ("a", "b"):
        pack = Pack(Cache(tmp_path), "facts", KEY)
        pack.put(name, [name])
        pack.save()
    pack = Pack(Cache(tmp_path), "facts", KEY)
    assert [pack.get(name) for name in ("a", "b", "c")] == [["a"], ["b"], None]


def test_a_pack_is_written_only_when_it_is_saved_with_something_new(tmp_path: Path) -> None:
    pack = Pack(Cache(tmp_path), "facts", KEY)
    pack.save()
    pack.put("a", 1)
    assert Cache(tmp_path).get("facts", KEY) is None
    pack.save()
    assert Cache(tmp_path).get("facts", KEY) == {"a": 1}


def test_of_a_pack_that_grew_too_large_only_what_was_used_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Cache(tmp_path).put("facts", KEY, {"old": 1, "used": 2})
    monkeypatch.setattr(Pack, "LARGEST", 2)
    pack = Pack(Cache(tmp_path), "facts", KEY)
    assert pack.get("used") == 2
    pack.put("new", 3)
    pack.save()
    assert Cache(tmp_path).get("facts", KEY) == {"used": 2, "new": 3}


def test_a_pack_of_another_shape_counts_as_empty(tmp_path: Path) -> None:
    Cache(tmp_path).put("facts", KEY, [1])
    assert Pack(Cache(tmp_path), "facts", KEY).get("a") is None


# Writing --------------------------------------------------------------------------------------------------------------


def test_a_file_is_written_with_its_folders(tmp_path: Path) -> None:
    write_atomically(tmp_path / "a" / "b", b"x")
    assert (tmp_path / "a" / "b").read_bytes() == b"x"


def test_a_write_that_fails_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"before")

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        write_atomically(target, b"after")
    assert target.read_bytes() == b"before"
    assert list(tmp_path.iterdir()) == [target]


# Digests and the folder -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [(["ab", "c"], ["a", "bc"]), (["a"], ["a", ""]), ([], [""]), (["a", "b"], ["b", "a"]), (["1:a"], ["1", "a"])],
    ids=str,
)
def test_no_two_lists_of_parts_have_one_digest(one: list[str], other: list[str]) -> None:
    assert digest(one) != digest(other)


def test_text_and_its_bytes_have_one_digest() -> None:
    assert digest(["ü"]) == digest(["ü".encode()])


@pytest.mark.parametrize(
    ("variables", "folder"),
    [
        ({"DARE_CACHE": "/one", "XDG_CACHE_HOME": "/two"}, "/one"),
        ({"DARE_CACHE": "", "XDG_CACHE_HOME": "/two"}, "/two/dare-gitops"),
        ({"XDG_CACHE_HOME": "", "HOME": "/home/me"}, "/home/me/.cache/dare-gitops"),
    ],
    ids=["our variable", "XDG", "home"],
)
def test_the_folder_is_the_users_choice(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], folder: str) -> None:
    monkeypatch.delenv("DARE_CACHE", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert cache_folder() == Path(folder)


def test_a_relative_folder_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DARE_CACHE", "here")
    assert cache_folder() == tmp_path / "here"
