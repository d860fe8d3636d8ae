"""``policies/waivers.yaml``: what is known to be wrong and accepted, by whom, why and until when."""

from datetime import date
from fnmatch import fnmatchcase
from typing import Annotated

from pydantic import Field, StringConstraints

from gitops.models.finding import Finding
from gitops.models.settings import RULE_ID, Document, Name, Settings, Text

RuleId = Annotated[str, StringConstraints(pattern=RULE_ID)]


class Waiver(Settings):
    """Silences one rule for named objects until a day; that day is the last on which it holds."""

    rule: RuleId
    environments: tuple[Name, ...] = ()
    """Where it holds; every environment when absent."""
    objects: tuple[Text, ...] = Field(min_length=1)
    """What it holds for: ``Kind/name`` or ``Kind/namespace/name``, or a file for findings about the tree; globs."""
    owner: Text
    """Who answers for it."""
    reason: Text
    ticket: Text | None = None
    """Where it is discussed."""
    expires: date

    def covers(self, finding: Finding) -> bool:
        """Whether this waiver is about the finding, leaving the day aside."""
        if self.rule != finding.rule:
            return False
        if self.environments and finding.environment not in self.environments:
            return False
        names = _names(finding)
        return any(fnmatchcase(name, pattern) for pattern in self.objects for name in names)

    def holds_on(self, day: date) -> bool:
        return day <= self.expires


class Waivers(Document):
    """Every waiver of the repository."""

    waivers: tuple[Waiver, ...] = ()


def _names(finding: Finding) -> tuple[str, ...]:
    """The names under which a waiver may know what the finding is about."""
    if finding.object is None:
        return (finding.file,)
    target = finding.object
    return (f"{target.kind}/{target.name}", f"{target.kind}/{target.namespace}/{target.name}")
