"""What the dangers of a merge request are told from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gitops.models.difference import ChangeKind, Delivery, ObjectChange, Pin
from gitops.models.resource import Resource


@dataclass(frozen=True)
class DiffEvidence:
    """Everything that reaches clusters, and what the clusters follow.

    ``in_use`` holds, for each cluster whose Argo CD projects change, all objects that its applications render then: those of
    what the cluster runs after the merge.
    """

    deliveries: tuple[Delivery, ...]
    pins: tuple[Pin, ...] = ()
    in_use: Mapping[str, tuple[Resource, ...]] = field(default_factory=dict)

    @property
    def changes(self) -> Iterator[ObjectChange]:
        """Every object that differs anywhere."""
        for delivery in self.deliveries:
            yield from delivery.objects

    def both(self, group: str, *kinds: str) -> Iterator[tuple[Resource, Resource]]:
        """The objects of these kinds that are there before and after under one identity: those that are updated."""
        for change in self.changes:
            if change.old and change.new and change.kind is ChangeKind.CHANGED and is_a(change.new, group, *kinds):
                yield change.old, change.new

    def gone(self, group: str, *kinds: str) -> Iterator[ObjectChange]:
        """The objects of these kinds whose identity is gone: deleted, or under another name."""
        for change in self.changes:
            if change.old and change.kind in (ChangeKind.REMOVED, ChangeKind.RENAMED) and is_a(change.old, group, *kinds):
                yield change

    def new(self, group: str, *kinds: str) -> Iterator[Resource]:
        """The objects of these kinds that come under an identity that was not there."""
        for change in self.changes:
            if change.new and change.kind in (ChangeKind.ADDED, ChangeKind.RENAMED) and is_a(change.new, group, *kinds):
                yield change.new


def is_a(resource: Resource, group: str, *kinds: str) -> bool:
    """Whether an object is of one of these kinds."""
    return resource.group == group and resource.kind in kinds
