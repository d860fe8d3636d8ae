"""Writes files of the key-value store bbolt, in which Trivy keeps its database.

A file is a row of pages: two that tell where everything is (written by turns by a program that changes the file; alike here), a
list of free pages (none here), and B+ trees, one for each bucket, whose leaves hold keys with values, or with further buckets.
Source: https://github.com/etcd-io/bbolt/tree/v1.4.0/internal/common (page.go, meta.go, bucket.go); numbers in little-endian
order, as on every machine that runs our tests.
"""

import struct
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar, Union

Bucket = Mapping[str, Union["Bucket", bytes]]
T = TypeVar("T")

PAGE = 4096
_MAGIC, _FORMAT = 0xED0CDAED, 2
_BRANCH, _LEAF, _META, _FREE = 0x01, 0x02, 0x04, 0x10
_IS_BUCKET = 1
_FIRST = 3  # after two of meta data and the list of free pages
_HEADER = struct.Struct("<QHHI")  # number, kind, elements, further pages that belong to it
_LEAF_ELEMENT = struct.Struct("<IIII")  # flags, where the key begins, its length, the value's length
_BRANCH_ELEMENT = struct.Struct("<IIQ")  # where the key begins, its length, the page below
_FEWEST = 2  # elements of a page: less would make no tree

# A key with what stands beside it in a leaf, and the first key of a page with the page's number.
_Entry = tuple[bytes, bytes, int]
_Child = tuple[bytes, int]


def write(path: Path, root: Bucket) -> None:
    """Writes a whole file."""
    path.write_bytes(_Writer().file(root))


class _Writer:
    def __init__(self) -> None:
        self._pages = bytearray(PAGE * _FIRST)

    def file(self, root: Bucket) -> bytes:
        """The bytes of a file with these buckets."""
        top = self._bucket(root)
        for number in (0, 1):
            self._pages[number * PAGE : (number + 1) * PAGE] = self._meta(number, top)
        self._pages[2 * PAGE : 3 * PAGE] = _HEADER.pack(2, _FREE, 0, 0).ljust(PAGE, b"\0")
        return bytes(self._pages)

    def _bucket(self, content: Bucket) -> int:
        """Writes a bucket and all below it; returns the page of its root."""
        entries: list[_Entry] = []
        for name, value in content.items():
            if isinstance(value, bytes):
                entries.append((name.encode(), value, 0))
            else:
                entries.append((name.encode(), struct.pack("<QQ", self._bucket(value), 0), _IS_BUCKET))
        entries.sort()
        level = [self._leaf(group) for group in _grouped(entries, lambda entry: len(entry[0]) + len(entry[1]))]
        while len(level) > 1:
            level = [self._branch(group) for group in _grouped(level, lambda child: len(child[0]))]
        return level[0][1]

    def _leaf(self, entries: list[_Entry]) -> _Child:
        elements, texts = b"", b""
        for number, (key, value, flags) in enumerate(entries):
            begins = _LEAF_ELEMENT.size * (len(entries) - number) + len(texts)
            elements += _LEAF_ELEMENT.pack(flags, begins, len(key), len(value))
            texts += key + value
        return entries[0][0] if entries else b"", self._page(_LEAF, len(entries), elements + texts)

    def _branch(self, children: list[_Child]) -> _Child:
        elements, texts = b"", b""
        for number, (key, page) in enumerate(children):
            begins = _BRANCH_ELEMENT.size * (len(children) - number) + len(texts)
            elements += _BRANCH_ELEMENT.pack(begins, len(key), page)
            texts += key
        return children[0][0], self._page(_BRANCH, len(children), elements + texts)

    def _page(self, kind: int, count: int, body: bytes) -> int:
        """Adds a page, with further ones where one is too small; returns its number."""
        number = len(self._pages) // PAGE
        pages = max(1, -(-(_HEADER.size + len(body)) // PAGE))
        self._pages += (_HEADER.pack(number, kind, count, pages - 1) + body).ljust(pages * PAGE, b"\0")
        return number

    def _meta(self, number: int, root: int) -> bytes:
        """``number`` is also that of the change that wrote the page: of the two, readers take the later."""
        told = struct.pack("<IIIIQQQQQ", _MAGIC, _FORMAT, PAGE, 0, root, 0, 2, len(self._pages) // PAGE, number)
        return (_HEADER.pack(number, _META, 0, 0) + told + struct.pack("<Q", _fnv64a(told))).ljust(PAGE, b"\0")


def _grouped(items: Iterable[T], size: Callable[[T], int]) -> list[list[T]]:
    """Items in as few groups as fit a page each, or two where one alone is larger; one empty group for none."""
    groups: list[list[T]] = [[]]
    taken = _HEADER.size
    for item in items:
        needs = _LEAF_ELEMENT.size + size(item)
        if len(groups[-1]) >= _FEWEST and taken + needs > PAGE:
            groups.append([])
            taken = _HEADER.size
        groups[-1].append(item)
        taken += needs
    return groups


def _fnv64a(data: bytes) -> int:
    """The checksum of meta pages (http://www.isthe.com/chongo/tech/comp/fnv/)."""
    value = 0xCBF29CE484222325
    for byte in data:
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value
