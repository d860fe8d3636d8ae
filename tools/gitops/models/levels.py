"""``policies/levels.yaml``: how much a rule weighs in an environment."""

from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from gitops.models.finding import Level
from gitops.models.settings import RULE_OR_FAMILY, Document, Name

RuleOrFamily = Annotated[str, StringConstraints(pattern=RULE_OR_FAMILY)]


class Setting(StrEnum):
    """What an environment makes of a rule."""

    ERROR = "error"
    WARNING = "warning"
    OFF = "off"

    @property
    def level(self) -> Level | None:
        """The level of its findings; None where they are not wanted."""
        return None if self is Setting.OFF else Level(self.value)


# An `off` without quotes is a truth value to YAML as Kubernetes reads it.
_Setting = Annotated[Setting, BeforeValidator(lambda value: Setting.OFF.value if value is False else value)]


def family_of(rule: str) -> str:
    """``NET`` of ``NET004``."""
    return rule.rstrip("0123456789")


def severest(levels: list[Level | None]) -> Level | None:
    """The level that weighs most; None (off) where there is no other."""
    return Level.ERROR if Level.ERROR in levels else Level.WARNING if Level.WARNING in levels else None


class Levels(Document):
    """What each environment makes of rules that should not weigh there what they weigh by themselves."""

    levels: dict[Name, dict[RuleOrFamily, _Setting]] = Field(default_factory=dict)
    """By the environment's name, a folder of ``overlays/``, then by rule or family; a rule goes before its family."""

    def of(self, environment: str, rule: str, default: Level = Level.ERROR) -> Level | None:
        """The level of a rule in an environment; None where it is off, ``default`` where nothing is said of it."""
        said = self.levels.get(environment, {})
        setting = said.get(rule) or said.get(family_of(rule))
        return setting.level if setting else default
