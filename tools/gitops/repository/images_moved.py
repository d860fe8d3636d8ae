"""Images before and after, and what of them moved."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from gitops.models.difference import ImageMove, ObjectChange
from gitops.models.image import ImageReference, InvalidImageReference
from gitops.models.resource import Resource
from gitops.repository.field_changes import label_of
from gitops.repository.images import every_image

_PARTS = ("registry", "path", "tag", "digest")


def image_moves(changes: Iterable[ObjectChange]) -> tuple[ImageMove, ...]:
    """Every image that differs, once for all objects that it differs in, sorted."""
    users: dict[tuple[str | None, str | None], list[str]] = defaultdict(list)
    for change in changes:
        for pair in _of_object(change):
            if str(change.subject.identity) not in users[pair]:
                users[pair].append(str(change.subject.identity))
    ordered = sorted(users, key=lambda pair: (pair[1] or pair[0] or "", pair[0] or ""))
    return tuple(ImageMove(old, new, moved_parts(old, new), tuple(users[old, new])) for old, new in ordered)


def moved_parts(old: str | None, new: str | None) -> tuple[str, ...]:
    """Which of registry, path, tag and digest differ; ``reference`` where one can't be read, nothing where one is missing."""
    if old is None or new is None:
        return ()
    try:
        before, after = ImageReference.parse(old), ImageReference.parse(new)
    except InvalidImageReference:
        return ("reference",)
    return tuple(part for part in _PARTS if getattr(before, part) != getattr(after, part)) or ("spelling",)


def _of_object(change: ObjectChange) -> Iterator[tuple[str | None, str | None]]:
    before = _by_place(change.old) if change.old else {}
    after = _by_place(change.new) if change.new else {}
    for place in {**before, **after}:
        # A ConfigMap's text may hold several: what stays is in both, in whatever order.
        gone = [image for image in before.get(place, ()) if image not in after.get(place, ())]
        come = [image for image in after.get(place, ()) if image not in before.get(place, ())]
        for number in range(max(len(gone), len(come))):
            yield gone[number] if number < len(gone) else None, come[number] if number < len(come) else None


def _by_place(resource: Resource) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for path, image in every_image(resource):
        if image:
            found[label_of(resource.body, path)].append(image)
    return found
