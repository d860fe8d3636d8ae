"""The globs of waivers as the regular expressions that the admission policies read, and what a level makes of a policy."""

import re
from fnmatch import fnmatchcase

import pytest

from gitops.models.finding import Level
from gitops.services.bindings import regular_expression, usual_level

NAMES = [
    "quay.io/dare/web",
    "quay.io/dare/web:v1",
    "quayxio/dare/web",
    "web:1",
    "web:-",
    "web:]",
    "web:^",
    "web:a",
    "a\\b",
    "[a]",
    "",
]


@pytest.mark.parametrize(
    "glob",
    [
        "quay.io/dare/*",
        "*:[v0-9]*",
        "web:?",
        "web:[!a]",
        "web:[]^]",
        "web:[^a]",
        "web:[0-9-]",
        "[a",
        "[[]a]",
        "*",
        "a\\b",
        "web:[",
    ],
)
def test_a_glob_and_its_expression_match_the_same(glob: str) -> None:
    expression = regular_expression(glob)
    assert [bool(re.search(expression, name)) for name in NAMES] == [fnmatchcase(name, glob) for name in NAMES]


def test_production_refuses_others_warn_and_leave_out_what_is_about_production() -> None:
    assert usual_level("production", "REL004") is usual_level("production", "SEC002") is Level.ERROR
    assert usual_level("testbed", "SEC002") is Level.WARNING
    assert usual_level("testbed", "REL004") is None
