"""The globs of waivers as the regular expressions that the admission policies read."""

import re
from fnmatch import fnmatchcase

import pytest

from gitops.services.bindings import regular_expression

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
