"""Images as folders: every sort of image that registries hold, and nothing that was not held against its digest."""

import gzip
from pathlib import Path

import pytest

from gitops.adapters import image_layout
from gitops.adapters.docker_config import DockerConfig
from gitops.adapters.http import Http, Patience
from gitops.adapters.image_layout import Layout
from gitops.adapters.registry import Reason, Registry, RegistryFailed
from gitops.adapters.trivy import Trivy
from gitops.adapters.trivy_program import TrivyProgram
from gitops.models.image import ImageReference
from gitops.models.oci import DOCKER_CONFIG, DOCKER_MANIFEST, OCI_CONFIG, digest_of
from tests.integration.scan.scene import replies
from tests.support.images import OCI_LAYER, Image, artifact, image, index
from tests.support.misbehaving import Misbehaving
from tests.support.trivy_db import Database

CONFIG, LAYER = image().blobs.values()
PACKED = gzip.compress(LAYER, mtime=0)


def docker_image() -> Image:
    """As Docker pushes it: another type of everything."""
    made = artifact(CONFIG, PACKED, config_type=DOCKER_CONFIG, layer_type="application/vnd.docker.image.rootfs.diff.tar.gzip")
    data = made.data.replace(b"application/vnd.oci.image.manifest.v1+json", DOCKER_MANIFEST.encode())
    return Image(DOCKER_MANIFEST, data, made.blobs)


SORTS = {
    "plain": image(),
    "packed": artifact(CONFIG, PACKED, config_type=OCI_CONFIG, layer_type=f"{OCI_LAYER}+gzip"),
    "Docker's": docker_image(),
}


def fetch(server: Misbehaving, digest: str, folder: Path) -> Layout:
    config = DockerConfig({"DOCKER_CONFIG": str(folder)})
    registry = Registry(Http(Patience(tries=1)), config, lambda repository: repository)
    return image_layout.fetch(registry, ImageReference.parse(f"{server.host}/team/web@{digest}"), folder / "layout")


@pytest.mark.parametrize("sort", SORTS)
def test_every_sort_of_image_can_be_scanned(sort: str, tmp_path: Path, pinned_trivy: TrivyProgram) -> None:
    pushed = SORTS[sort]
    with Misbehaving(replies(pushed, "team/web")) as server:
        layout = fetch(server, pushed.digest, tmp_path)
    assert layout.built is not None
    assert layout.built.isoformat() == "2026-11-01T12:00:00+00:00"
    trivy = Trivy(pinned_trivy, tmp_path / "scratch")
    _, answer = trivy.scan(trivy.sbom(layout), Database().write(tmp_path / "database"))
    assert len(answer.vulnerabilities) == 6


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("number", [0, 1], ids=["configuration", "layer"])
def test_other_bytes_are_refused(sort: str, number: int, tmp_path: Path) -> None:
    """A layer whose bytes are another, but sound, layer is what a scanner would take without a word."""
    pushed = SORTS[sort]
    digest = list(pushed.blobs)[number]
    other = pushed.blobs[digest].replace(b"4.17.4", b"9.99.9").replace(b"/app", b"/bad")
    if number and sort != "plain":
        other = gzip.compress(LAYER.replace(b"4.17.4", b"9.99.9"), mtime=0)
    answers = replies(pushed, "team/web")
    path = f"/v2/team/web/blobs/{digest}"
    answers[path] = [answers[path][0]._replace(body=other)]
    with Misbehaving(answers) as server, pytest.raises(RegistryFailed) as failure:
        fetch(server, pushed.digest, tmp_path)
    assert failure.value.reason is Reason.WRONG


@pytest.mark.parametrize(
    "pushed",
    [
        pytest.param(index(image()), id="an index"),
        pytest.param(
            artifact(b"{}", b"x", config_type="application/vnd.example", layer_type="text/plain"), id="something else"
        ),
    ],
)
def test_what_is_no_image_is_refused(pushed: Image, tmp_path: Path) -> None:
    with Misbehaving(replies(pushed, "team/web")) as server, pytest.raises(RegistryFailed, match="no image for one platform"):
        fetch(server, pushed.digest, tmp_path)


@pytest.mark.parametrize(
    ("config", "built"),
    [
        (b'{"created": "2026-11-01T12:00:00.123456789+02:00"}', "2026-11-01T10:00:00.123456+00:00"),
        (b'{"created": "0001-01-01T00:00:00Z"}', None),
        (b'{"created": "yesterday"}', None),
        (b'{"created": 7}', None),
        (b'{"created": "2026-11-01T12:00:00"}', None),
        (b"{}", None),
        (b"no JSON", None),
        (b"[" * 100_000, None),
    ],
)
def test_when_an_image_was_built(config: bytes, built: str | None) -> None:
    told = image_layout._built(config)
    assert (told.isoformat() if told else None) == built


def test_the_digest_of_the_image_is_that_of_its_bytes(tmp_path: Path) -> None:
    pushed = image()
    answers = replies(pushed, "team/web")
    wanted = digest_of(b"another")
    answers[f"/v2/team/web/manifests/{wanted}"] = answers[f"/v2/team/web/manifests/{pushed.digest}"]
    with Misbehaving(answers) as server, pytest.raises(RegistryFailed, match="are not those of the digest"):
        fetch(server, wanted, tmp_path)
