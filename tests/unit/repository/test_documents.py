"""YAML files as values and positions."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitops.repository.documents import (
    MAX_ALIASED_NODES,
    MAX_DEPTH,
    Defect,
    DefectKind,
    Node,
    decode,
    parse,
    parse_text,
    positions,
    values,
)


def _only_defect(text: str) -> Defect:
    (defect,) = parse_text(text).defects
    return defect


# Values ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "documents"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("# only a comment\n", [], id="a comment"),
        pytest.param("~\n", [], id="null"),
        pytest.param("---\n---\na: 1\n---\n", [{"a": 1}], id="empty documents"),
        pytest.param("a: 1\n---\nb: 2\n...\n---\n- 3\n", [{"a": 1}, {"b": 2}, [3]], id="several documents"),
        pytest.param("\ufeffa: 1\n", [{"a": 1}], id="byte order mark"),
        pytest.param("%YAML 1.1\n---\na: 1\n", [{"a": 1}], id="directive"),
        pytest.param('{"a": [1, "2"]}', [{"a": [1, "2"]}], id="JSON"),
        pytest.param("a: {b: 1, c}\n", [{"a": {"b": 1, "c": None}}], id="flow mapping"),
        pytest.param("- - 1\n  - 2\n", [[[1, 2]]], id="list of lists"),
        pytest.param("a: |\n  x\n   y\n", [{"a": "x\n y\n"}], id="literal block"),
        pytest.param("a: >-\n  x\n  y\n\n  z\n", [{"a": "x y\nz"}], id="folded block"),
        pytest.param("a: 'yes'\nb: \"1\"\n", [{"a": "yes", "b": "1"}], id="quoted words are text"),
        pytest.param("a: <<\nb: =\n", [{"a": "<<", "b": "="}], id="signs as values"),
        pytest.param("a: b\t\n", [{"a": "b"}], id="tab at the end"),
        pytest.param("a:\tb\n", [{"a": "b"}], id="tab behind a colon"),
        pytest.param("? a\n: b\n", [{"a": "b"}], id="explicit key"),
    ],
)
def test_documents_are_read_as_kubernetes_reads_them(text: str, documents: list[Any]) -> None:
    assert values(text) == documents
    assert [node.value for node in parse_text(text).documents] == documents


@pytest.mark.parametrize(
    ("key", "name"),
    [("1", "1"), ("0x10", "16"), ("1.10", "1.1"), ("yes", "true"), ("y", "true"), ("off", "false"), ("''", ""), ("'1'", "1")],
)
def test_a_key_that_is_no_text_is_written_as_in_json(key: str, name: str) -> None:
    assert values(f"{key}: x\n") == [{name: "x"}]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("!!str 1", "1"),
        ("!!str", ""),
        ("!!str ~", "~"),
        ("!!int 1", 1),
        ("!!int '1'", 1),
        ("!!float 1.5", 1.5),
        ("!!bool yes", True),
        ("!!null ''", None),
        ("!!binary aGFsbG8=", "hallo"),
        ("!!binary |\n  aGFs\n  bG8=", "hallo"),
        ("!!binary ''", ""),
        ("!!float 1", 1.0),
        ("!!timestamp 2001-01-01", "2001-01-01"),
        ("! 1", "1"),
        ("! yes", "yes"),
        ("!!seq [1]", [1]),
        ("!!map {b: 1}", {"b": 1}),
    ],
)
def test_tags_of_yaml_itself_are_followed(text: str, value: Any) -> None:
    assert values(f"a: {text}\n") == [{"a": value}]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param("a: &x {b: 1}\nc: *x\n", {"a": {"b": 1}, "c": {"b": 1}}, id="alias"),
        pytest.param("a: &x 1\nb: &x 2\nc: *x\n", {"a": 1, "b": 2, "c": 2}, id="the last anchor of a name counts"),
        pytest.param("&x a: 1\nb: *x\n", {"a": 1, "b": "a"}, id="anchor of a key"),
        pytest.param("a: &x {p: 1, q: 2}\nb: {<<: *x, q: 3}\n", {"a": {"p": 1, "q": 2}, "b": {"p": 1, "q": 3}}, id="merge"),
        pytest.param("a: {q: 3, <<: {p: 1, q: 2}}\n", {"a": {"q": 3, "p": 1}}, id="a merge gives way wherever it stands"),
        pytest.param("a: {<<: [{p: 1}, {p: 2, q: 3}]}\n", {"a": {"p": 1, "q": 3}}, id="of several merged the first counts"),
        pytest.param("&x <<: {p: 1}\nb: *x\n", {"b": "<<", "p": 1}, id="an anchor of << is text"),
        pytest.param("a: {'<<': {p: 1}}\n", {"a": {"<<": {"p": 1}}}, id="a quoted << is a key"),
    ],
)
def test_aliases_and_merges_stand_for_their_values(text: str, value: Any) -> None:
    assert values(text) == [value]


# YAML wants control characters escaped that JSON takes as they are.
_text = st.text(st.characters(exclude_categories=["Cc", "Cs", "Cn", "Zl", "Zp"], exclude_characters="\ufeff"))
_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False, allow_infinity=False) | _text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_text, inner, max_size=4),
    max_leaves=20,
)


@settings(deadline=None)
@given(_json.filter(lambda value: value is not None))
def test_json_is_read_as_json_reads_it(value: Any) -> None:
    text = json.dumps(value, ensure_ascii=False)
    assert values(text) == [json.loads(text)]
    assert [node.value for node in positions(text)] == [value]


# Positions ------------------------------------------------------------------------------------------------------------


def _line(root: Node, *path: str | int) -> int:
    for step in path[:-1]:
        root = root.items[step]
    return root.key_lines[path[-1]]


PLACES = """\
# a comment
a: 1
list:
  - x
  -
    o: 2
  - {p: 1,
     q: 2}
text: |
  first
  second
flow: [1,
  2, {r: 3}]
? complex
:
  below: 4
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("a",), 2),
        (("list",), 3),
        (("list", 0), 4),
        (("list", 1), 6),
        (("list", 1, "o"), 6),
        (("list", 2), 7),
        (("list", 2, "p"), 7),
        (("list", 2, "q"), 8),
        (("text",), 9),
        (("flow",), 12),
        (("flow", 0), 12),
        (("flow", 1), 13),
        (("flow", 2, "r"), 13),
        (("complex",), 14),
        (("complex", "below"), 16),
    ],
    ids=str,
)
def test_every_key_and_item_has_its_line(path: tuple[str | int, ...], line: int) -> None:
    assert _line(positions(PLACES)[0], *path) == line


def test_the_second_document_counts_lines_from_the_files_beginning() -> None:
    second = positions("a: 1\n---\n\nb: 2\n")[1]
    assert (second.line, second.key_lines) == (4, {"b": 4})


def test_a_merged_key_stands_at_its_merge() -> None:
    root = positions("a: &x\n  p: 1\nb:\n  q: 2\n  <<: *x\n")[0]
    assert root.items["b"].key_lines == {"q": 4, "p": 5}


def test_keys_of_several_merged_mappings_stand_at_their_merge() -> None:
    root = positions("a: &x {p: 1}\nb: &z {q: 2}\nc:\n  <<: [*x, *z]\n")[0]
    assert root.items["c"].key_lines == {"p": 4, "q": 4}


def test_a_block_of_text_begins_below_its_key() -> None:
    root = positions("a: |\n  x\nb: 'y'\nc:\n  - >-\n    z\n")[0]
    assert [root.items["a"].line, root.items["b"].line, root.items["c"].items[0].line] == [2, 3, 6]


def test_a_defective_text_gives_what_could_be_read() -> None:
    assert [node.value for node in positions("a: 1\n---\nb: [\n")] == [{"a": 1}]


# Defects --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "kind", "line"),
    [
        pytest.param("a: 1\nb: [1, 2\n", DefectKind.SYNTAX, 3, id="list without end"),
        pytest.param("a: 1\n b: 2\n", DefectKind.SYNTAX, 2, id="wrong indent"),
        pytest.param("a: b: c\n", DefectKind.SYNTAX, 1, id="two colons"),
        pytest.param("a:\n\tb: 1\n", DefectKind.SYNTAX, 2, id="tab as indent"),
        pytest.param("a: @b\n", DefectKind.SYNTAX, 1, id="reserved sign"),
        pytest.param("a: 'x\n", DefectKind.SYNTAX, 2, id="quote without end"),
        pytest.param("ä: 1\nb: 2\nc: \x07\n", DefectKind.SYNTAX, 3, id="control character"),
        pytest.param("a: {{ value }}\n", DefectKind.VALUE, 1, id="template braces"),
        pytest.param("a: 1\nb: *nowhere\n", DefectKind.SYNTAX, 2, id="alias without anchor"),
        pytest.param("a: &x 1\n---\nb: *x\n", DefectKind.SYNTAX, 3, id="anchor of another document"),
        pytest.param("a: &x\n  - *x\n", DefectKind.SYNTAX, 2, id="list that holds itself"),
        pytest.param("a: &x\n  b: *x\n", DefectKind.SYNTAX, 2, id="mapping that holds itself"),
        pytest.param("a: &x\n  <<: *x\n", DefectKind.SYNTAX, 2, id="mapping that merges itself"),
        pytest.param("a:\n  <<: 1\n", DefectKind.VALUE, 2, id="merge of a number"),
        pytest.param("a:\n  <<: [{b: 1}, 2]\n", DefectKind.VALUE, 2, id="merge of a list with a number"),
        pytest.param("a:\n  <<:\n", DefectKind.VALUE, 2, id="merge of nothing"),
        pytest.param("a: 1\n[b]: 2\n", DefectKind.VALUE, 2, id="list as a key"),
        pytest.param("? {b: 1}\n: 2\n", DefectKind.VALUE, 1, id="mapping as a key"),
        pytest.param("a: 1\n~: 2\n", DefectKind.VALUE, 2, id="null as a key"),
        pytest.param("? \n: 2\n", DefectKind.VALUE, 1, id="key left out"),
        pytest.param("a: .inf\n", DefectKind.VALUE, 1, id="infinity"),
        pytest.param("a: 1\nb: [-.inf, .nan]\n", DefectKind.VALUE, 2, id="infinity in a list"),
        pytest.param("a: !custom x\n", DefectKind.VALUE, 1, id="tag of one's own"),
        pytest.param("a: !!python/name:x y\n", DefectKind.VALUE, 1, id="tag of Python's"),
        pytest.param("a: !!binary gIGC\n", DefectKind.VALUE, 1, id="binary that is no text"),
        pytest.param("a: !!binary aGF\n", DefectKind.VALUE, 1, id="binary cut short"),
        pytest.param("a: !!binary '%%'\n", DefectKind.VALUE, 1, id="binary that is no base64"),
        pytest.param("a: !!binary aGFs bG8=\n", DefectKind.VALUE, 1, id="binary with a space"),
        pytest.param("a: !!int yes\n", DefectKind.VALUE, 1, id="integer that is a word"),
        pytest.param("a: !!int 1.5\n", DefectKind.VALUE, 1, id="integer with a fraction"),
        pytest.param("a: !!float x\n", DefectKind.VALUE, 1, id="float that is text"),
        pytest.param("a: !!bool 1\n", DefectKind.VALUE, 1, id="boolean that is a number"),
        pytest.param("a: !!null x\n", DefectKind.VALUE, 1, id="null that is text"),
    ],
)
def test_what_can_not_be_used_is_a_defect_with_its_line(text: str, kind: DefectKind, line: int) -> None:
    defect = _only_defect(text)
    assert (defect.kind, defect.line) == (kind, line)
    with pytest.raises(ValueError, match=f"line {line}: "):
        values(text)


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", [3], id="at the top"),
        pytest.param("a:\n  b: 1\n  b: 2\n", [3], id="nested"),
        pytest.param("a: {b: 1, b: 2}\n", [1], id="in flow style"),
        pytest.param("- a: 1\n- b: 1\n  b: 1\n", [3], id="in a list"),
        pytest.param("1: a\n'1': b\n", [2], id="number and text"),
        pytest.param("true: a\nyes: b\n", [2], id="two words for true"),
        pytest.param("0x10: a\n16: b\n", [2], id="two ways to write a number"),
        pytest.param("a: 1\na: 2\na: 3\n", [2, 3], id="three times"),
        pytest.param("a: 1\n---\nb: 1\nb: 2\n", [4], id="in the second document"),
        pytest.param("<<: {a: 0}\na: 1\na: 2\n", [3], id="after a merge"),
    ],
)
def test_a_key_twice_is_a_defect_at_the_second(text: str, lines: list[int]) -> None:
    defects = parse_text(text).defects
    assert [(defect.kind, defect.line) for defect in defects] == [(DefectKind.DUPLICATE_KEY, line) for line in lines]


def test_a_key_twice_is_named() -> None:
    assert _only_defect("web:\n  port: 1\n  port: 2\n").message == "the key 'port' stands here twice"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: {k: 1}\nb: {k: 1}\n", id="in two mappings"),
        pytest.param("k: 1\n---\nk: 1\n", id="in two documents"),
        pytest.param("k: {k: 1}\n", id="one inside the other"),
        pytest.param("<<: {k: 0}\nk: 1\n", id="merged and set"),
        pytest.param("k: 1\nK: 1\n", id="in another case"),
        pytest.param("1: a\n'01': b\n", id="another text"),
    ],
)
def test_one_key_in_two_places_is_no_defect(text: str) -> None:
    assert parse_text(text).defects == ()


def test_a_file_that_is_not_utf_8_is_a_defect_at_its_first_bad_byte() -> None:
    parsed = parse(b"a: 1\nb: " + b"\xfc\n")
    assert parsed.documents == ()
    assert parsed.defects == (Defect(DefectKind.ENCODING, 2, "not UTF-8: byte 0xfc in line 2"),)


def test_a_byte_order_mark_shifts_no_line() -> None:
    assert parse(b"\xef\xbb\xbfa: 1\n\xff\n").defects[0].message == "not UTF-8: byte 0xff in line 2"


def test_utf_16_is_not_utf_8() -> None:
    assert parse("a: 1\n".encode("utf-16")).defects[0].kind is DefectKind.ENCODING


def test_bad_bytes_leave_the_rest_of_the_text() -> None:
    text, _ = decode(b"a: \xfc\nb: 1\n")
    assert text == "a: \ufffd\nb: 1\n"


def _bomb(levels: int) -> str:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]" for level in range(1, levels)]
    return "\n".join(lines) + "\n"


def test_an_alias_bomb_is_a_defect_before_it_goes_off() -> None:
    defect = _only_defect(_bomb(30))
    assert (defect.kind, defect.line) == (DefectKind.ALIASES, 4)


def test_some_thousand_aliased_values_are_no_bomb() -> None:
    assert parse_text(_bomb(3)).defects == ()


@pytest.mark.parametrize(("count", "defects"), [(MAX_ALIASED_NODES, 0), (MAX_ALIASED_NODES + 1, 1)])
def test_the_limit_counts_every_value_that_an_alias_stands_for(count: int, defects: int) -> None:
    assert len(parse_text(f"a: &x 1\nb: [{', '.join(['*x'] * count)}]\n").defects) == defects


def test_each_document_has_its_own_limit() -> None:
    text = f"a: &x 1\nb: [{', '.join(['*x'] * MAX_ALIASED_NODES)}]\n"
    assert parse_text(f"{text}---\n{text}").defects == ()


@pytest.mark.parametrize(("depth", "defects"), [(MAX_DEPTH, 0), (MAX_DEPTH + 1, 1), (100_000, 1)])
def test_depth_has_a_limit(depth: int, defects: int) -> None:
    assert len(parse_text("[" * depth + "]" * depth).defects) == defects


def test_depth_by_indent_has_the_same_limit() -> None:
    text = "".join(f"{' ' * level}a:\n" for level in range(MAX_DEPTH + 1))
    assert _only_defect(text) == Defect(DefectKind.SYNTAX, MAX_DEPTH + 1, f"nested more than {MAX_DEPTH} levels deep")
