"""Image references, by the grammar of the Docker distribution project (``reference`` package)."""

import re
from dataclasses import dataclass, replace

from gitops.models.errors import UserError

DEFAULT_REGISTRY = "docker.io"
DEFAULT_NAMESPACE = "library"
MAX_NAME = 255

_ALPHANUMERIC = r"[a-z0-9]+"
_SEPARATOR = r"(?:[._]|__|-+)"
_COMPONENT = rf"{_ALPHANUMERIC}(?:{_SEPARATOR}{_ALPHANUMERIC})*"
_LABEL = r"(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])"
_TAG = r"[\w][\w.-]{0,127}"
_ALGORITHM = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*"

_REGISTRY = re.compile(rf"{_HOST}(?::[0-9]+)?", re.ASCII)
_PATH = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*", re.ASCII)
_TAG_ONLY = re.compile(_TAG, re.ASCII)
_DIGEST = re.compile(rf"{_ALGORITHM}:[0-9a-fA-F]{{32,}}", re.ASCII)
_IMAGE_ID = re.compile(r"[a-f0-9]{64}")
_HEX_LENGTH = {"sha256": 64, "sha384": 96, "sha512": 128}


class InvalidImageReference(UserError):
    """The text is no image reference."""


@dataclass(frozen=True, slots=True)
class ImageReference:
    """``registry/path:tag@digest``; registry and path are always present, as a container runtime fills them in.

    ``registry`` may carry a port, ``path`` holds one or more components (``library/redis``), ``tag`` and ``digest``
    are None where the text has none. Source: https://github.com/distribution/reference (grammar and familiar names).
    """

    registry: str
    path: str
    tag: str | None = None
    digest: str | None = None

    @classmethod
    def parse(cls, text: str) -> "ImageReference":
        """Reads a reference as a container runtime does; raises ``InvalidImageReference``."""
        rest, at, digest = text.partition("@")
        if at and not _is_digest(digest):
            raise InvalidImageReference(f"image '{text}': '{digest}' is no digest (algorithm:hex, sha256 has 64 digits)")
        name, colon, tag = rest.rpartition(":")
        if not colon or "/" in tag:
            name, tag = rest, ""
        elif not _TAG_ONLY.fullmatch(tag):
            raise InvalidImageReference(f"image '{text}': '{tag}' is no tag (up to 128 of A-Z a-z 0-9 _ . -)")
        registry, path = _split_registry(name)
        if not _REGISTRY.fullmatch(registry):
            raise InvalidImageReference(f"image '{text}': '{registry}' is no registry host")
        if not _PATH.fullmatch(path):
            raise InvalidImageReference(f"image '{text}': '{path}' is no repository path (lower case, digits, . _ - /)")
        if _IMAGE_ID.fullmatch(name):
            raise InvalidImageReference(f"image '{text}': 64 hexadecimal digits are an image id, not a name")
        if len(path) > MAX_NAME:
            raise InvalidImageReference(f"image '{text}': the repository path is longer than {MAX_NAME} characters")
        return cls(registry, path, tag or None, digest or None)

    @property
    def repository(self) -> str:
        """Registry and path, without tag and digest."""
        return f"{self.registry}/{self.path}"

    @property
    def effective_tag(self) -> str | None:
        """The tag that a runtime pulls: ``latest`` where neither tag nor digest is given."""
        return self.tag or (None if self.digest else "latest")

    def pinned(self, digest: str) -> "ImageReference":
        """The same reference with this digest; raises ``InvalidImageReference`` for a malformed one."""
        if not _is_digest(digest):
            raise InvalidImageReference(f"'{digest}' is no digest")
        return replace(self, digest=digest)

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.repository}{tag}{digest}"


def _split_registry(name: str) -> tuple[str, str]:
    """A first component with a dot, a port, an upper-case letter or ``localhost`` is a registry; any other a path."""
    first, slash, rest = name.partition("/")
    if slash and (first == "localhost" or first.lower() != first or any(mark in first for mark in ".:[")):
        registry, path = first, rest
    else:
        registry, path = DEFAULT_REGISTRY, name
    if registry == "index.docker.io":
        registry = DEFAULT_REGISTRY
    if registry == DEFAULT_REGISTRY and "/" not in path:
        path = f"{DEFAULT_NAMESPACE}/{path}"
    return registry, path


def _is_digest(text: str) -> bool:
    if not _DIGEST.fullmatch(text):
        return False
    algorithm, _, encoded = text.partition(":")
    return len(encoded) == _HEX_LENGTH.get(algorithm) and encoded == encoded.lower()
