"""Reading and editing the ``images`` of a kustomization."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.models.image import ImageReference
from gitops.repository.pins import Pin, Unpinnable, read_pins, with_pins

FILE = "overlays/testbed/web/kustomization.yaml"
DIGEST = f"sha256:{'4c' * 32}"
OTHER = f"sha256:{'5d' * 32}"
TEXT = f"""\
# before
resources: [../../../base/web]

images:
  # why this one
  - name: web   # behind the name
    newName: registry.example.org/web
    newTag: "1.0"  # behind the tag

  - newTag: 2.1.3
    digest: '{OTHER}' # behind the digest
    name: proxy
  - {{name: cache, newTag: v7}}
patches:
- patch: |-
    - op: replace
      path: /spec/images
      value:   odd
"""


def pin(text: str, name: str) -> Pin:
    return next(one for one in read_pins(text, FILE) if one.name == name)


def test_pins_are_read_with_their_lines() -> None:
    assert read_pins(TEXT, FILE) == (
        Pin("web", "registry.example.org/web", "1.0", None, 6),
        Pin("proxy", None, "2.1.3", OTHER, 10),
        Pin("cache", None, "v7", None, 13),
    )


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (Pin("web", "quay.io/web", "1", DIGEST), f"quay.io/web:1@{DIGEST}"),
        (Pin("web", None, "1"), "docker.io/library/web:1"),
        (Pin("web", "quay.io/web", None, DIGEST), f"quay.io/web@{DIGEST}"),
    ],
)
def test_the_image_that_a_pin_gives(one: Pin, expected: str) -> None:
    assert one.reference == ImageReference.parse(expected)


@pytest.mark.parametrize("one", [Pin("web", "quay.io/web"), Pin("web", "quay.io/Web", "1"), Pin("web", None, "1", "sha256:00")])
def test_a_pin_without_a_version_gives_no_image(one: Pin) -> None:
    assert one.reference is None


def changed(text: str, edited: str) -> list[tuple[str, str]]:
    """The lines that differ, of two texts with as many lines."""
    before, after = text.splitlines(), edited.splitlines()
    assert len(before) == len(after)
    return [(old, new) for old, new in zip(before, after, strict=True) if old != new]


def test_a_digest_is_added_behind_the_tag() -> None:
    edited = with_pins(TEXT, [replace(pin(TEXT, "web"), digest=DIGEST)], FILE)
    tag = '    newTag: "1.0"  # behind the tag\n'
    assert edited == TEXT.replace(tag, f"{tag}    digest: {DIGEST}\n")


def test_a_digest_is_replaced_in_its_quotes() -> None:
    edited = with_pins(TEXT, [replace(pin(TEXT, "proxy"), digest=DIGEST)], FILE)
    assert edited == TEXT.replace(OTHER, DIGEST)


def test_an_entry_in_one_line_stays_in_one_line() -> None:
    edited = with_pins(TEXT, [replace(pin(TEXT, "cache"), digest=DIGEST)], FILE)
    assert edited == TEXT.replace("newTag: v7}", f"newTag: v7, digest: {DIGEST}}}")


def test_a_digest_is_taken_away_with_its_line() -> None:
    edited = with_pins(TEXT, [replace(pin(TEXT, "proxy"), digest=None)], FILE)
    assert edited == TEXT.replace(f"    digest: '{OTHER}' # behind the digest\n", "")


def test_several_pins_are_set_at_once() -> None:
    wanted = [replace(one, new_tag="9.9.9", digest=DIGEST) for one in read_pins(TEXT, FILE)]
    edited = with_pins(TEXT, wanted, FILE)
    assert [(one.new_tag, one.digest) for one in read_pins(edited, FILE)] == [("9.9.9", DIGEST)] * 3
    assert with_pins(edited, wanted, FILE) == edited


def test_two_fields_are_added_in_the_order_in_which_people_write_them() -> None:
    text = "images:\n- name: web"
    edited = with_pins(text, [Pin("web", "quay.io/web", "1.10", DIGEST)], FILE)
    assert edited == f'images:\n- name: web\n  newName: quay.io/web\n  newTag: "1.10"\n  digest: {DIGEST}'


@pytest.mark.parametrize(
    ("tag", "written"),
    [("1.10", '"1.10"'), ("2026", '"2026"'), ("on", '"on"'), ("1e3", '"1e3"'), ("8.4.11", "8.4.11"), ("v1", "v1")],
)
def test_a_tag_that_would_be_no_text_gets_quotes(tag: str, written: str) -> None:
    text = "images:\n  - name: web\n    newTag: v7\n"
    assert with_pins(text, [Pin("web", None, tag)], FILE) == text.replace("v7", written)


def test_line_ends_of_windows_and_a_byte_order_mark_stay() -> None:
    text = "\ufeffimages:\r\n  - name: web\r\n    newTag: v7\r\nresources: []\r\n"
    edited = with_pins(text, [Pin("web", None, "v7", DIGEST)], FILE)
    assert edited == text.replace("v7\r\n", f"v7\r\n    digest: {DIGEST}\r\n")
    last = "images:\r\n  - name: web"
    assert with_pins(last, [Pin("web", None, None, DIGEST)], FILE) == f"{last}\r\n    digest: {DIGEST}"


@pytest.mark.parametrize("text", ["", "# nothing\n", "resources: []\n", "images:\n", "images: []\n"])
def test_a_file_without_images_has_no_pins(text: str) -> None:
    assert read_pins(text, FILE) == ()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("images: [", f"{FILE}:1: it is no YAML document"),
        ("a: 1\n---\nimages: []\n", "it is no YAML document"),
        ("images: web\n", f"{FILE}:1: images is no list"),
        ("images:\n  - newTag: '1'\n", f"{FILE}:2: an entry of images without a name"),
        ("images:\n  - web\n", f"{FILE}:2: an entry of images that is no plain mapping"),
        ("images:\n  - &a {name: web}\n", "no plain mapping"),
        ("images:\n  - name: web\n    newTag: &tag v1\n", f"{FILE}:2: newTag is no plain text"),
        ("images:\n  - name: web\n    newTag: |\n      v1\n", "newTag is no plain text"),
        ("images:\n  - name: web\n    newTag: [v1]\n", "newTag is no plain text"),
    ],
)
def test_images_that_can_not_be_read_are_told(text: str, says: str) -> None:
    with pytest.raises(Unpinnable, match=says):
        read_pins(text, FILE)


@pytest.mark.parametrize(
    ("text", "wanted", "says"),
    [
        (TEXT, Pin("other", None, "1"), "no entry named other; add it"),
        ("images:\n  - {name: web}\n  - {name: web}\n", Pin("web", None, "1"), "several entries of one name"),
        (f"images:\n  - digest: {OTHER}\n    name: web\n", Pin("web"), f"{FILE}:2: digest shares its line"),
        (f"images: [{{name: web, digest: '{OTHER}'}}]\n", Pin("web"), "digest shares its line"),
        ("images:\n  - name: web\n    newTag: 'v1'\n", Pin("web", None, "it's"), "change it by hand"),
        ("images:\n  - name: web\n    newTag: v1\n", Pin("web", None, "a: b"), "change it by hand"),
    ],
)
def test_what_only_a_person_can_edit_is_told(text: str, wanted: Pin, says: str) -> None:
    with pytest.raises(Unpinnable, match=says):
        with_pins(text, [wanted], FILE)


tags = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}", fullmatch=True)
digests = st.from_regex(r"sha256:[0-9a-f]{64}", fullmatch=True)
shapes = st.sampled_from(["{}", '"{}"', "'{}'"])


@given(st.lists(st.tuples(tags, shapes, st.none() | digests), min_size=1, max_size=4), st.data())
def test_an_edit_says_what_was_meant_and_leaves_the_rest(
    entries: list[tuple[str, str, str | None]], data: st.DataObject
) -> None:
    lines = ["images:"]
    for number, (tag, shape, digest) in enumerate(entries):
        lines += [f"- name: image-{number} # {number}", f"  newTag: {shape.format(tag)}   # tag", ""]
        lines[-1:] = [f"  digest: {digest}", ""] if digest else [""]
    text = "\n".join(lines) + "\nlabels: []  # kept\n"
    pins = read_pins(text, FILE)
    assert with_pins(text, pins, FILE) == text
    wanted = [replace(one, new_tag=data.draw(tags), digest=data.draw(digests)) for one in pins]
    edited = with_pins(text, wanted, FILE)
    assert [(one.new_tag, one.digest) for one in read_pins(edited, FILE)] == [(one.new_tag, one.digest) for one in wanted]

    def others(of: str) -> list[str]:
        return [line for line in of.splitlines() if "newTag" not in line and "digest" not in line]

    assert others(edited) == others(text)
