"""The ``images`` of a kustomization: what is pinned, and edits of it that touch nothing else.

The file is composed into nodes, which know where they stand; an edit replaces, adds or takes away text at these places and
leaves every other byte as a person wrote it. To write the whole file from its nodes would not: no emitter keeps each
indentation, quote and line break. The result is composed anew and must say what was meant.

Source: kustomize's ``images`` (https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/) and its
updater (api/filters/imagetag/updater.go): a tag with a digest gives ``name:tag@digest``, a digest alone takes the tag away.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from gitops.models.errors import UserError
from gitops.models.image import ImageReference, InvalidImageReference
from gitops.repository import scalars

IMAGES = "images"
# The fields of an entry, in the order in which they are written.
_FIELDS = {"name": "name", "newName": "new_name", "newTag": "new_tag", "digest": "digest"}


@dataclass(frozen=True, slots=True)
class Pin:
    """One entry of ``images``. ``line`` is where it begins (from 1); what an entry does not say is None."""

    name: str
    new_name: str | None = None
    new_tag: str | None = None
    digest: str | None = None
    line: int = 0

    @property
    def reference(self) -> ImageReference | None:
        """The image that containers with this name get; None where the entry names no version of its own, or no image."""
        if self.new_tag is None and self.digest is None:
            return None
        tag = f":{self.new_tag}" if self.new_tag is not None else ""
        digest = f"@{self.digest}" if self.digest is not None else ""
        return _parsed(f"{self.new_name or self.name}{tag}{digest}")

    @property
    def repository(self) -> str:
        """Registry and path of the image that containers with this name get; empty where that is no image."""
        parsed = _parsed(self.new_name or self.name)
        return parsed.repository if parsed else ""


def _parsed(text: str) -> ImageReference | None:
    try:
        return ImageReference.parse(text)
    except InvalidImageReference:
        return None


class Unpinnable(UserError):
    """The file's ``images`` can't be read or edited; the message names file and line."""


@dataclass(frozen=True, slots=True)
class _Field:
    """A field of an entry: where its key stands, and its value."""

    key: ScalarNode
    value: ScalarNode


@dataclass(frozen=True, slots=True)
class _Entry:
    pin: Pin
    node: MappingNode
    fields: dict[str, _Field]


@dataclass(frozen=True, slots=True)
class _Splice:
    """Text in the place of what stands from ``start`` to ``end``."""

    start: int
    end: int
    text: str


def read_pins(text: str, file: str) -> tuple[Pin, ...]:
    """The entries of a kustomization's ``images``, in its order; raises ``Unpinnable``. ``file`` is for messages."""
    return tuple(entry.pin for entry in _entries(text, file))


def with_pins(text: str, pins: Iterable[Pin], file: str) -> str:
    """The kustomization with these pins in the place of those of the same names; every other byte stays.

    A name can't be new. Raises ``Unpinnable`` where an entry is missing, or written so that only a person can edit it.
    """
    entries = _entries(text, file)
    known = {entry.pin.name: entry for entry in entries}
    if len(known) < len(entries):
        raise Unpinnable(f"{file}: images has several entries of one name; leave one of each")
    wanted = {pin.name: pin for pin in pins}
    missing = wanted.keys() - known.keys()
    if missing:
        raise Unpinnable(f"{file}: images has no entry named {', '.join(sorted(missing))}; add it with name and newName")
    splices = [splice for name, pin in wanted.items() for splice in _splices(known[name], pin, text, file)]
    edited = text
    # From the end, so that places keep their numbers; sorting keeps the order of two fields that are added in one place.
    splices.sort(key=lambda one: one.start)
    for splice in splices[::-1]:
        edited = edited[: splice.start] + splice.text + edited[splice.end :]
    if _said(edited) != [replace(wanted.get(entry.pin.name, entry.pin), line=0) for entry in entries]:
        raise Unpinnable(f"{file}: images can't be made to say what is meant without a person; change it by hand")
    return edited


def _said(text: str) -> list[Pin] | None:
    """The pins wherever they stand; None where the text has become none that can be read."""
    try:
        return [replace(pin, line=0) for pin in read_pins(text, "")]
    except Unpinnable:
        return None


def _entries(text: str, file: str) -> list[_Entry]:
    try:
        root = YAML(typ="rt", pure=True).compose(text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise Unpinnable(
            f"{file}:{mark.line + 1 if mark else 1}: it is no YAML document, so that its images can't be read"
        ) from error
    listed = _value(root, IMAGES) if isinstance(root, MappingNode) else None
    if listed is None or listed.tag == "tag:yaml.org,2002:null":
        return []
    if not isinstance(listed, SequenceNode):
        raise Unpinnable(f"{file}:{listed.start_mark.line + 1}: images is no list")
    return [_entry(node, file) for node in listed.value]


def _entry(node: Node, file: str) -> _Entry:
    line = node.start_mark.line + 1
    if not isinstance(node, MappingNode) or node.anchor:
        raise Unpinnable(f"{file}:{line}: an entry of images that is no plain mapping")
    fields = {}
    for key, value in node.value:
        if isinstance(key, ScalarNode) and key.value in _FIELDS:
            if not isinstance(value, ScalarNode) or value.anchor or value.style in ("|", ">"):
                raise Unpinnable(f"{file}:{line}: {key.value} is no plain text")
            fields[key.value] = _Field(key, value)
    if "name" not in fields:
        raise Unpinnable(f"{file}:{line}: an entry of images without a name")
    told = {_FIELDS[name]: field.value.value for name, field in fields.items()}
    return _Entry(Pin(**told, line=line), node, fields)


def _value(root: MappingNode, name: str) -> Node | None:
    return next((value for key, value in root.value if isinstance(key, ScalarNode) and key.value == name), None)


def _splices(entry: _Entry, wanted: Pin, text: str, file: str) -> Iterable[_Splice]:
    """What makes an entry say what is wanted: a splice for each field that differs."""
    for name, attribute in _FIELDS.items():
        old, new = getattr(entry.pin, attribute), getattr(wanted, attribute)
        if new == old:
            continue
        if new is None:
            yield _removal(entry, name, text, file)
        elif old is None:
            yield _addition(entry, name, new, text)
        else:
            value = entry.fields[name].value
            yield _Splice(value.start_mark.index, value.end_mark.index, _scalar(new, value.style))


def _addition(entry: _Entry, name: str, value: str, text: str) -> _Splice:
    """A new field, behind the last of those that are written before it."""
    order = list(_FIELDS)
    before = [entry.fields[one] for one in order[: order.index(name)] if one in entry.fields][-1]
    end = before.value.end_mark.index
    written = f"{name}: {_scalar(value, None)}"
    if entry.node.flow_style:
        return _Splice(end, end, f", {written}")
    start = _line_end(text, end)
    indent = " " * entry.fields["name"].key.start_mark.column
    return _Splice(start, start, f"{_line_break(text, start)}{indent}{written}")


def _removal(entry: _Entry, name: str, text: str, file: str) -> _Splice:
    """A field with its whole line."""
    field = entry.fields[name]
    start = text.rfind("\n", 0, field.key.start_mark.index) + 1
    end = _line_end(text, field.value.end_mark.index)
    if entry.node.flow_style or text[start : field.key.start_mark.index].strip():
        line = field.key.start_mark.line + 1
        raise Unpinnable(f"{file}:{line}: {name} shares its line with something else; take it away by hand")
    return _Splice(start, text.find("\n", end) + 1 or len(text), "")


def _line_end(text: str, start: int) -> int:
    """Where the line ends that a place is in, before what breaks it."""
    end = text.find("\n", start)
    end = len(text) if end < 0 else end
    return end - 1 if text[start:end].endswith("\r") else end


def _line_break(text: str, end: int) -> str:
    """As the line ends that stops there; that of the file's first line where it is the last and does not."""
    following = text[end : end + 2]
    if following:
        return "\r\n" if following == "\r\n" else "\n"
    return "\r\n" if text[: text.find("\n") + 1].endswith("\r\n") else "\n"


def _scalar(value: str, style: str | None) -> str:
    """A value in quotes where it was, or where kustomize would take it for something else than text."""
    if style in ("'", '"'):
        return f"{style}{value}{style}"
    return value if isinstance(scalars.resolve(value), str) else f'"{value}"'
