"""The editor of pins on every overlay that there is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.models.oci import digest_of
from gitops.repository.pins import read_pins, with_pins
from tests.repository.conftest import ROOT

FILES = sorted(path.relative_to(ROOT).as_posix() for path in ROOT.glob("overlays/*/*/kustomization.yaml"))
PINNED = [file for file in FILES if read_pins((ROOT / file).read_text(encoding="utf-8"), file)]


def text_of(file: str) -> str:
    return (ROOT / file).read_bytes().decode()


def test_most_overlays_pin_images() -> None:
    assert len(PINNED) > 50


@pytest.mark.parametrize("file", FILES)
def test_an_edit_that_changes_nothing_changes_no_byte(file: str) -> None:
    text = text_of(file)
    assert with_pins(text, read_pins(text, file), file) == text


@given(st.sampled_from(PINNED), st.data())
def test_setting_digests_adds_these_lines_and_touches_no_other(file: str, data: st.DataObject) -> None:
    text = text_of(file)
    chosen = data.draw(st.lists(st.sampled_from(read_pins(text, file)), min_size=1, unique=True))
    pins = [replace(pin, digest=digest_of(data.draw(st.binary(max_size=4)))) for pin in chosen]
    edited = with_pins(text, pins, file)
    without = [replace(pin, digest=None) for pin in pins]
    assert with_pins(edited, without, file) == with_pins(text, without, file)
    assert {pin.name: pin.digest for pin in read_pins(edited, file)} == {
        **{pin.name: pin.digest for pin in read_pins(text, file)},
        **{pin.name: pin.digest for pin in pins},
    }
    added = [line for line in edited.splitlines(keepends=True) if line.lstrip().startswith("digest:")]
    rest = [line for line in edited.splitlines(keepends=True) if not line.lstrip().startswith("digest:")]
    assert rest == [line for line in text.splitlines(keepends=True) if not line.lstrip().startswith("digest:")]
    assert len(added) >= len(pins)
