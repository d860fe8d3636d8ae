"""Which findings a waiver covers, and until when."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from gitops.models.finding import Finding, Level, ObjectReference
from gitops.models.waiver import Waiver

SERVICE = ObjectReference("v1", "Service", "dare", "web")
ON_OBJECT = Finding("META001", Level.ERROR, "m", "f", "base/web/service.yaml", environment="testbed", object=SERVICE)
ON_FILE = replace(ON_OBJECT, rule="TREE004", file="base/web/old.yaml", environment=None, object=None)


def _waiver(objects: str | None, rule: str = "META001", **more: Any) -> Waiver:
    fields = {"rules": [rule], "objects": [objects] if objects else [], "owner": "o", "reason": "r", "expires": "2027-01-31"}
    return Waiver.model_validate({**fields, **more})


@pytest.mark.parametrize("objects", ["Service/web", "Service/dare/web", "Service/*", "*/dare/*", "Service/w[ea]b"])
def test_an_object_is_known_by_kind_and_name_with_or_without_its_namespace(objects: str) -> None:
    assert _waiver(objects).covers(ON_OBJECT)


@pytest.mark.parametrize("objects", ["service/web", "Service/wib", "Service/prod/web", "web", "base/web/service.yaml"])
def test_another_object_is_not_covered(objects: str) -> None:
    assert not _waiver(objects).covers(ON_OBJECT)


@pytest.mark.parametrize(("objects", "covers"), [("base/web/old.yaml", True), ("base/*", True), ("old.yaml", False)])
def test_a_finding_about_the_tree_is_known_by_its_file(objects: str, covers: bool) -> None:
    assert _waiver(objects, "TREE004").covers(ON_FILE) is covers


def test_another_rule_is_not_covered() -> None:
    assert not _waiver("*", "META002").covers(ON_OBJECT)


@pytest.mark.parametrize(
    ("environments", "covers"), [((), True), (("testbed",), True), (("production",), False)], ids=["all", "this", "another"]
)
def test_a_waiver_holds_in_its_environments_only(environments: tuple[str, ...], covers: bool) -> None:
    assert _waiver("*", environments=environments).covers(ON_OBJECT) is covers


def test_a_waiver_with_environments_covers_nothing_about_the_tree() -> None:
    assert not _waiver("*", "TREE004", environments=["testbed"]).covers(ON_FILE)


@pytest.mark.parametrize(("day", "holds"), [(date(2027, 1, 30), True), (date(2027, 1, 31), True), (date(2027, 2, 1), False)])
def test_the_last_day_counts(day: date, holds: bool) -> None:
    assert _waiver("*").holds_on(day) is holds


def test_a_waiver_of_several_rules_covers_each() -> None:
    waiver = _waiver("*", rules=["META001", "META002"])
    assert waiver.covers(ON_OBJECT)
    assert waiver.covers(replace(ON_OBJECT, rule="META002"))
    assert not waiver.covers(replace(ON_OBJECT, rule="META003"))


ON_IMAGE = replace(ON_OBJECT, image="quay.io/dare/web:1.0")


@pytest.mark.parametrize(("images", "covers"), [("quay.io/dare/*", True), ("*:1.0", True), ("*:[2-9]*", False), ("web", False)])
def test_a_waiver_for_images_goes_by_the_image(images: str, covers: bool) -> None:
    assert _waiver("Service/web", images=[images]).covers(ON_IMAGE) is covers
    assert _waiver(None, images=[images]).covers(ON_IMAGE) is covers


def test_a_waiver_for_images_of_one_object_covers_no_other_object() -> None:
    assert not _waiver("Service/other", images=["*"]).covers(ON_IMAGE)


def test_a_waiver_for_images_covers_nothing_without_one() -> None:
    assert not _waiver("*", images=["?*"]).covers(ON_OBJECT)


def test_a_waiver_is_for_something() -> None:
    with pytest.raises(ValueError, match="a waiver needs objects or images"):
        _waiver(None)
