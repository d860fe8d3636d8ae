"""What is made of a registry's answers."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from gitops.adapters.registry import Reason, Registry, RegistryFailed
from gitops.adapters.resolution_store import ResolutionStore
from gitops.models.image import ImageReference
from gitops.models.inventory import NamedImage, Outcome
from gitops.models.oci import OCI_INDEX, OCI_MANIFEST, Descriptor, Manifest, digest_of
from gitops.services.resolving import NO_PLATFORM, keep, resolve, resolve_all

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
INDEX = digest_of(b"index")
OTHER = digest_of(b"other")
CHILDREN = (
    Descriptor(OCI_MANIFEST, digest_of(b"first"), 1, "linux/amd64"),
    Descriptor(OCI_MANIFEST, digest_of(b"second"), 1, "linux/amd64"),
    Descriptor(OCI_MANIFEST, digest_of(b"attestation"), 1, "unknown/unknown"),
)


@dataclass
class FakeRegistry:
    """Answers the same to all: ``tag`` is where any tag leads, a failure is raised in its place."""

    tag: str | RegistryFailed = INDEX
    children: tuple[Descriptor, ...] = CHILDREN
    failing: frozenset[str] = frozenset()
    stopped: bool = False
    asked: list[str] = field(default_factory=list)

    def manifest(self, image: ImageReference) -> Manifest:
        self.asked.append(str(image))
        if image.path in self.failing:
            raise RegistryFailed(Reason.BUSY, f"{image}: too many requests")
        return Manifest(OCI_INDEX, image.digest or INDEX, b"", {})

    def platforms(self, image: ImageReference, manifest: Manifest) -> tuple[Descriptor, ...]:
        return self.children

    def digest(self, image: ImageReference) -> str:
        if isinstance(self.tag, RegistryFailed):
            raise self.tag
        return self.tag

    def stop(self) -> None:
        self.stopped = True


def named(text: str) -> NamedImage:
    return NamedImage(ImageReference.parse(text), ())


def asked(fake: FakeRegistry, text: str, platforms: tuple[str, ...] = ("linux/amd64",)) -> Any:
    return resolve(cast("Registry", fake), named(text), platforms)


def test_a_tag_leads_to_a_digest_and_the_first_manifest_of_a_platform_counts() -> None:
    one = asked(FakeRegistry(), "quay.io/a:1")
    assert (one.outcome, one.digest, one.platforms) == (Outcome.RESOLVED, INDEX, {"linux/amd64": CHILDREN[0].digest})


@pytest.mark.parametrize(
    ("tag", "outcome", "now", "says"),
    [
        (INDEX, Outcome.CHECKED, "", ""),
        (OTHER, Outcome.MOVED, OTHER, f"quay.io/a:1 leads to {OTHER} by now"),
        (RegistryFailed(Reason.ABSENT, "gone"), Outcome.MOVED, "", "quay.io/a:1 is gone from its registry"),
        (RegistryFailed(Reason.BROKEN, "the registry is not well"), Outcome.FAILED, "", "the registry is not well"),
    ],
)
def test_a_pinned_image_is_held_against_its_tag(tag: str | RegistryFailed, outcome: Outcome, now: str, says: str) -> None:
    one = asked(FakeRegistry(tag), f"quay.io/a:1@{INDEX}")
    assert (one.outcome, one.digest, one.now) == (outcome, INDEX, now)
    assert says in one.message


def test_a_digest_without_a_tag_has_no_tag_to_be_held_against() -> None:
    assert asked(FakeRegistry(OTHER), f"quay.io/a@{INDEX}").outcome is Outcome.CHECKED


@pytest.mark.parametrize("text", ["quay.io/a:1", f"quay.io/a:1@{INDEX}"])
def test_every_platform_has_to_be_there(text: str) -> None:
    one = asked(FakeRegistry(), text, ("linux/amd64", "linux/arm64"))
    assert (one.outcome, one.reason) == (Outcome.FAILED, NO_PLATFORM)
    assert "nothing in it runs on linux/arm64, as" in one.message


def test_one_failure_stops_no_other() -> None:
    fake = FakeRegistry(failing=frozenset({"b"}))
    seen: list[Outcome] = []
    images = [named(f"quay.io/{letter}:1") for letter in "abc"]
    found = resolve_all(cast("Registry", fake), images, ("linux/amd64",), 2, lambda one: seen.append(one.outcome))
    assert [(one.image, one.outcome) for one in found] == [
        (images[0], Outcome.RESOLVED),
        (images[1], Outcome.FAILED),
        (images[2], Outcome.RESOLVED),
    ]
    assert found[1].reason == Reason.BUSY
    assert len(seen) == 3


def test_an_interrupt_asks_for_no_more() -> None:
    fake = FakeRegistry()

    def interrupt(one: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        resolve_all(cast("Registry", fake), [named(f"quay.io/a:{number}") for number in range(50)], (), 1, interrupt)
    assert fake.stopped
    assert len(fake.asked) < 50


def test_where_tags_led_is_kept(tmp_path: Path) -> None:
    store = ResolutionStore(tmp_path)
    for fake, text, led in (
        (FakeRegistry(), "quay.io/resolved:1", INDEX),
        (FakeRegistry(), f"quay.io/checked:1@{INDEX}", INDEX),
        (FakeRegistry(OTHER), f"quay.io/moved:1@{INDEX}", OTHER),
        (FakeRegistry(failing=frozenset({"failed"})), "quay.io/failed:1", None),
        (FakeRegistry(RegistryFailed(Reason.ABSENT, "")), f"quay.io/gone:1@{INDEX}", None),
        (FakeRegistry(), f"quay.io/untagged@{INDEX}", None),
    ):
        keep(store, asked(fake, text), NOW)
        kept = store.resolution(text.partition("@")[0])
        assert (kept.digest if kept else None) == led, text
        assert kept is None or kept.when == NOW


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '{"image": "quay.io/b:1", "digest": "' + INDEX + '", "when": "2026-11-24T12:00:00+00:00"}',
        '{"image": "quay.io/a:1"}',
    ],
)
def test_a_damaged_entry_counts_as_absent(text: str, tmp_path: Path) -> None:
    store = ResolutionStore(tmp_path)
    store.keep_resolution("quay.io/a:1", INDEX, NOW)
    (file,) = tmp_path.rglob("*.json")
    file.write_text(text, encoding="utf-8")
    assert store.resolution("quay.io/a:1") is None
