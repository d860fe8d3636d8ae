"""What the uses of ``tools/secrets.py`` result in; values are in none of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gitops.models.secret import KeyName, SecretName


class State(StrEnum):
    """Whether a key is there; unknown without a cluster to ask."""

    UNKNOWN = "unknown"
    PRESENT = "present"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class PlannedKey:
    """A key: the way in which it is made, in one word and in a sentence, and its state."""

    name: str
    way: str
    how: str
    state: State
    made: datetime | None


@dataclass(frozen=True, slots=True)
class PlannedSecret:
    """A Secret with the component that declares it and those that read it, or copy from it."""

    name: SecretName
    type: str
    why: str
    component: str
    readers: tuple[str, ...]
    keys: tuple[PlannedKey, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """All Secrets of an environment; ``place`` is what they were compared with, None for nothing."""

    environment: str
    place: str | None
    secrets: tuple[PlannedSecret, ...]


class Verb(StrEnum):
    """What happens to a key."""

    KEEP = "keep"
    MAKE = "make"
    REMAKE = "remake"  # it is there, and gets a new value
    WAIT = "wait"  # it can't be made, or rotated, in this run
    DIFFERS = "differs"  # it is there, and is not what it is to be made of
    LEAVE = "leave"  # it is not there, and a program of the cluster makes it


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to one key, and why where that is not plain."""

    key: KeyName
    verb: Verb
    note: str = ""

    @property
    def changes(self) -> bool:
        return self.verb in (Verb.MAKE, Verb.REMAKE)

    @property
    def done(self) -> bool:
        """Whether nothing is left to do for the key after this run."""
        return self.verb not in (Verb.WAIT, Verb.DIFFERS)


@dataclass(frozen=True, slots=True)
class Generation:
    """What a run did to each key, or with ``dry_run`` would do."""

    environment: str
    place: str
    dry_run: bool
    steps: tuple[Step, ...]

    @property
    def complete(self) -> bool:
        """Whether every key is there now, as it is to be."""
        return all(step.done for step in self.steps)


class Fault(StrEnum):
    """What can be wrong with a Secret."""

    MISSING_SECRET = "missing-secret"  # noqa: S105 - a kind of fault
    MISSING_KEY = "missing-key"
    EXTRA_KEY = "extra-key"
    UNDECLARED = "undeclared"
    OTHER_TYPE = "other-type"
    DIFFERS = "differs"
    OLD = "old"


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """One thing that is wrong, and what to do."""

    fault: Fault
    secret: SecretName
    key: str | None
    message: str
    fix: str


@dataclass(frozen=True, slots=True)
class AuditedKey:
    """A declared key: whether it is there, and since when (None: not known)."""

    name: KeyName
    present: bool
    made: datetime | None


@dataclass(frozen=True, slots=True)
class Audit:
    """All keys, and what is wrong with them."""

    environment: str
    place: str
    keys: tuple[AuditedKey, ...]
    findings: tuple[AuditFinding, ...]
