"""The store of what is known of images."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from gitops.adapters.scan_store import ScanStore
from gitops.models.errors import UserError
from gitops.models.oci import digest_of
from gitops.models.scanning import ImageContents, ImageRecord
from tests.unit.adapters.scans_by_hand import DIGEST, FAILURE, NOW, OTHER, REPORT, UNRESOLVED


def test_what_is_kept_is_found_again_as_it_was(tmp_path: Path) -> None:
    store = ScanStore(tmp_path)
    record = ImageRecord(DIGEST, "application/vnd.oci.image.index.v1+json", {"linux/amd64": OTHER})
    contents = ImageContents(OTHER, "linux/amd64", "cd" * 32, NOW)
    bare = replace(REPORT, digest=OTHER, built=None, system=None, packages=(), vulnerabilities=())
    for one in (REPORT, bare):
        store.keep_report(one)
    store.keep_image(record)
    store.keep_contents(contents)
    again = ScanStore(tmp_path)
    assert (again.report(DIGEST), again.report(OTHER)) == (REPORT, bare)
    assert (again.image(DIGEST), again.contents(OTHER)) == (record, contents)
    assert (again.image(OTHER), again.contents(DIGEST), again.report(digest_of(b""))) == (None, None, None)
    assert again.damaged == []


def test_an_sbom_is_found_by_its_bytes(tmp_path: Path) -> None:
    store = ScanStore(tmp_path, tmp_path / "sboms of all")
    name = store.put_sbom(b"{}")
    assert (tmp_path / "sboms of all" / "sha256" / f"{name}.cdx.json").read_bytes() == b"{}"
    assert ScanStore(tmp_path, tmp_path / "sboms of all").sbom(name) == b"{}"
    assert ScanStore(tmp_path).sbom(name) is None


def test_a_later_failure_takes_the_place_of_the_earlier_and_success_that_of_both(tmp_path: Path) -> None:
    store = ScanStore(tmp_path)
    later = replace(FAILURE, image="quay.io/z/z:1", reason="failed")
    for one in (UNRESOLVED, FAILURE, later):
        store.keep_failure(one)
    assert store.failures() == (UNRESOLVED, later)
    assert (store.failure(DIGEST), store.failure("quay.io/a/c:1"), store.failure("quay.io/a/b:1")) == (later, UNRESOLVED, None)
    store.forget_failure(DIGEST)
    store.forget_failure(DIGEST)
    assert store.failures() == (UNRESOLVED,)


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: data[: len(data) // 2], id="cut short"),
        pytest.param(lambda data: data.replace(b'"critical"', b'"apocalyptic"'), id="a severity that nobody knows"),
        pytest.param(lambda data: data.replace(DIGEST.encode(), OTHER.encode()), id="of another digest"),
        pytest.param(lambda data: b"[1]", id="something else"),
        pytest.param(lambda data: b"\xff", id="no text"),
    ],
)
def test_a_damaged_file_counts_as_absent_and_is_noted_and_can_be_replaced(tmp_path: Path, damage: object) -> None:
    ScanStore(tmp_path).keep_report(REPORT)
    (path,) = (tmp_path / "reports").iterdir()
    path.write_bytes(damage(path.read_bytes()))  # type: ignore[operator]
    store = ScanStore(tmp_path)
    assert store.report(DIGEST) is None
    assert store.damaged == [path]
    store.keep_report(REPORT)
    assert store.report(DIGEST) == REPORT


def test_a_damaged_failure_does_not_hide_the_others(tmp_path: Path) -> None:
    store = ScanStore(tmp_path)
    store.keep_failure(FAILURE)
    (path,) = (tmp_path / "failures").iterdir()
    store.keep_failure(UNRESOLVED)
    path.write_bytes(b"{")
    assert store.failures() == (UNRESOLVED,)
    assert store.damaged == [path]


def test_an_sbom_of_other_bytes_is_damaged(tmp_path: Path) -> None:
    store = ScanStore(tmp_path)
    name = store.put_sbom(b"{}")
    (path,) = (tmp_path / "sboms" / "sha256").iterdir()
    path.write_bytes(b"[]")
    assert store.sbom(name) is None
    assert store.damaged == [path]


def test_many_writers_leave_a_whole_file(tmp_path: Path) -> None:
    stores = [ScanStore(tmp_path) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda store: [store.keep_report(REPORT) for _ in range(20)], stores))
        seen = list(pool.map(lambda store: store.report(DIGEST), stores))
    assert seen == [REPORT] * 8
    assert len(list((tmp_path / "reports").iterdir())) == 1


def test_a_half_written_file_of_a_killed_run_is_nothing(tmp_path: Path) -> None:
    store = ScanStore(tmp_path)
    store.keep_failure(FAILURE)
    (tmp_path / "failures" / ".new-x1").write_bytes(b"{")
    assert store.failures() == (FAILURE,)
    assert store.damaged == []


def test_files_can_be_read_by_people_and_other_programs(tmp_path: Path) -> None:
    ScanStore(tmp_path).keep_report(REPORT)
    (path,) = (tmp_path / "reports").iterdir()
    told = json.loads(path.read_bytes())
    assert path.name == f"{DIGEST.removeprefix('sha256:')}.json"
    assert (told["scanned"], told["vulnerabilities"][0]["severity"]) == ("2026-11-24T12:00:00Z", "critical")


def test_a_folder_that_can_not_be_written_to_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = ScanStore(tmp_path / "file")
    for write in (
        lambda: store.keep_report(REPORT),
        lambda: store.put_sbom(b"{}"),
        lambda: store.keep_failure(FAILURE),
    ):
        with pytest.raises(UserError, match=r"can't be written to: (Not a directory|File exists)"):
            write()
