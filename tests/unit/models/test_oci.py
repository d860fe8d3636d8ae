"""Manifests and what stands in them."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.models.oci import (
    DOCKER_LIST,
    DOCKER_MANIFEST,
    OCI_INDEX,
    OCI_MANIFEST,
    Descriptor,
    MalformedManifest,
    Manifest,
    digest_of,
    has_digest,
    is_digest,
    platform_of,
)

ONE = Descriptor(OCI_MANIFEST, digest_of(b"1"), 1)
SHA512 = (
    "sha512:ee26b0dd4af7e749aa1a8ee3c10ae9923f618980772e473f8819a5d4940e0db2"
    "7ac185f8a0e1d5f84f88bc887fd67b143732c304cc5fa9ad8e6f57f50028a8ff"
)

descriptors = st.builds(
    Descriptor,
    st.sampled_from([OCI_MANIFEST, DOCKER_MANIFEST, "text/plain"]),
    st.binary().map(digest_of),
    st.integers(min_value=0),
    st.sampled_from(["", "linux/amd64", "linux/arm/v7", "linux/arm64", "unknown/unknown"]),
    st.sampled_from(["", "application/x"]),
    st.dictionaries(st.text(), st.text()),
)


@given(descriptors)
def test_a_descriptor_is_read_as_it_was_written(descriptor: Descriptor) -> None:
    assert Descriptor.read(json.loads(json.dumps(descriptor.written()))) == descriptor


@pytest.mark.parametrize(
    ("changed", "value"),
    [
        ("digest", "sha256:00"),
        ("digest", ONE.digest.upper()),
        ("digest", "md5:d41d8cd98f00b204e9800998ecf8427e"),
        ("digest", None),
        ("size", -1),
        ("size", True),
        ("size", "1"),
        ("mediaType", None),
        ("platform", {"os": 1, "architecture": "amd64"}),
    ],
)
def test_a_descriptor_that_leaves_something_open_is_refused(changed: str, value: Any) -> None:
    with pytest.raises(MalformedManifest):
        Descriptor.read({**ONE.written(), changed: value})


@pytest.mark.parametrize(
    ("described", "expected"),
    [
        ({"os": "linux", "architecture": "amd64"}, "linux/amd64"),
        ({"os": "linux", "architecture": "arm64", "variant": "v8"}, "linux/arm64"),
        ({"os": "linux", "architecture": "arm", "variant": "v7"}, "linux/arm/v7"),
        ({"os": "", "architecture": "amd64"}, ""),
        ({}, ""),
        (None, ""),
    ],
)
def test_platforms(described: Any, expected: str) -> None:
    assert platform_of(described) == expected


def test_bytes_have_the_digest_of_their_algorithm() -> None:
    assert has_digest(b"test", digest_of(b"test"))
    assert has_digest(b"test", SHA512)
    assert not has_digest(b"other", SHA512)
    assert not has_digest(b"test", SHA512.replace("sha512", "sha256"))
    assert not is_digest(None)


def manifest(media_type: str, **content: Any) -> Manifest:
    data = json.dumps({"schemaVersion": 2, **content}).encode()
    return Manifest.read(media_type, digest_of(data), data)


def test_an_index_has_children_and_an_image_has_layers() -> None:
    for media_type in (OCI_INDEX, DOCKER_LIST):
        read = manifest(media_type, manifests=[ONE.written()])
        assert (read.is_index, read.children, read.layers) == (True, (ONE,), ())
    for media_type in (OCI_MANIFEST, DOCKER_MANIFEST):
        read = manifest(media_type, config=ONE.written(), layers=[ONE.written()], mediaType=media_type)
        assert (read.is_index, read.children, read.layers, read.config) == (False, (), (ONE,), ONE)


@pytest.mark.parametrize(
    ("media_type", "content", "says"),
    [
        ("text/html", {}, "of the type 'text/html'"),
        (OCI_INDEX, {"manifests": [], "mediaType": OCI_MANIFEST}, "calls itself something else"),
        (OCI_INDEX, {"manifests": [], "layers": []}, "or with layers"),
        (OCI_INDEX, {}, "an index without manifests"),
        (OCI_MANIFEST, {"config": ONE.written(), "layers": [], "manifests": []}, "or with manifests"),
        (OCI_MANIFEST, {"config": ONE.written()}, "a manifest without layers"),
        (OCI_MANIFEST, {"layers": []}, "a reference without"),
        (OCI_MANIFEST, {"config": ONE.written(), "layers": [1]}, "a reference without"),
        (OCI_MANIFEST, {"schemaVersion": 1}, "schema version 2"),
    ],
)
def test_what_two_readers_could_understand_differently_is_no_manifest(
    media_type: str, content: dict[str, Any], says: str
) -> None:
    with pytest.raises(MalformedManifest, match=says):
        manifest(media_type, **content)
