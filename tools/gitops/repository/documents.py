"""YAML files as values and as positions, from one parse by libyaml.

A document is read with Kubernetes' rules for scalars. What makes a file unfit (bad syntax, a duplicate key, aliases that
explode, a value that JSON has no word for) is a ``Defect`` with its line, not an exception: one bad file must not hide
what is wrong elsewhere.
"""

import base64
import binascii
import codecs
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

import yaml
from yaml.reader import ReaderError

from gitops.repository import scalars

MAX_DEPTH = 200
# Objects that need more than this by way of aliases are an attack or a mistake: the API server takes 3 MiB in all.
MAX_ALIASED_NODES = 10_000


class DefectKind(StrEnum):
    """Why a file can't be used."""

    SYNTAX = "syntax"
    ENCODING = "encoding"
    DUPLICATE_KEY = "duplicate-key"
    ALIASES = "aliases"
    VALUE = "value"


class Defect(NamedTuple):
    """What is wrong with a file, and at which line (from 1)."""

    kind: DefectKind
    line: int
    message: str


class Node(NamedTuple):
    """A value and where it stands: ``items`` by key or index, with the line of each key (or of each list item)."""

    value: Any
    line: int
    items: dict[str | int, "Node"]
    key_lines: dict[str | int, int]


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a file holds: its documents (empty ones left out) and what is wrong with it."""

    documents: tuple[Node, ...]
    defects: tuple[Defect, ...]


def decode(data: bytes) -> tuple[str, Defect | None]:
    """The text of a file; a file that is not UTF-8 is a defect at the line of its first bad byte."""
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode(), None
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"not UTF-8: byte 0x{data[error.start]:02x} in line {line}"
        return data.decode(errors="replace"), Defect(DefectKind.ENCODING, line, message)


def parse(data: bytes) -> Parsed:
    """Reads every document of a YAML file."""
    text, defect = decode(data)
    if defect:
        return Parsed((), (defect,))
    return parse_text(text)


def parse_text(text: str) -> Parsed:
    """Reads every document of a YAML text."""
    builder = _Builder()
    documents = tuple(node for node in builder.documents(text) if node.value is not None)
    return Parsed(documents, tuple(builder.defects))


def values(text: str) -> list[Any]:
    """The documents of a text that a program wrote, without positions; raises ``ValueError`` where it is defective.

    This is the fast way: rendered manifests are many and nobody asks for their lines.
    """
    builder = _Builder(positions=False)
    documents = [node.value for node in builder.documents(text)]
    if builder.defects:
        raise ValueError("; ".join(f"line {defect.line}: {defect.message}" for defect in builder.defects))
    return [document for document in documents if document is not None]


def positions(text: str) -> list[Node]:
    """The documents of a text with the line of every key and item; a defective text gives what could be read."""
    return list(parse_text(text).documents)


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not come yet."""

    value: Any
    line: int
    anchor: str | None
    is_mapping: bool
    size_before: int
    items: dict[str | int, Node] = field(default_factory=dict)
    key_lines: dict[str | int, int] = field(default_factory=dict)
    key: str | None = None
    key_line: int = 0
    merging: bool = False
    merges: list[tuple[Node, int]] = field(default_factory=list)


class _Anchor(NamedTuple):
    node: Node
    size: int


_NO_ITEMS: dict[str | int, Node] = {}
_NO_LINES: dict[str | int, int] = {}
_MERGE = object()
_BLOCK_STYLES = ("|", ">")


class _Builder:
    """Turns libyaml's events into values; without recursion, so that depth is a defect and not a crash."""

    def __init__(self, *, positions: bool = True) -> None:
        self.defects: list[Defect] = []
        self._positions = positions
        self._anchors: dict[str, _Anchor] = {}
        self._size = 0
        self._aliased = 0

    def documents(self, text: str) -> Iterator[Node]:
        try:
            yield from self._documents(text)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            self.defects.append(Defect(DefectKind.SYNTAX, line, _syntax_message(error)))
        except ReaderError as error:
            line = text.encode().count(b"\n", 0, error.position) + 1
            self.defects.append(Defect(DefectKind.SYNTAX, line, f"no YAML: {error.reason}"))
        except yaml.YAMLError as error:
            self.defects.append(Defect(DefectKind.SYNTAX, 1, f"no YAML: {' '.join(str(error).split())}"))
        except _Unusable as error:
            self.defects.append(error.defect)

    def _documents(self, text: str) -> Iterator[Node]:
        stack: list[_Open] = []
        for event in yaml.parse(text, Loader=yaml.CLoader):
            kind = type(event)
            if kind is yaml.ScalarEvent:
                done = self._scalar(event, stack)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                self._open(event, stack, is_mapping=kind is yaml.MappingStartEvent)
                continue
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                done = self._close(stack.pop())
            elif kind is yaml.AliasEvent:
                done = self._alias(event)
            else:
                if kind is yaml.DocumentStartEvent:
                    self._anchors.clear()
                    self._size = self._aliased = 0
                continue
            if stack:
                self._attach(stack[-1], done)
            else:
                yield done

    def _open(self, event: Any, stack: list[_Open], *, is_mapping: bool) -> None:
        line = event.start_mark.line + 1
        if len(stack) >= MAX_DEPTH:
            raise _Unusable(DefectKind.SYNTAX, line, f"nested more than {MAX_DEPTH} levels deep")
        if stack and stack[-1].is_mapping and stack[-1].key is None:
            raise _Unusable(DefectKind.VALUE, line, "a list or mapping as a key: JSON has only text there")
        self._size += 1
        value: Any = {} if is_mapping else []
        stack.append(_Open(value, line, event.anchor, is_mapping, self._size))

    def _close(self, ended: _Open) -> Node:
        for merged, line in ended.merges:
            self._merge(ended, merged, line)
        node = Node(ended.value, ended.line, ended.items, ended.key_lines)
        if ended.anchor:
            self._anchors[ended.anchor] = _Anchor(node, self._size - ended.size_before + 1)
        return node

    def _scalar(self, event: Any, stack: list[_Open]) -> Node:
        self._size += 1
        line = event.start_mark.line + 1
        value = self._scalar_value(event, line, stack)
        if event.style in _BLOCK_STYLES:
            line += 1  # the text begins below its indicator
        node = Node(value, line, _NO_ITEMS, _NO_LINES)
        if event.anchor:
            self._anchors[event.anchor] = _Anchor(node._replace(value="<<") if value is _MERGE else node, 1)
        return node

    def _scalar_value(self, event: Any, line: int, stack: list[_Open]) -> Any:
        text: str = event.value
        tag = event.tag
        quoted = tag is None and not event.implicit[0]
        if quoted or tag in {"!", "tag:yaml.org,2002:str"}:
            return text
        if tag is None and text == "<<" and stack and stack[-1].is_mapping and stack[-1].key is None:
            return _MERGE
        value = scalars.resolve(text) if tag is None else _tagged(tag, text, line)
        if isinstance(value, float) and not math.isfinite(value):
            raise _Unusable(DefectKind.VALUE, line, f"{text} has no JSON value")
        return value

    def _alias(self, event: Any) -> Node:
        line = event.start_mark.line + 1
        anchor = self._anchors.get(event.anchor)
        if anchor is None:
            raise _Unusable(DefectKind.SYNTAX, line, f"the alias *{event.anchor} has no anchor before it, or stands inside it")
        self._size += anchor.size
        self._aliased += anchor.size
        if self._aliased > MAX_ALIASED_NODES:
            raise _Unusable(
                DefectKind.ALIASES, line, f"aliases that stand for more than {MAX_ALIASED_NODES} values (an alias bomb?)"
            )
        return anchor.node

    def _attach(self, parent: _Open, done: Node) -> None:
        if not parent.is_mapping:
            if self._positions:
                index = len(parent.value)
                parent.items[index] = done
                parent.key_lines[index] = done.line
            parent.value.append(done.value)
        elif parent.key is None:
            self._begin_entry(parent, done)
        else:
            self._end_entry(parent, done)

    def _begin_entry(self, parent: _Open, key: Node) -> None:
        parent.key_line = key.line
        if key.value is _MERGE:
            parent.key, parent.merging = "<<", True
            return
        try:
            parent.key = key.value if isinstance(key.value, str) else scalars.key_text(key.value)
        except (ValueError, TypeError):
            raise _Unusable(DefectKind.VALUE, key.line, "a mapping key that is no text") from None
        if parent.key in parent.value:
            self.defects.append(Defect(DefectKind.DUPLICATE_KEY, key.line, f"the key '{parent.key}' stands here twice"))

    def _end_entry(self, parent: _Open, done: Node) -> None:
        key, parent.key = parent.key, None
        if parent.merging:
            parent.merging = False
            parent.merges.append((done, parent.key_line))
            return
        parent.value[key] = done.value
        if self._positions and key is not None:
            parent.items[key] = done
            parent.key_lines[key] = parent.key_line

    def _merge(self, into: _Open, merged: Node, line: int) -> None:
        """``<<``: keys that the mapping does not have itself (https://yaml.org/type/merge.html)."""
        for source in merged.value if isinstance(merged.value, list) else [merged.value]:
            if not isinstance(source, dict):
                raise _Unusable(DefectKind.VALUE, line, "'<<' takes a mapping or a list of mappings")
            for key, value in source.items():
                into.value.setdefault(key, value)
        for part in merged.items.values() if isinstance(merged.value, list) else [merged]:
            for key, item in part.items.items():
                into.items.setdefault(key, item)
                into.key_lines.setdefault(key, line)


_TAGGED_TYPES: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "int": (int,),
    "float": (float, int),
    "null": (type(None),),
    "timestamp": (str,),
}


def _tagged(tag: str, text: str, line: int) -> Any:
    """The value of a scalar with an explicit tag, which its text must fit (``resolve`` of go-yaml v2)."""
    name = tag.removeprefix("tag:yaml.org,2002:")
    if name == "binary":
        try:
            return base64.b64decode(text.replace("\n", ""), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise _Unusable(DefectKind.VALUE, line, "!!binary that is no text in base64") from None
    if name not in _TAGGED_TYPES:
        raise _Unusable(DefectKind.VALUE, line, f"the tag '{tag}' means nothing to Kubernetes")
    value = scalars.resolve(text)
    if not isinstance(value, _TAGGED_TYPES[name]) or (isinstance(value, bool) and name != "bool"):
        raise _Unusable(DefectKind.VALUE, line, f"'{text}' is no {name}")
    return float(value) if name == "float" and isinstance(value, int) else value


class _Unusable(Exception):
    """Ends the reading of a text."""

    def __init__(self, kind: DefectKind, line: int, message: str) -> None:
        super().__init__(message)
        self.defect = Defect(kind, line, message)


def _syntax_message(error: yaml.MarkedYAMLError) -> str:
    parts = [part for part in (error.context, error.problem) if part]
    return "no YAML: " + ", ".join(parts)
