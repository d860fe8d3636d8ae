"""What differs between two states of the repository, as its clusters will see it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from gitops.models.environment import ClusterFolder, Environment
from gitops.models.finding import Finding
from gitops.models.paths import JsonPath
from gitops.models.resource import Overlay, Resource

HIDDEN = "(hidden)"


class Absent:
    """What stands where a value is not there: null is a value."""

    def __repr__(self) -> str:
        return "absent"


ABSENT = Absent()


class FieldChange(NamedTuple):
    """One value that differs. ``label`` is its place as a person reads it, the paths lead to it in either body.

    ``old`` or ``new`` is ``ABSENT`` where the value came or went; ``hidden`` says that both must not be shown.
    """

    label: str
    old_path: JsonPath
    new_path: JsonPath
    old: Any
    new: Any
    hidden: bool = False

    @property
    def reversed(self) -> "FieldChange":
        """The same difference, seen from the other side."""
        return FieldChange(self.label, self.new_path, self.old_path, self.new, self.old, self.hidden)


class ChangeKind(StrEnum):
    """What happens to an object."""

    ADDED = "added"
    REMOVED = "removed"
    RENAMED = "renamed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class ObjectChange:
    """An object before and after; at least one of both is there.

    ``fields`` is empty for what was added or removed; ``body`` is the whole object then, without what must not be shown.
    ``generated`` says that nothing but a hash of the content makes the two names differ.
    """

    old: Resource | None
    new: Resource | None
    fields: tuple[FieldChange, ...] = ()
    body: Any = None
    generated: bool = False

    @property
    def kind(self) -> ChangeKind:
        if self.old is None:
            return ChangeKind.ADDED
        if self.new is None:
            return ChangeKind.REMOVED
        same = self.generated or self.old.identity == self.new.identity
        return ChangeKind.CHANGED if same else ChangeKind.RENAMED

    @property
    def subject(self) -> Resource:
        """The object as it will be, or as it was where it goes."""
        either = self.new or self.old
        assert either is not None  # noqa: S101 - a difference of nothing is none
        return either

    @property
    def name(self) -> str:
        """``Deployment dare/web``, with its old name where that was another."""
        if self.old and self.old.name != self.subject.name:
            return f"{self.old.identity} → {self.subject.name}"
        return str(self.subject.identity)

    @property
    def moved(self) -> tuple[Overlay, Overlay] | None:
        """The overlays that it goes from and to, where these are two."""
        if self.old is None or self.new is None or self.old.overlay == self.new.overlay:
            return None
        return self.old.overlay, self.new.overlay

    @property
    def sort_key(self) -> tuple[str, ...]:
        identity = self.subject.identity
        return (self.subject.overlay.component, identity.kind, identity.namespace, identity.name, identity.group)


class ImageMove(NamedTuple):
    """An image that changes; None where it comes or goes. ``moved`` names its parts that differ, ``users`` the objects."""

    old: str | None
    new: str | None
    moved: tuple[str, ...]
    users: tuple[str, ...]


class ReplicaChange(NamedTuple):
    """How many pods a workload asks for; None where it comes or goes."""

    workload: str
    old: int | None
    new: int | None


class CapacityChange(NamedTuple):
    """What a namespace asks for more, or less where negative: pods, cores, and bytes of memory and of claims."""

    namespace: str
    pods: int
    cpu: Decimal
    memory: Decimal
    memory_limit: Decimal
    storage: Decimal


class Arrival(StrEnum):
    """When a cluster gets to see a change."""

    MERGE = "on merge"
    RELEASE = "with the next release"


@dataclass(frozen=True, slots=True)
class Delivery:
    """What reaches one cluster at one time. ``cluster`` is None for an environment that no cluster runs.

    ``revisions`` are the two states that are compared, in words; ``gone`` and ``fresh`` the overlays that only one of them has.
    """

    environment: Environment
    cluster: ClusterFolder | None
    arrival: Arrival
    revisions: tuple[str, str]
    objects: tuple[ObjectChange, ...]
    images: tuple[ImageMove, ...] = ()
    replicas: tuple[ReplicaChange, ...] = ()
    capacity: tuple[CapacityChange, ...] = ()
    gone: tuple[Overlay, ...] = ()
    fresh: tuple[Overlay, ...] = ()

    @property
    def name(self) -> str:
        return self.cluster.name if self.cluster else self.environment.name

    def number(self, kind: ChangeKind) -> int:
        """How many objects this happens to."""
        return sum(change.kind is kind for change in self.objects)


@dataclass(frozen=True, slots=True)
class SideFailure:
    """An overlay that one side could not render: what it would change is not known, and is not taken for a deletion."""

    overlay: Overlay
    side: str
    message: str


@dataclass(frozen=True, slots=True)
class Pin:
    """What one cluster follows on both sides: the revisions of its ``release.yaml``, None where it has none.

    ``follows`` says that the new one is a branch, whose every merge arrives. ``fresh`` says that the pin moves to what the
    branch merged into does not hold yet: a tag that is to be cut from this change, or that branch itself.
    """

    cluster: ClusterFolder
    old: str | None
    new: str | None
    follows: bool = False
    fresh: bool = False

    @property
    def moved(self) -> bool:
        return self.old != self.new


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that a merge request changes; the only thing that reports read. ``dangers`` are sorted."""

    base: str
    head: str
    deliveries: tuple[Delivery, ...]
    failures: tuple[SideFailure, ...]
    dangers: tuple[Finding, ...]

    @property
    def objects(self) -> Iterator[ObjectChange]:
        for delivery in self.deliveries:
            yield from delivery.objects

    @property
    def endangered(self) -> bool:
        """Whether any danger of level error has no waiver."""
        return any(danger.fails for danger in self.dangers)
