"""Several files, replaced together or not at all."""

from pathlib import Path

import pytest

from gitops.adapters.whole_files import Change, replace_all
from gitops.models.errors import UserError


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / name for name in ("one", "two")]
    for path in paths:
        path.write_bytes(b"before")
    return paths


def test_all_are_replaced(files: list[Path]) -> None:
    replace_all(Change(path, b"before", b"after") for path in files)
    assert [path.read_bytes() for path in files] == [b"after"] * 2
    assert sorted(files[0].parent.iterdir()) == files


def test_a_file_that_somebody_else_changed_keeps_all_from_being_written(files: list[Path]) -> None:
    files[1].write_bytes(b"meanwhile")
    with pytest.raises(UserError, match="two was changed by somebody else meanwhile"):
        replace_all(Change(path, b"before", b"after") for path in files)
    assert [path.read_bytes() for path in files] == [b"before", b"meanwhile"]
    assert sorted(files[0].parent.iterdir()) == files


def test_a_file_that_is_gone_keeps_all_from_being_written(files: list[Path]) -> None:
    files[1].unlink()
    with pytest.raises(UserError, match="can't be written: No such file or directory; nothing was changed"):
        replace_all(Change(path, b"before", b"after") for path in files)
    assert [path.read_bytes() for path in files[0].parent.iterdir()] == [b"before"]
