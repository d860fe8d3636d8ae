"""The adapter to Trivy: what it hands over, and what it keeps away from it."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from gitops.adapters import trivy as adapter
from gitops.adapters.image_layout import Layout
from gitops.adapters.trivy import Trivy, TrivyFailed
from gitops.adapters.trivy_program import TrivyProgram
from gitops.models.scanning import Fault
from tests.support.images import Contents, image
from tests.support.trivy_db import ADVISORIES, Database

EXPECTED = {one.id for one in ADVISORIES if one.source != "debian 12"}


@pytest.fixture
def trivy(pinned_trivy: TrivyProgram, tmp_path: Path) -> Trivy:
    return Trivy(pinned_trivy, tmp_path / "scratch")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    made = image()
    return Layout(made.write_layout(tmp_path / "layout"), next(iter(made.blobs)), None)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return Database().write(tmp_path / "database")


def found(trivy: Trivy, layout: Layout, database: Path) -> set[str]:
    return {one.id for one in trivy.scan(trivy.sbom(layout), database)[1].vulnerabilities}


def test_nothing_of_the_users_own_configuration_hides_a_finding(
    trivy: Trivy, layout: Layout, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "trivy.yaml").write_text("severity: [LOW]\nvulnerability:\n  ignore-unfixed: true\n", encoding="utf-8")
    (tmp_path / ".trivyignore").write_text("CVE-2026-1002\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name, value in (("SEVERITY", "LOW"), ("IGNORE_UNFIXED", "true"), ("CACHE_DIR", "/nowhere"), ("SKIP_DIRS", "**/app")):
        monkeypatch.setenv(f"TRIVY_{name}", value)
    assert found(trivy, layout, database) == EXPECTED


def test_no_credential_reaches_it(
    trivy: Trivy, layout: Layout, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "telling"
    script.write_text(
        f'#!/bin/sh\n{{ echo "$*"; env; }} >> "{tmp_path}/told"\nexec "{trivy._program}" "$@"\n', encoding="utf-8"
    )
    script.chmod(0o755)
    for name, value in (("DARE_REGISTRY_PASSWORD", "s3cr3t"), ("TRIVY_PASSWORD", "s3cr3t"), ("DOCKER_CONFIG", "/s3cr3t")):
        monkeypatch.setenv(name, value)
    assert found(Trivy(TrivyProgram(script, "0.76.0"), tmp_path / "scratch"), layout, database) == EXPECTED
    told = (tmp_path / "told").read_text(encoding="utf-8")
    assert "--offline-scan" in told
    assert "s3cr3t" not in told


def test_a_database_that_nobody_may_write_to_is_enough(trivy: Trivy, layout: Layout, database: Path) -> None:
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in database.iterdir()}
    for path in (*database.iterdir(), database):
        path.chmod(path.stat().st_mode & ~0o222)
    assert found(trivy, layout, database) == EXPECTED
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in database.iterdir()} == before


def test_nothing_stays_behind(trivy: Trivy, layout: Layout, database: Path, tmp_path: Path) -> None:
    assert found(trivy, layout, database)
    assert list((tmp_path / "scratch").iterdir()) == []


def test_what_a_killed_run_left_behind_goes_away_a_day_later(trivy: Trivy, tmp_path: Path) -> None:
    for name, hours in (("trivy-old", 25), ("trivy-new", 23), ("render-old", 25)):
        folder = tmp_path / "scratch" / name
        folder.mkdir(parents=True)
        os.utime(folder, (time.time() - hours * 3600,) * 2)
    trivy.tidy()
    assert {path.name for path in (tmp_path / "scratch").iterdir()} == {"trivy-new", "render-old"}


def test_an_sbom_of_another_image_is_a_failure(trivy: Trivy, layout: Layout, tmp_path: Path) -> None:
    other = image(Contents(release="3.19.1")).write_layout(tmp_path / "other")
    with pytest.raises(TrivyFailed, match="does not say that it is that of the image") as failure:
        trivy.sbom(Layout(other, layout.config, None))
    assert failure.value.fault is Fault.UNREADABLE


def test_an_image_that_is_none_is_a_failure(trivy: Trivy, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(TrivyFailed, match=r"Trivy failed: .*unable to") as failure:
        trivy.sbom(Layout(tmp_path / "empty", "", None))
    assert failure.value.fault is Fault.FAILED


def test_a_trivy_that_does_not_end_is_stopped(
    layout: Layout, tmp_path: Path, fake_program: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_program("DARE_TRIVY", "exec sleep 300")
    monkeypatch.setattr(adapter, "SBOM_LIMIT", 0.2)
    with pytest.raises(TrivyFailed, match=r"did not end within 0.2 s and was stopped; run it again") as failure:
        Trivy(TrivyProgram(Path(os.environ["DARE_TRIVY"]), "0.76.0"), tmp_path / "scratch").sbom(layout)
    assert failure.value.fault is Fault.STALLED


def test_a_trivy_that_is_not_there_is_a_failure(layout: Layout, tmp_path: Path) -> None:
    with pytest.raises(TrivyFailed, match="can't be started"):
        Trivy(TrivyProgram(tmp_path / "none", "0.76.0"), tmp_path / "scratch").sbom(layout)
