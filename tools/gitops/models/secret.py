"""Secrets: their names, and values that nothing prints."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple, NoReturn


class SecretName(NamedTuple):
    """What makes a Secret one Secret in a cluster."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class KeyName(NamedTuple):
    """One key of a Secret."""

    secret: SecretName
    key: str

    def __str__(self) -> str:
        return f"{self.secret}:{self.key}"


class SecretValue:
    """The bytes of one key. Whatever shows it (repr, str, format, a log, a traceback) shows a mask.

    Only ``reveal`` gives the bytes out, so that a search for that name finds every place that handles them.
    """

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    def reveal(self) -> bytes:
        return self._data

    def __repr__(self) -> str:
        return "SecretValue(***)"

    __str__ = __repr__

    def __format__(self, specification: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        """In the same time whether they differ early or late."""
        return isinstance(other, SecretValue) and hmac.compare_digest(self._data, other._data)

    __hash__ = None  # type: ignore[assignment]  # a hash of a value tells about it

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret value is not written anywhere by itself")


@dataclass(frozen=True, slots=True)
class StoredSecret:
    """A Secret as it lies in a cluster or a folder.

    ``made`` tells when this repository's tool made a key, ``created`` when the Secret came to be (both UTC); ``state`` is all
    that the store needs to change this version of the Secret and no later one.
    """

    name: SecretName
    data: Mapping[str, SecretValue]
    made: Mapping[str, datetime] = field(default_factory=dict)
    created: datetime | None = None
    type: str = "Opaque"
    state: object = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class SecretChange:
    """New values for some keys of a Secret: of ``old``, or of one that is not there yet. Other keys stay as they are."""

    name: SecretName
    type: str
    data: Mapping[str, SecretValue]
    when: datetime
    old: StoredSecret | None = None


class SecretChanged(Exception):
    """Somebody else made or changed the Secret since it was read; nothing was written."""
