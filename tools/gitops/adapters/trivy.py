"""Trivy: lists what is in an image, and says what is known to be wrong with it.

It decides nothing, it fetches nothing, and it heeds no configuration but what is said here: a file ``trivy.yaml`` or
``.trivyignore`` or a variable of the environment could have it leave out findings without a word.

Exit codes (measured with 0.76): 0, also with findings; 1 for whatever goes wrong; 2 for a panic. Since no ``--exit-code`` is
asked for, any other end than 0 is a failure, whatever it has written before.
"""

import contextlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from gitops.adapters import command
from gitops.adapters.image_layout import Layout
from gitops.adapters.trivy_program import TrivyProgram
from gitops.adapters.trivy_report import Answer, Sbom, Unreadable, read_report, read_sbom
from gitops.models.scanning import Fault

SBOM_LIMIT = 1800.0  # seconds; an image may be gigabytes large
SCAN_LIMIT = 300.0

_OFFLINE = ("--skip-db-update", "--skip-java-db-update", "--offline-scan", "--skip-version-check", "--disable-telemetry")
_UNCONFIGURED = ("--config", "", "--ignorefile", "")
# Each call keeps what it finds to itself: several run at once, and Trivy's own cache of files is for one at a time.
_CALL = (*_OFFLINE, *_UNCONFIGURED, "--cache-backend", "memory")
# Offline, Trivy wants an index of Java archives to be there, and looks nothing up in it (pkg/dependency/parser/java/jar).
_JAVA_INDEX = {"Version": 1, "NextUpdate": "2000-01-01T00:00:00Z", "UpdatedAt": "2000-01-01T00:00:00Z"}
_FATAL = re.compile(r"^\S*\s*FATAL\s+(?:Fatal error\s+)?(?:run error: )?(.*)\Z", re.MULTILINE | re.DOTALL)
_LONGEST = 400
_LEFT_BEHIND = 24 * 3600  # seconds after which a folder of a call can only be that of a run that was killed
_SCRATCH = "trivy-"

Arguments = list[str | Path]


class TrivyFailed(Exception):
    """Trivy gave no answer that can be used; ``message`` says what it said, and what to do."""

    def __init__(self, fault: Fault, message: str) -> None:
        super().__init__(message)
        self.fault = fault
        self.message = message


class Trivy:
    """One process per call; several threads may call it. ``scratch`` takes what lives as long as a call."""

    def __init__(self, program: TrivyProgram, scratch: Path) -> None:
        self.version = program.version
        self._program = program.path
        self._scratch = scratch

    @contextlib.contextmanager
    def folder(self) -> Iterator[Path]:
        """An empty folder for one call and what it needs, gone afterwards."""
        self._scratch.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self._scratch, prefix=_SCRATCH) as name:
            yield Path(name)

    def tidy(self) -> None:
        """Takes away what runs left behind that were killed; it may be as large as images."""
        for folder in self._scratch.glob(f"{_SCRATCH}*"):
            with contextlib.suppress(OSError):
                if time.time() - folder.stat().st_mtime > _LEFT_BEHIND:
                    shutil.rmtree(folder, ignore_errors=True)

    def sbom(self, layout: Layout) -> bytes:
        """The SBOM (CycloneDX) of an image; raises ``TrivyFailed``."""
        with self.folder() as folder:
            _prepare(folder, None)
            file = folder / "sbom.cdx.json"
            self._run(
                ["image", *_CALL, "--format", "cyclonedx", "--output", file, "--input", layout.folder], folder, SBOM_LIMIT
            )
            data = _written(file)
        if read(data).image != layout.config:
            raise TrivyFailed(Fault.UNREADABLE, "Trivy's SBOM does not say that it is that of the image; run it again")
        return data

    def scan(self, sbom: bytes, database: Path) -> tuple[Sbom, Answer]:
        """What the database (a folder with trivy.db and metadata.json) knows of what an SBOM lists; raises ``TrivyFailed``."""
        listed = read(sbom)
        with self.folder() as folder:
            _prepare(folder, database)
            given, file = folder / "sbom.cdx.json", folder / "report.json"
            given.write_bytes(sbom)
            arguments: Arguments = ["--scanners", "vuln", "--format", "json", "--output", file, given]
            self._run(["sbom", *_CALL, *arguments], folder, SCAN_LIMIT)
            data = _written(file)
        try:
            return listed, read_report(data, listed)
        except Unreadable as error:
            raise TrivyFailed(
                Fault.UNREADABLE, f"Trivy's report is not what it should be ({error}); run it again, or with another version"
            ) from None

    def _run(self, arguments: Arguments, folder: Path, limit: float) -> None:
        """Runs it in a folder without configuration. Should this process be killed, Trivy's own time limit ends it."""
        try:
            command.run(
                [self._program, *arguments, "--cache-dir", folder / "cache", "--timeout", f"{limit:.0f}s"],
                limit=limit,
                cwd=folder,
                environment=_environment(folder),
            )
        except command.CommandTimedOut:
            raise TrivyFailed(Fault.STALLED, f"Trivy did not end within {limit:g} s and was stopped; run it again") from None
        except command.CommandFailed as error:
            if error.returncode is not None and error.returncode < 0:
                how = f"Trivy was killed by signal {-error.returncode}"
                raise TrivyFailed(Fault.KILLED, f"{how}; run it again, with fewer --jobs where memory is short") from None
            raise TrivyFailed(Fault.FAILED, f"Trivy failed: {_said(error.message)}") from None


def read(sbom: bytes) -> Sbom:
    """What an SBOM says; raises ``TrivyFailed``."""
    try:
        return read_sbom(sbom)
    except Unreadable as error:
        raise TrivyFailed(Fault.UNREADABLE, f"Trivy's SBOM is not what it should be ({error}); run it again") from None


def _prepare(folder: Path, database: Path | None) -> None:
    """A cache folder for Trivy: the database, if one is needed, by a link, and an empty index of Java archives."""
    java = folder / "cache" / "java-db"
    java.mkdir(parents=True)
    (java / "metadata.json").write_text(json.dumps(_JAVA_INDEX), encoding="utf-8")
    (java / "trivy-java.db").touch()
    if database:
        (folder / "cache" / "db").symlink_to(database.absolute(), target_is_directory=True)


def _environment(folder: Path) -> dict[str, str | None]:
    """Nothing of the caller's that Trivy would heed, and no credential: it needs none."""
    ours = {name: None for name in os.environ if name.startswith(("TRIVY_", "DARE_REGISTRY"))}
    return {**ours, "DOCKER_CONFIG": str(folder / "none"), "REGISTRY_AUTH_FILE": None}


def _written(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise TrivyFailed(
            Fault.UNREADABLE, f"Trivy ended well and wrote nothing that can be read ({error.strerror}); run it again"
        ) from error


def _said(message: str) -> str:
    """The last words of Trivy's log, in one line: what comes before them tells how far it got, and each cause the next."""
    found = _FATAL.search(message)
    text = " ".join((found[1] if found else message).split())
    return text if len(text) <= _LONGEST else f"… {text[-_LONGEST:]}"
