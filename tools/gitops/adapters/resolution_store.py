"""Where tags of images led, and when: one file for each name, so that runs at the same time do not meet."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from gitops.adapters.cache import write_atomically
from gitops.models.errors import UserError
from gitops.models.oci import is_digest
from gitops.models.values import mapping


@dataclass(frozen=True, slots=True)
class KeptResolution:
    """Where a name (``registry/path:tag``) led at a time (UTC)."""

    image: str
    digest: str
    when: datetime


class ResolutionStore:
    """A folder of them. A damaged file counts as absent."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "tags"

    def keep_resolution(self, image: str, digest: str, when: datetime) -> None:
        """Keeps it in the place of an older one; raises ``UserError`` where nothing can be written."""
        content = {"image": image, "digest": digest, "when": when.isoformat()}
        try:
            write_atomically(self._file(image), json.dumps(content, indent=2).encode() + b"\n")
        except OSError as error:
            raise UserError(f"{self._folder} can't be written to: {error.strerror or error}") from error

    def resolution(self, image: str) -> KeptResolution | None:
        """Where a name led when it was last asked for."""
        try:
            told = mapping(json.loads(self._file(image).read_bytes()))
            when = datetime.fromisoformat(told["when"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if told.get("image") != image or not is_digest(told.get("digest")) or when.tzinfo is None:
            return None
        return KeptResolution(image, told["digest"], when)

    def _file(self, image: str) -> Path:
        return self._folder / f"{hashlib.sha256(image.encode()).hexdigest()}.json"
