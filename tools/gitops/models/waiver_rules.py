"""``policies/waiver-rules.yaml``: how long and how broad a waiver may be.

What stands here as default is the most that the file can allow: it can only ask for more. A merge request is held to the file
of its target branch as well, so that it cannot widen the rules for itself.
"""

from datetime import date, timedelta
from enum import StrEnum
from typing import Self, TypeVar

from pydantic import Field

from gitops.models.levels import RuleOrFamily, family_of
from gitops.models.settings import Document, Settings
from gitops.models.waiver import ALL, Waiver

LONGEST_LIFE = 400
NOTICE = timedelta(days=14)

# What a glob has besides text of its own: one of nothing else matches whatever has as many parts.
_EMPTY = "*?/.:@"


class RuleBreadth(StrEnum):
    """How many rules one entry of a waiver's ``rules`` may stand for, narrowest first."""

    RULE = "rule"
    FAMILY = "family"
    ALL = "all"


class ObjectBreadth(StrEnum):
    """What one entry of a waiver's ``objects`` or ``images`` may be, narrowest first."""

    NAME = "name"
    GLOB = "glob"
    ALL = "all"


_Breadth = TypeVar("_Breadth", RuleBreadth, ObjectBreadth)


class Broadest(Settings):
    """The broadest entries that a waiver may have."""

    rules: RuleBreadth = RuleBreadth.ALL
    objects: ObjectBreadth = ObjectBreadth.ALL


class WaiverRules(Document):
    """What a waiver must keep to, or it silences nothing."""

    longest_life: int = Field(default=LONGEST_LIFE, alias="longestLife", ge=1, le=LONGEST_LIFE)
    """How many days ahead a waiver may end."""
    broadest: Broadest = Broadest()
    """Whatever stands here, no waiver is for every object and more than single rules."""
    not_waivable: tuple[RuleOrFamily, ...] = Field(default=(), alias="notWaivable")
    """Rules and families that nobody may waive, besides those that the tools never let be waived."""

    def with_those_of(self, other: Self) -> "WaiverRules":
        """What keeps to both."""
        return WaiverRules.model_construct(
            longest_life=min(self.longest_life, other.longest_life),
            broadest=Broadest(
                rules=_narrower(self.broadest.rules, other.broadest.rules),
                objects=_narrower(self.broadest.objects, other.broadest.objects),
            ),
            not_waivable=(*self.not_waivable, *other.not_waivable),
        )

    def too_long(self, waiver: Waiver, today: date) -> bool:
        """Whether the waiver ends further ahead than is allowed."""
        return waiver.expires - today > timedelta(days=self.longest_life)

    def too_broad(self, waiver: Waiver) -> str:
        """What of the waiver is broader than is allowed, empty where nothing is."""
        rules, objects = _breadth_of_rules(waiver), _breadth_of_objects(waiver)
        if objects is ObjectBreadth.ALL and rules is not RuleBreadth.RULE:
            return "it is for every object and not for single rules"
        if _rank(rules) > _rank(self.broadest.rules):
            return f"its rules go as far as '{rules.value}', and '{self.broadest.rules.value}' is the broadest here"
        if _rank(objects) > _rank(self.broadest.objects):
            return f"its objects go as far as '{objects.value}', and '{self.broadest.objects.value}' is the broadest here"
        return ""

    def forbid(self, rule: str) -> bool:
        """Whether the file says that nobody may waive the rule."""
        return rule in self.not_waivable or family_of(rule) in self.not_waivable


def _breadth_of_rules(waiver: Waiver) -> RuleBreadth:
    if ALL in waiver.rules:
        return RuleBreadth.ALL
    single = all(rule[-1].isdigit() for rule in waiver.rules)
    return RuleBreadth.RULE if single else RuleBreadth.FAMILY


def _breadth_of_objects(waiver: Waiver) -> ObjectBreadth:
    """Objects and images narrow each other where a waiver has both."""
    return min((_breadth(patterns) for patterns in (waiver.objects, waiver.images) if patterns), key=_rank)


def _breadth(patterns: tuple[str, ...]) -> ObjectBreadth:
    if any(not pattern.strip(_EMPTY) for pattern in patterns):
        return ObjectBreadth.ALL
    globs = any(sign in pattern for pattern in patterns for sign in "*?[")
    return ObjectBreadth.GLOB if globs else ObjectBreadth.NAME


def _rank(breadth: RuleBreadth | ObjectBreadth) -> int:
    return list(type(breadth)).index(breadth)


def _narrower(one: _Breadth, other: _Breadth) -> _Breadth:
    return min(one, other, key=_rank)
