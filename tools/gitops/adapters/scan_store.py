"""What is known of images, in a folder: which manifests a digest leads to, what is in them, what is wrong with it, what failed.

Every file is written whole or not at all, as soon as something is known, so a run that ends early loses nothing and several may
share the folder. A file that is damaged counts as absent and is noted in ``damaged``.

| file | what |
|---|---|
| ``sboms/sha256/<hex>.cdx.json`` | an SBOM, by the hash of its bytes |
| ``images/<hex>.json`` | an ``ImageRecord``, by the digest of what an image's name leads to |
| ``contents/<hex>.json`` | an ``ImageContents``, by the digest of a platform's manifest |
| ``reports/<hex>.json`` | a ``ScanReport``, by the same |
| ``failures/<hex>.json`` | a ``ScanFailure``, by the hash of its subject |
"""

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

from pydantic import TypeAdapter, ValidationError

from gitops.adapters.cache import write_atomically
from gitops.models.errors import UserError
from gitops.models.scanning import ImageContents, ImageRecord, ScanFailure
from gitops.models.vulnerability import ScanReport

T = TypeVar("T")


class ScanStore:
    """``folder`` holds everything, unless ``sboms`` names another place for the SBOMs. Several threads may use it.

    What writes raises ``UserError`` where nothing can be written.
    """

    def __init__(self, folder: Path, sboms: Path | None = None) -> None:
        self.damaged: list[Path] = []
        self._sboms = (sboms or folder / "sboms") / "sha256"
        self._images = _Shelf(folder / "images", ImageRecord, lambda one: one.digest, self.damaged)
        self._contents = _Shelf(folder / "contents", ImageContents, lambda one: one.digest, self.damaged)
        self._reports = _Shelf(folder / "reports", ScanReport, lambda one: one.digest, self.damaged)
        self._failures = _Shelf(folder / "failures", ScanFailure, lambda one: one.subject, self.damaged)

    def put_sbom(self, data: bytes) -> str:
        """Keeps an SBOM; returns the hash that it is found by."""
        name = hashlib.sha256(data).hexdigest()
        _write(self._sboms / f"{name}.cdx.json", data)
        return name

    def sbom(self, name: str) -> bytes | None:
        """The SBOM with this hash, if there is one whose bytes have it."""
        path = self._sboms / f"{name}.cdx.json"
        data = _bytes(path)
        if data is not None and hashlib.sha256(data).hexdigest() != name:
            self.damaged.append(path)
            return None
        return data

    def keep_image(self, record: ImageRecord) -> None:
        self._images.put(record)

    def image(self, digest: str) -> ImageRecord | None:
        return self._images.get(digest)

    def keep_contents(self, contents: ImageContents) -> None:
        self._contents.put(contents)

    def contents(self, digest: str) -> ImageContents | None:
        return self._contents.get(digest)

    def keep_report(self, report: ScanReport) -> None:
        self._reports.put(report)

    def report(self, digest: str) -> ScanReport | None:
        return self._reports.get(digest)

    def keep_failure(self, failure: ScanFailure) -> None:
        self._failures.put(failure)

    def failure(self, subject: str) -> ScanFailure | None:
        """What failed last about a platform's manifest (by its digest), or about an image as an overlay names it."""
        return self._failures.get(subject)

    def failures(self) -> tuple[ScanFailure, ...]:
        """All of them, in the order of their subjects."""
        return tuple(sorted(self._failures, key=lambda one: (one.image, one.subject)))

    def forget_failure(self, subject: str) -> None:
        """Success takes it away."""
        self._failures.drop(subject)


class _Shelf(Generic[T]):
    """Values of one type, each in a file that is named after it."""

    def __init__(self, folder: Path, kind: type[T], key: Callable[[T], str], damaged: list[Path]) -> None:
        self._folder = folder
        self._form = TypeAdapter(kind)
        self._key = key
        self._damaged = damaged

    def put(self, value: T) -> None:
        _write(self._path(self._key(value)), self._form.dump_json(value, indent=1) + b"\n")

    def get(self, key: str) -> T | None:
        value = self._read(self._path(key))
        return value if value is not None and self._key(value) == key else None

    def drop(self, key: str) -> None:
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as error:
            raise UserError(f"{self._folder} can't be written to: {error.strerror or error}") from error

    def __iter__(self) -> Iterator[T]:
        for path in sorted(self._folder.glob("*.json")):
            value = self._read(path)
            if value is not None:
                yield value

    def _read(self, path: Path) -> T | None:
        data = _bytes(path)
        if data is None:
            return None
        try:
            value = self._form.validate_json(data)
        except ValidationError:
            value = None
        if value is None or self._path(self._key(value)) != path:
            self._damaged.append(path)
            return None
        return value

    def _path(self, key: str) -> Path:
        hexadecimal = key.removeprefix("sha256:")
        name = hexadecimal if key != hexadecimal else hashlib.sha256(key.encode()).hexdigest()
        return self._folder / f"{name}.json"


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror or error}") from error


def _write(path: Path, data: bytes) -> None:
    try:
        write_atomically(path, data)
    except OSError as error:
        raise UserError(f"{path.parent} can't be written to: {error.strerror or error}") from error
