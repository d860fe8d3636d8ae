"""Digests into the overlays: which entry of ``images`` takes which, and all files at once or none."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from gitops.adapters.whole_files import Change, replace_all
from gitops.models.image import ImageReference
from gitops.models.inventory import ByHand, ImageUse, Outcome, PinEdit, Resolution
from gitops.repository.pins import Pin, read_pins, with_pins
from gitops.repository.tree import Tree


@dataclass(frozen=True, slots=True)
class Pinning:
    """What is to be written: edits by file, and what only a person can write."""

    edits: tuple[PinEdit, ...]
    by_hand: tuple[ByHand, ...]
    changes: tuple[Change, ...]
    root: Path

    @property
    def diff(self) -> str:
        """The changes as a unified diff, which ``git apply`` takes."""
        return "".join(line for change in self.changes for line in _diff(change, self.root))

    def write(self) -> None:
        """Writes every file, or none; raises ``UserError``."""
        replace_all(self.changes)


def plan_pins(tree: Tree, resolutions: Iterable[Resolution]) -> Pinning:
    """Finds the entries that take the digests of what was resolved, in the overlays that name it.

    An image with a digest stays as it is. Raises ``UserError`` where a kustomization can't be read or edited.
    """
    wanted: dict[str, dict[str, Pin]] = {}
    edits: list[PinEdit] = []
    by_hand: list[ByHand] = []
    texts = _Texts(tree)
    for resolution in resolutions:
        if resolution.outcome is not Outcome.RESOLVED:
            continue
        reference, digest = resolution.image.reference, resolution.digest
        for overlay in sorted({use.overlay for use in resolution.image.uses}):
            file = f"{overlay}/kustomization.yaml"
            pins = texts.pins(file)
            taking = [pin for pin in pins if pin.reference == reference]
            for pin in taking:
                wanted.setdefault(file, {})[pin.name] = replace(pin, digest=digest)
                edits.append(PinEdit(file, pin.line, pin.name, reference, digest))
            if not taking:
                uses = [use for use in resolution.image.uses if use.overlay == overlay]
                by_hand += _by_hand(uses, reference, digest, pins)
    changes = [texts.change(file, pins.values()) for file, pins in wanted.items()]
    return Pinning(tuple(sorted(edits, key=_place)), tuple(sorted(set(by_hand), key=_place)), tuple(changes), tree.root)


class _Texts:
    """The kustomizations, each read once and changed as it was read."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree
        self._bytes: dict[str, bytes] = {}

    def pins(self, file: str) -> tuple[Pin, ...]:
        return read_pins(self._text(file), file) if file in self._tree.files else ()

    def change(self, file: str, pins: Iterable[Pin]) -> Change:
        text = self._text(file)
        return Change(self._tree.root / file, self._bytes[file], with_pins(text, pins, file).encode())

    def _text(self, file: str) -> str:
        if file not in self._bytes:
            self._bytes[file] = (self._tree.root / file).read_bytes()
        return self._bytes[file].decode()


def _by_hand(uses: list[ImageUse], reference: ImageReference, digest: str, pins: tuple[Pin, ...]) -> list[ByHand]:
    """Why no entry takes the digest, for each line where the image stands."""
    half = [pin for pin in pins if pin.repository == reference.repository and not pin.new_tag and not pin.digest]
    found = []
    for use in uses:
        if half:
            file, line = f"{use.overlay}/kustomization.yaml", half[0].line
            message = f"the entry '{half[0].name}' has no newTag; a digest alone would take the tag away, so set both"
        else:
            file, line = use.file, use.line
            message = f"no entry of images in {use.overlay} gives {use.object} this image; add one, or write the digest here"
        found.append(ByHand(file, line, reference, digest, message))
    return found


def _place(one: PinEdit | ByHand) -> tuple[str, int, str]:
    return one.file, one.line, str(one.reference)


def _diff(change: Change, root: Path) -> Iterable[str]:
    name = change.path.relative_to(root).as_posix()
    before, after = (data.decode().splitlines(keepends=True) for data in (change.before, change.after))
    for line in difflib.unified_diff(before, after, f"a/{name}", f"b/{name}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
