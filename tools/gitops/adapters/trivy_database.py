"""Trivy's database of vulnerabilities: in a folder that somebody brings, or fetched from a registry and kept.

It is hundreds of megabytes large and made anew several times a day. It is fetched when the registry has another one, held
against its digest, into the cache folder; older ones go away. In a registry it is an artefact of one layer, a packed tar.
Source: https://trivy.dev/docs/latest/configuration/db/, https://github.com/aquasecurity/trivy-db (``pkg/metadata``)
"""

import contextlib
import gzip
import hashlib
import json
import os
import shutil
import tarfile
import time
import zlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from gitops.adapters.cache import write_atomically
from gitops.adapters.registry import Registry, RegistryFailed
from gitops.models.errors import UserError
from gitops.models.image import ImageReference
from gitops.models.oci import Manifest, is_digest
from gitops.models.values import mapping

SCHEMA = 2
"""The only schema version that Trivy 0.76 reads; it is also the tag under which registries keep such databases."""
_FILES = ("trivy.db", "metadata.json")
_LAYER = "application/vnd.aquasec.trivy.db.layer.v1.tar+gzip"
_LARGEST = 16 * 1024**3  # bytes of a file, unpacked; today's database has one
KEEP_SECONDS = 2 * 24 * 3600  # of a database that a newer one replaced: another run may still use it


class DatabaseFailed(Exception):
    """There is no database that can be used; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Database:
    """A folder with trivy.db and metadata.json; ``made`` is when its makers made it (UTC), ``source`` where it came from.

    ``note`` tells why it is not the newest; empty where it is.
    """

    folder: Path
    version: int
    made: datetime
    source: str
    note: str = ""


def in_folder(folder: Path) -> Database:
    """The database in a folder, or in its folder ``db`` as Trivy's own cache has it.

    Raises ``UserError`` where there is no such folder, ``DatabaseFailed`` where no database that can be used is in it.
    """
    if not folder.is_dir():
        raise UserError(f"--db-folder: {folder} is no folder")
    nested = folder / "db"
    return _read(nested if (nested / "metadata.json").exists() else folder, str(folder))


def _read(folder: Path, source: str) -> Database:
    try:
        told = mapping(json.loads((folder / "metadata.json").read_bytes()))
        size = (folder / "trivy.db").stat().st_size
    except OSError as error:
        name = Path(str(error.filename)).name
        what = f"there is no database in {source}: {name} can't be read ({error.strerror})"
        raise DatabaseFailed(f"{what}; have it fetched with --db-repository, or unpack one there") from None
    except ValueError:
        raise DatabaseFailed(f"the database {source} is damaged: metadata.json is no JSON; fetch it anew") from None
    version, made = told.get("Version"), _time(told.get("UpdatedAt"))
    if type(version) is not int or version != SCHEMA:
        what = f"the database {source} has the schema version {version}, and this Trivy reads {SCHEMA}"
        raise DatabaseFailed(f"{what}; take the tag {SCHEMA} of its registry, or another version of Trivy")
    if made is None or not size:
        raise DatabaseFailed(f"the database {source} is damaged: it is empty, or does not tell its age; fetch it anew")
    return Database(folder, version, made, source)


def _time(told: object) -> datetime | None:
    """A time as Go writes it; its zero time stands for: nobody knows."""
    try:
        when = datetime.fromisoformat(told) if isinstance(told, str) else None
    except ValueError:
        return None
    return when.astimezone(UTC) if when and when.tzinfo and when.year > 1 else None


def _unpack(packed: Path, folder: Path, source: str) -> None:
    """Takes the two files out of a packed tar, and nothing else."""
    folder.mkdir()
    try:
        with tarfile.open(packed, "r:gz") as tar:
            for entry in tar:
                content = tar.extractfile(entry) if entry.name in _FILES and entry.isreg() else None
                if content and entry.size <= _LARGEST:
                    with (folder / entry.name).open("wb") as file:
                        shutil.copyfileobj(content, file, 1024 * 1024)
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise DatabaseFailed(f"{source} is no database of Trivy's: it can't be unpacked ({error})") from None
    except OSError as error:
        raise UserError(f"{folder} can't be written: {error.strerror or error}") from error


class DatabaseStore:
    """Databases that were fetched, each in a folder of the digest under which its registry has it."""

    def __init__(self, folder: Path, registry: Registry) -> None:
        self._folder = folder
        self._registry = registry

    def fetch(self, reference: str) -> Database:
        """The database that ``registry/path[:tag]`` leads to now; the tag is the schema's version where there is none.

        Where that can't be had, the one that it led to last, with a note; raises ``DatabaseFailed`` where there is none, and
        ``UserError`` for what is no reference.
        """
        image = ImageReference.parse(reference)
        if not image.tag and not image.digest:
            image = replace(image, tag=str(SCHEMA))
        try:
            manifest = self._registry.manifest(image)
            database = self._kept(image, manifest.digest) or self._download(image, manifest)
        except (RegistryFailed, DatabaseFailed) as error:
            return self._last(image, str(error))
        self._remember(image, manifest.digest)
        self._prune(database.folder)
        return database

    def _download(self, image: ImageReference, manifest: Manifest) -> Database:
        target = self._place(manifest.digest)
        target.parent.mkdir(parents=True, exist_ok=True)
        layers = () if manifest.is_index else manifest.layers
        if [one.media_type for one in layers] != [_LAYER]:
            raise DatabaseFailed(f"{image} is no database of Trivy's; correct its name")
        with TemporaryDirectory(dir=target.parent, prefix=".new-") as scratch:
            packed, fetched = Path(scratch) / "packed", Path(scratch) / "db"
            self._registry.save_blob(image.repository, layers[0], packed)
            _unpack(packed, fetched, str(image))
            _read(fetched, str(image))  # before it takes the place where the next run looks
            with contextlib.suppress(OSError):  # another run was faster
                fetched.replace(target)
        return _read(target, str(image))

    def _kept(self, image: ImageReference, digest: str) -> Database | None:
        try:
            return _read(self._place(digest), str(image))
        except DatabaseFailed:
            shutil.rmtree(self._place(digest), ignore_errors=True)
            return None

    def _last(self, image: ImageReference, why: str) -> Database:
        try:
            digest = mapping(json.loads(self._pointer(image).read_bytes())).get("digest")
        except (OSError, ValueError):
            digest = None
        kept = self._kept(image, str(digest)) if is_digest(digest) else None
        if kept is None:
            raise DatabaseFailed(f"the database {image} can't be had: {why}")
        return replace(kept, note=f"the database of {kept.made:%Y-%m-%d %H:%M} UTC was used, since a newer can't be had: {why}")

    def _remember(self, image: ImageReference, digest: str) -> None:
        write_atomically(self._pointer(image), json.dumps({"image": str(image), "digest": digest}).encode() + b"\n")

    def _prune(self, current: Path) -> None:
        """Takes away what no run has used for two days."""
        with contextlib.suppress(OSError):
            os.utime(current)
            for folder in self._folder.iterdir():
                if folder.is_dir() and folder != current and time.time() - folder.stat().st_mtime > KEEP_SECONDS:
                    shutil.rmtree(folder, ignore_errors=True)

    def _place(self, digest: str) -> Path:
        return self._folder / digest.partition(":")[2]

    def _pointer(self, image: ImageReference) -> Path:
        return self._folder / f"{hashlib.sha256(str(image).encode()).hexdigest()}.json"
