"""The registry adapter against a real registry on loopback."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from gitops.adapters.docker_config import DockerConfig
from gitops.adapters.http import Http
from gitops.adapters.registry import Reason, Registry, RegistryFailed, referrers_tag
from gitops.models.image import ImageReference
from gitops.models.oci import EMPTY_TYPE, OCI_INDEX, digest_of
from tests.support.images import AMD64, ARM64, Contents, artifact, image, index
from tests.support.registry import registry

BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture
def client(tmp_path: Path) -> Registry:
    return Registry(Http(), DockerConfig({"DOCKER_CONFIG": str(tmp_path)}), lambda repository: repository)


def test_an_image_comes_back_as_it_was_pushed(host: str, client: Registry) -> None:
    pushed = image()
    assert pushed.push(client, f"{host}/team/app", "1.0") == pushed.digest
    reference = ImageReference.parse(f"{host}/team/app:1.0")
    manifest = client.manifest(reference)
    assert (manifest.data, manifest.digest, manifest.is_index) == (pushed.data, pushed.digest, False)
    assert client.manifest(reference.pinned(pushed.digest)) == manifest
    assert client.digest(reference.pinned(digest_of(b"elsewhere"))) == pushed.digest
    assert [one.platform for one in client.platforms(reference, manifest)] == [AMD64]
    assert json.loads(client.blob(f"{host}/team/app", manifest.config.digest))["os"] == "linux"


def test_an_index_tells_its_platforms(host: str, client: Registry) -> None:
    pushed = index(image(), image(platform=ARM64))
    pushed.push(client, f"{host}/team/several", "1.0")
    reference = ImageReference.parse(f"{host}/team/several:1.0")
    manifest = client.manifest(reference)
    assert {one.platform: one.digest for one in client.platforms(reference, manifest)} == {
        child.platform: child.digest for child in pushed.children
    }
    assert manifest.media_type == OCI_INDEX
    for child in pushed.children:
        assert client.manifest(replace(reference, digest=child.digest)).data == child.data


def test_what_is_not_there_is_absent(host: str, client: Registry) -> None:
    image().push(client, f"{host}/team/app", "1.0")
    assert client.tag_exists(ImageReference.parse(f"{host}/team/app:1.0"))
    assert not client.tag_exists(ImageReference.parse(f"{host}/team/app:2.0"))
    for reference in (f"{host}/team/app:2.0", f"{host}/team/none", f"{host}/team/app@{digest_of(b'')}"):
        with pytest.raises(RegistryFailed, match="it is not there") as caught:
            client.manifest(ImageReference.parse(reference))
        assert caught.value.reason is Reason.ABSENT
    with pytest.raises(RegistryFailed) as caught:
        client.blob(f"{host}/team/app", digest_of(b"no blob"))
    assert caught.value.reason is Reason.ABSENT


def test_what_belongs_to_an_image_is_found_by_the_tag_that_stands_in_for_a_list(host: str, client: Registry) -> None:
    pushed = image(Contents(files={"app/run": "#!/bin/sh\n"}))
    repository = f"{host}/team/signed"
    pushed.push(client, repository, "1.0")
    reference = ImageReference.parse(f"{repository}:1.0")
    assert client.referrers(reference, pushed.digest) == ()
    bundles = [
        artifact(
            b"{}",
            text,
            config_type=EMPTY_TYPE,
            layer_type=BUNDLE,
            artifactType=BUNDLE,
            subject=pushed.descriptor.written(),
            annotations={"made": "first" if text == b"one" else "later"},
        )
        for text in (b"one", b"two")
    ]
    for bundle in (*bundles, bundles[0]):
        bundle.push(client, repository)
    found = client.referrers(reference, pushed.digest)
    assert [(one.digest, one.artifact_type, one.annotations["made"]) for one in found] == [
        (bundles[0].digest, BUNDLE, "first"),
        (bundles[1].digest, BUNDLE, "later"),
    ]
    assert client.manifest(ImageReference.parse(f"{repository}:{referrers_tag(pushed.digest)}")).is_index


def test_images_are_fetched_at_the_mirror_of_their_registry(host: str, tmp_path: Path) -> None:
    config = DockerConfig({"DOCKER_CONFIG": str(tmp_path)})
    mirrored = Registry(Http(), config, lambda repository: repository.replace("docker.io", f"{host}/hub", 1))
    pushed = image()
    pushed.push(mirrored, "docker.io/library/redis", "7")
    assert mirrored.manifest(ImageReference.parse("redis:7")).digest == pushed.digest
    direct = Registry(Http(), config, lambda repository: repository)
    assert direct.tag_exists(ImageReference.parse(f"{host}/hub/library/redis:7"))
    with pytest.raises(RegistryFailed, match=rf"^docker\.io/library/redis:8: http://{host}/v2/hub/library/redis/"):
        mirrored.manifest(ImageReference.parse("redis:8"))


def test_something_else_than_an_image_has_no_platforms(host: str, client: Registry) -> None:
    chart = artifact(b"{}", b"chart", config_type="application/vnd.cncf.helm.config.v1+json", layer_type="application/x-tar")
    chart.push(client, f"{host}/team/chart", "1.0")
    reference = ImageReference.parse(f"{host}/team/chart:1.0")
    with pytest.raises(RegistryFailed, match="it is no image") as caught:
        client.platforms(reference, client.manifest(reference))
    assert caught.value.reason is Reason.WRONG
