"""``policies/waivers.yaml``: what is known to be wrong and accepted, by whom, why and until when."""

from datetime import date
from fnmatch import fnmatchcase
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from gitops.models.finding import Finding
from gitops.models.settings import RULE_ID, Document, Name, Settings, Text

RuleId = Annotated[str, StringConstraints(pattern=RULE_ID)]


class Waiver(Settings):
    """Silences rules for named objects or images until a day; that day is the last on which it holds."""

    rules: tuple[RuleId, ...] = Field(min_length=1)
    """Several where one cause breaks several."""
    environments: tuple[Name, ...] = ()
    """Where it holds; every environment when absent."""
    objects: tuple[Text, ...] = ()
    """What it holds for: ``Kind/name`` or ``Kind/namespace/name``, or a file for findings about the tree; globs."""
    images: tuple[Text, ...] = ()
    """The images that it holds for, as the objects name them; globs. With objects: those images in those objects."""
    owner: Text
    """Who answers for it."""
    reason: Text
    ticket: Text | None = None
    """Where it is discussed."""
    expires: date

    @model_validator(mode="after")
    def for_something(self) -> Self:
        if not self.objects and not self.images:
            raise ValueError("a waiver needs objects or images that it holds for")
        return self

    def covers(self, finding: Finding) -> bool:
        """Whether this waiver is about the finding, leaving the day aside."""
        if finding.rule not in self.rules:
            return False
        if self.environments and finding.environment not in self.environments:
            return False
        if self.images and not any(fnmatchcase(finding.image, pattern) for pattern in self.images):
            return False
        names = _names(finding)
        return not self.objects or any(fnmatchcase(name, pattern) for pattern in self.objects for name in names)

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
