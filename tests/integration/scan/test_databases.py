"""The database of vulnerabilities: from a folder, from a registry, and in all the states in which it is no good."""

import gzip
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

from gitops.adapters.trivy_database import KEEP_SECONDS
from tests.integration.scan.scene import NOBODY, Scene
from tests.support.images import Contents, image
from tests.support.trivy_db import ADVISORIES, MADE, Advisory, Database, artifact_of

NEW = Advisory("CVE-2026-2001", "npm", "lodash", "4.18.0", "CRITICAL")


def spoil(database: Path, how: str) -> None:
    metadata = database / "metadata.json"
    match how:
        case "none":
            metadata.unlink()
        case "no trivy.db":
            (database / "trivy.db").unlink()
        case "empty":
            (database / "trivy.db").write_bytes(b"")
        case "cut short":
            (database / "trivy.db").write_bytes((database / "trivy.db").read_bytes()[:20000])
        case "another schema":
            Database(schema=3).write(database)
        case "no JSON":
            metadata.write_text("{", encoding="utf-8")
        case "no age":
            Database(more={"UpdatedAt": "0001-01-01T00:00:00Z"}).write(database)


@pytest.mark.parametrize(
    ("how", "reason", "says"),
    [
        ("none", "database", "metadata.json can't be read (No such file or directory); have it fetched with --db-repository"),
        ("no trivy.db", "database", "trivy.db can't be read (No such file or directory); have it fetched"),
        ("empty", "database", "is damaged: it is empty, or does not tell its age; fetch it anew"),
        ("cut short", "failed", "Trivy failed: "),
        ("another schema", "database", "has the schema version 3, and this Trivy reads 2; take the tag 2 of its registry"),
        ("no JSON", "database", "is damaged: metadata.json is no JSON; fetch it anew"),
        ("no age", "database", "is damaged: it is empty, or does not tell its age; fetch it anew"),
    ],
)
def test_a_database_that_is_no_good_is_a_failure_also_of_what_was_scanned_before(
    how: str, reason: str, says: str, scene: Scene
) -> None:
    digest = scene.push(image())
    assert scene.scan()[0] == 0
    spoil(scene.database, how)
    code, told = scene.scan("--rescan")
    assert code == 1
    assert says in told
    assert [(one.digest, one.reason) for one in scene.store.failures()] == [(digest, reason)]
    Database().write(scene.database)
    assert scene.scan()[1].startswith("scanned")  # for the failure alone
    assert scene.store.failures() == ()


def test_a_database_that_is_no_good_does_not_keep_sboms_from_being_made(scene: Scene) -> None:
    digest = scene.push(image())
    spoil(scene.database, "none")
    assert scene.scan()[0] == 1
    scene.policies(mirror=NOBODY)
    Database().write(scene.database)
    assert scene.scan()[0] == 0
    assert "CVE-2026-1004" in scene.ids(digest)


def test_what_keeps_every_image_from_being_scanned_is_told_once(scene: Scene) -> None:
    scene.push(image())
    scene.push(image(Contents(release="3.20.4")), "other", "7")
    scene.pin("newName: registry.example.org/other\n    newTag: '7'\n")
    spoil(scene.database, "none")
    code, told = scene.scan()
    assert code == 1
    assert told.count("there is no database in") == 1
    assert told.startswith(
        "failed    registry.example.org/other:7 (linux/amd64)\nfailed    registry.example.org/web:1.0 (linux"
    )
    assert told.endswith("2 images: 2 failed; Trivy 0.76.0, no database\n")


def test_an_old_database_scans_and_the_report_tells_its_age(scene: Scene) -> None:
    digest = scene.push(image())
    Database(made=MADE.replace(year=2020)).write(scene.database)
    assert scene.scan()[0] == 0
    assert scene.report(digest).scanner.database_made.year == 2020


def test_a_folder_may_be_trivys_own_cache(scene: Scene, tmp_path: Path) -> None:
    digest = scene.push(image())
    Database().write(tmp_path / "cache" / "db")
    assert scene.scan(db=("--db-folder", str(tmp_path / "cache")))[0] == 0
    assert "CVE-2026-1004" in scene.ids(digest)


def test_a_large_database_is_searched_in_all_its_depth(scene: Scene) -> None:
    """Of several thousand vulnerabilities in a tree of pages, those of our packages are found, and no other."""
    many = tuple(Advisory(f"CVE-2030-{number:06}", "alpine 3.20", f"package-{number % 97}") for number in range(5000))
    last = Advisory("CVE-2031-0001", "alpine 3.20", "zlib", "2.0-r0", "LOW")
    Database((*many, *ADVISORIES, last)).write(scene.database)
    digest = scene.push(image(Contents(packages={"package-50": "1-r0", "zlib": "1.3-r0", "package-500": "1-r0"})))
    assert scene.scan()[0] == 0
    found = {one for one in scene.ids(digest) if not one.startswith("CVE-2026")}
    assert found == {one.id for one in many if one.package == "package-50"} | {"CVE-2031-0001"}


# From a registry ------------------------------------------------------------------------------------------------------


def fetched(shared_cache: Path) -> set[str]:
    return {path.name for path in (shared_cache / "trivy").iterdir() if path.is_dir()}


def test_the_database_comes_from_a_registry_and_only_when_it_is_a_new_one(
    scene: Scene, tmp_path: Path, shared_cache: Path
) -> None:
    digest = scene.push(image())
    place = f"{scene.place}/trivy-db"
    Database().push(scene.client, place, "2", tmp_path / "first")
    code, told = scene.scan(db=("--db-repository", place))
    assert code == 0, told
    assert told.endswith("database of 2026-11-23 06:00 UTC\n")
    before = fetched(shared_cache)
    assert scene.scan(db=("--db-repository", place))[1].startswith("current")
    assert fetched(shared_cache) == before
    Database((*ADVISORIES, NEW), MADE + timedelta(hours=6)).push(scene.client, place, "2", tmp_path / "second")
    assert scene.scan(db=("--db-repository", f"{place}:2"))[1].startswith("scanned")
    assert "CVE-2026-2001" in scene.ids(digest)
    assert len(fetched(shared_cache) - before) == 1


def test_a_database_that_a_newer_one_replaced_goes_away_once_no_run_can_use_it(
    scene: Scene, tmp_path: Path, shared_cache: Path
) -> None:
    scene.push(image())
    place = f"{scene.place}/trivy-db"
    for number, hours in enumerate((1, 2)):
        made = MADE + timedelta(hours=hours)
        digest = Database(made=made).push(scene.client, place, "2", tmp_path / f"{number}")
        assert scene.scan(db=("--db-repository", place))[0] == 0
        if number == 0:
            old = shared_cache / "trivy" / digest.removeprefix("sha256:")
    assert old.is_dir()
    os.utime(old, (time.time() - KEEP_SECONDS - 60,) * 2)
    assert scene.scan(db=("--db-repository", place))[0] == 0
    assert not old.exists()


def test_a_registry_of_databases_that_is_away_leaves_the_last_one_and_says_so(scene: Scene, tmp_path: Path) -> None:
    scene.push(image())
    place, home = "db.example.org/trivy-db", scene.place
    Database().push(scene.client, f"{home}/trivy-db", "2", tmp_path / "first")
    scene.policies(mirrors={"registry.example.org": home, "db.example.org": home})
    assert scene.scan(db=("--db-repository", place))[0] == 0
    scene.policies(mirrors={"registry.example.org": home, "db.example.org": NOBODY})
    code, told = scene.scan("--rescan", db=("--db-repository", place))
    assert code == 0
    assert told.startswith("note      the database of 2026-11-23 06:00 UTC was used, since a newer can't be had: ")
    code, told = scene.scan("--rescan", db=("--db-repository", f"{place}-of-another-name"))
    assert code == 1
    assert f"the database {place}-of-another-name:2 can't be had: " in told
    assert scene.reasons() == ["database"]


@pytest.mark.parametrize("schema", [1, 3])
def test_a_fetched_database_of_another_schema_is_not_kept(
    schema: int, scene: Scene, tmp_path: Path, shared_cache: Path
) -> None:
    scene.push(image())
    digest = Database(schema=schema).push(scene.client, f"{scene.place}/db", "2", tmp_path / "other")
    code, told = scene.scan(db=("--db-repository", f"{scene.place}/db"))
    assert code == 1
    assert f"the schema version {schema}, and this Trivy reads 2" in told
    assert digest.removeprefix("sha256:") not in fetched(shared_cache)


@pytest.mark.parametrize("what", ["an image", "no packed tar", "a tar without them"])
def test_what_is_no_database_is_told(what: str, scene: Scene) -> None:
    scene.push(image())
    match what:
        case "an image":
            image().push(scene.client, f"{scene.place}/db", "2")
        case "no packed tar":
            artifact_of(b"no tar").push(scene.client, f"{scene.place}/db", "2")
        case "a tar without them":
            artifact_of(gzip.compress(bytes(10240))).push(scene.client, f"{scene.place}/db", "2")
    code, told = scene.scan(db=("--db-repository", f"{scene.place}/db"))
    assert code == 1
    assert f"the database {scene.place}/db:2 can't be had: " in told
    assert scene.reasons() == ["database"]


@pytest.mark.parametrize("db", [(), ("--db-folder", "a", "--db-repository", "b")])
def test_one_place_of_a_database_has_to_be_named(db: tuple[str, ...], scene: Scene) -> None:
    code, told = scene.scan(db=db)
    assert code == 2
    assert "either --db-repository" in told


def test_a_folder_that_is_not_there_is_a_mistake_in_the_call(scene: Scene, tmp_path: Path) -> None:
    scene.push(image())
    nowhere = tmp_path / "nowhere"
    assert scene.scan(db=("--db-folder", str(nowhere))) == (2, f"error: --db-folder: {nowhere} is no folder\n")
