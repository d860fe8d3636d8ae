"""Which globs may match a name, and which match all that others do."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.models.globs import GlobIndex, contains

_GLOBS = st.text("ab*?[]!/", max_size=7)
_NAMES = st.text("ab[]!/", max_size=7)


@pytest.mark.parametrize(
    ("wide", "narrow", "inside"),
    [
        ("*", "anything/at[a-z]all*", True),
        ("Deployment/*", "Deployment/dare/web", True),
        ("Deployment/*/web", "Deployment/*", False),
        ("*web*", "web", True),
        ("a?c", "abc", True),
        ("a?c", "a*c", False),
        ("a[bc]d", "abd", True),
        ("a[!bc]d", "abd", False),
        ("a[bc]d", "a[bc]d", True),
        ("a**b", "axb", True),
        ("*.yaml", "base/*/x.yaml", True),
        ("abc", "ab", False),
        ("ab", "abc", False),
        ("", "", True),
    ],
)
def test_a_glob_inside_another(wide: str, narrow: str, inside: bool) -> None:
    assert contains(wide, narrow) is inside


@given(_GLOBS, _GLOBS, _NAMES)
def test_what_is_said_to_be_inside_is(wide: str, narrow: str, name: str) -> None:
    if contains(wide, narrow) and fnmatchcase(name, narrow):
        assert fnmatchcase(name, wide)


@given(_GLOBS, _NAMES)
def test_the_index_loses_nothing_that_matches(glob: str, name: str) -> None:
    index = GlobIndex()
    index.add([glob], 7)
    assert not fnmatchcase(name, glob) or index.matching(name) == {7}


@given(_GLOBS, _GLOBS)
def test_the_index_loses_nothing_that_is_inside(wide: str, narrow: str) -> None:
    index = GlobIndex()
    index.add([wide], 7)
    assert not contains(wide, narrow) or index.containing(narrow) == {7}
