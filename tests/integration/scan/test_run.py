"""``scan.py run``: SBOMs, reports, and which of them are made anew."""

import json
import subprocess
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.integration.conftest import ROOT
from tests.integration.scan.scene import DEBIAN, IMAGE, NAME, NOBODY, NOW, Scene
from tests.integration.test_command import NO_NETWORK
from tests.support.images import ARM64, Contents, image, index
from tests.support.trivy_db import ADVISORIES, MADE, Advisory, Database

NEW = Advisory("CVE-2026-2001", "npm", "lodash", "4.18.0", "CRITICAL")


def test_what_is_in_an_image_is_listed_and_what_is_wrong_with_it_is_told(scene: Scene) -> None:
    several = index(image(), image(DEBIAN, ARM64))
    digest, ours = scene.push(several), several.children[0].digest
    code, told = scene.scan()
    assert code == 0, told
    assert told == (
        f"scanned   {IMAGE} linux/amd64: 2 critical (1 fixable), 1 high (1 fixable), 1 medium (1 fixable), 1 low, 1 unknown; "
        "alpine 3.20.3 is not corrected any more\n\n"
        "1 image: 1 scanned; Trivy 0.76.0, database of 2026-11-23 06:00 UTC\n"
    )
    record = scene.store.image(digest)
    assert record is not None
    assert record.platforms == {"linux/amd64": ours}
    report = scene.report(ours)
    assert (report.platform, report.scanned.isoformat()) == ("linux/amd64", "2026-11-24T12:00:00+00:00")
    assert (report.scanner.name, report.scanner.version) == ("Trivy", "0.76.0")
    assert (report.scanner.database_version, report.scanner.database_made) == (2, MADE)
    assert report.built is not None
    assert report.built.isoformat() == "2026-11-01T12:00:00+00:00"
    assert report.system is not None
    assert (report.system.family, report.system.release, report.system.end_of_life) == ("alpine", "3.20.3", True)
    assert {(one.name, one.version, one.licences, one.purl.partition("?")[0]) for one in report.packages} == {
        ("openssl", "3.3.1-r0", ("MIT",), "pkg:apk/alpine/openssl@3.3.1-r0"),
        ("lodash", "4.17.4", ("MIT",), "pkg:npm/lodash@4.17.4"),
        ("Jinja2", "2.4.1", ("MIT",), "pkg:pypi/jinja2@2.4.1"),
    }
    assert {(one.id, one.severity.value, one.fixed, one.package.lower()) for one in report.vulnerabilities} == {
        (one.id, one.severity.lower() or "unknown", one.fixed, one.package) for one in ADVISORIES if one.source != "debian 12"
    }
    assert {one.published.isoformat() for one in report.vulnerabilities if one.published} == {"2026-10-01"}
    assert scene.store.sbom(report.sbom) is not None


def test_debians_packages_are_found_too(scene: Scene) -> None:
    digest = scene.push(image(DEBIAN))
    assert scene.scan()[0] == 0
    assert "CVE-2026-1003" in scene.ids(digest)
    assert "CVE-2026-1001" not in scene.ids(digest)


def test_every_platform_that_the_policy_asks_for_has_its_report(scene: Scene) -> None:
    several = index(image(), image(DEBIAN, ARM64))
    scene.push(several)
    scene.policies(platforms=["linux/amd64", "linux/arm64"])
    code, told = scene.scan("--output", "json")
    assert code == 0
    amd64, arm64 = (child.digest for child in several.children)
    found = [(one["platform"], one["digest"]) for one in json.loads(told)["scanned"]]
    assert found == [("linux/amd64", amd64), ("linux/arm64", arm64)]
    assert "CVE-2026-1003" in scene.ids(arm64)


def test_two_names_of_one_image_are_one_scan(scene: Scene) -> None:
    digest = scene.push(image())
    scene.push(image(), "other", "7")
    scene.pin("newName: registry.example.org/other\n    newTag: '7'\n")
    code, told = scene.scan("--output", "json")
    assert code == 0
    (one,) = json.loads(told)["scanned"]
    assert (one["digest"], one["images"]) == (digest, ["registry.example.org/other:7", IMAGE])


def test_only_the_named_images_are_scanned(scene: Scene) -> None:
    scene.push(image())
    scene.push(image(DEBIAN), "other", "7")
    scene.pin("newName: registry.example.org/other\n    newTag: '7'\n")
    code, told = scene.scan("--image", "*/other")
    assert code == 0
    assert told.startswith("scanned   registry.example.org/other:7 ")
    assert told.count("scanned   ") == 1
    assert scene.scan("--image", "*/otter") == (2, "error: no image that the chosen overlays name matches */otter\n")


def test_java_archives_do_not_stop_a_scan_that_is_offline(scene: Scene) -> None:
    digest = scene.push(image(Contents(files={"app/program.jar": "no archive, but named as one"})))
    assert scene.scan()[0] == 0
    assert "CVE-2026-1001" in scene.ids(digest)


def test_an_image_in_which_nothing_is_recognised_is_told(scene: Scene) -> None:
    nothing = Contents(system="", packages={}, python={}, node={}, files={"app/run": "x"})
    digest = scene.push(image(nothing, built=None))
    code, told = scene.scan()
    assert code == 0
    assert "nothing that is in it was recognised, so nothing can be known of it" in told
    report = scene.report(digest)
    assert (report.packages, report.vulnerabilities, report.system, report.built) == ((), (), None, None)


def test_an_image_that_says_nowhere_of_which_version_it_is_fails_the_run(scene: Scene) -> None:
    scene.push(image())
    scene.pin(f"newName: {NAME}\n")
    code, told = scene.scan()
    assert code == 1
    assert f"failed    {NAME}\n          it has neither tag nor digest" in told
    assert told.endswith("1 name without a version; Trivy 0.76.0, database of 2026-11-23 06:00 UTC\n")


# Again ----------------------------------------------------------------------------------------------------------------


def test_a_rescan_needs_no_registry_and_finds_what_became_known_since(scene: Scene) -> None:
    digest = scene.push(image())
    assert scene.scan()[0] == 0
    before = scene.report(digest)
    scene.policies(mirror=NOBODY)
    code, told = scene.scan()
    assert code == 0
    assert told.startswith(f"current   {IMAGE}")
    assert scene.report(digest) == before
    Database((*ADVISORIES, NEW), MADE + timedelta(hours=6)).write(scene.database)
    code, told = scene.scan("--now", "2026-11-25T12:00:00Z")
    assert code == 0
    assert told.startswith(f"scanned   {IMAGE}")
    assert scene.ids(digest) - {one.id for one in before.vulnerabilities} == {"CVE-2026-2001"}
    after = scene.report(digest)
    assert (after.sbom, after.scanned.isoformat()) == (before.sbom, "2026-11-25T12:00:00+00:00")


@NO_NETWORK
def test_a_rescan_needs_no_network_at_all(scene: Scene) -> None:
    digest = scene.push(image())
    assert scene.scan()[0] == 0
    Database((*ADVISORIES, NEW), MADE + timedelta(hours=6)).write(scene.database)
    done = subprocess.run(
        ["unshare", "-rn", ROOT / "tools" / "scan.py", "run", "--now", NOW, "--db-folder", str(scene.database)],
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done
    assert "CVE-2026-2001" in scene.ids(digest)


@pytest.mark.parametrize(
    ("arguments", "state"),
    [
        ((), "current"),
        (("--rescan",), "scanned"),
        (("--now", "2026-11-27T11:59:00Z", "--older-than", "3"), "current"),
        (("--now", "2026-11-27T12:01:00Z", "--older-than", "3"), "scanned"),
    ],
)
def test_a_report_is_made_anew_when_that_is_asked_for(arguments: tuple[str, ...], state: str, scene: Scene) -> None:
    scene.push(image())
    assert scene.scan()[0] == 0
    assert scene.scan(*arguments)[1].startswith(f"{state:9} {IMAGE}")


def test_an_older_database_makes_nothing_anew(scene: Scene) -> None:
    digest = scene.push(image())
    assert scene.scan()[0] == 0
    Database((), MADE - timedelta(days=1)).write(scene.database)
    assert scene.scan()[1].startswith("current")
    assert scene.ids(digest)


def test_another_scanner_makes_everything_anew(scene: Scene) -> None:
    digest = scene.push(image())
    assert scene.scan()[0] == 0
    kept = scene.report(digest)
    scene.store.keep_report(replace(kept, scanner=replace(kept.scanner, version="0.75.0"), vulnerabilities=()))
    assert scene.scan()[1].startswith("scanned")
    assert scene.report(digest) == kept


def test_a_damaged_report_counts_as_absent_and_is_told(scene: Scene) -> None:
    digest = scene.push(image())
    assert scene.scan()[0] == 0
    file = scene.root / "build" / "images" / "reports" / f"{digest.removeprefix('sha256:')}.json"
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    code, told = scene.scan()
    assert code == 0
    assert f"note      {file} is damaged and counts as absent" in told
    assert file.read_bytes() == whole


def test_an_sbom_whose_bytes_have_changed_is_made_anew(scene: Scene) -> None:
    digest = scene.push(image())
    sboms = scene.root / "elsewhere"
    assert scene.scan("--sbom-store", str(sboms))[0] == 0
    (file,) = (sboms / "sha256").iterdir()
    file.write_bytes(file.read_bytes().replace(b"lodash", b"harmls"))
    code, told = scene.scan("--sbom-store", str(sboms))
    assert code == 0
    assert f"note      {file} is damaged and counts as absent" in told
    assert told.count("scanned   ") == 1
    assert "CVE-2026-1004" in scene.ids(digest)
    assert not (scene.root / "build" / "images" / "sboms").exists()
