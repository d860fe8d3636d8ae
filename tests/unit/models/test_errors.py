"""Names that do not exist, and the ones that were meant."""

import pytest

from gitops.models.errors import UserError, unknown_name


@pytest.mark.parametrize(
    ("name", "known", "message"),
    [
        pytest.param("testbad", ["testbed", "production"], "did you mean 'testbed'?", id="one is near"),
        pytest.param(
            "keycloack", ["keycloak-db", "keycloak"], "did you mean 'keycloak' or 'keycloak-db'?", id="the nearest first"
        ),
        pytest.param("ab", ["aba", "abc", "abd"], "did you mean 'abd', 'abc' or 'aba'?", id="three are near"),
        pytest.param("xyz", ["testbed", "production"], "did you mean 'production' or 'testbed'?", id="none is near: all"),
        pytest.param("xyz", [], "this repository has none", id="there are none"),
    ],
)
def test_an_unknown_name_is_answered_with_the_names_that_exist(name: str, known: list[str], message: str) -> None:
    error = unknown_name("environment", name, known)
    assert isinstance(error, UserError)
    assert str(error).startswith(f"unknown environment '{name}'")
    assert str(error).endswith(message)
