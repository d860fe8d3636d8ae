"""What an environment makes of a rule."""

import pytest

from gitops.models.finding import Level
from gitops.models.levels import Levels, severest

LEVELS = Levels.model_validate({"levels": {"testbed": {"IMG": "off", "IMG002": "warning", "API002": "error", "NET": False}}})


@pytest.mark.parametrize(
    ("environment", "rule", "level"),
    [
        ("testbed", "IMG002", Level.WARNING),
        ("testbed", "IMG001", None),
        ("testbed", "API002", Level.ERROR),
        ("testbed", "NET004", None),
        ("testbed", "META001", Level.ERROR),
        ("production", "IMG002", Level.ERROR),
    ],
    ids=["rule before family", "family", "raised", "off without quotes", "nothing said", "another environment"],
)
def test_the_level_of_a_rule(environment: str, rule: str, level: Level | None) -> None:
    assert LEVELS.of(environment, rule) is level


def test_a_rule_weighs_what_it_weighs_by_itself_where_nothing_is_said() -> None:
    assert LEVELS.of("production", "WAIVER002", Level.WARNING) is Level.WARNING


def test_the_severest_level() -> None:
    assert severest([None, Level.WARNING, Level.ERROR]) is Level.ERROR
    assert severest([None, Level.WARNING]) is Level.WARNING
    assert severest([None]) is None
