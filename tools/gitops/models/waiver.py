"""``policies/waivers.yaml``: what is known to be wrong and accepted, by whom, why and until when."""

from datetime import date
from fnmatch import fnmatchcase
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from gitops.models.finding import Finding
from gitops.models.globs import contains
from gitops.models.levels import family_of
from gitops.models.settings import WAIVABLE, Document, Name, Settings, Text

Waivable = Annotated[str, StringConstraints(pattern=WAIVABLE)]
ALL = "*"


class Waiver(Settings):
    """Silences rules for named objects or images until a day; that day is the last on which it holds."""

    rules: tuple[Waivable, ...] = Field(min_length=1)
    """Rules, families of rules, vulnerabilities, or * for whatever there is; several where one cause breaks several."""
    environments: tuple[Name, ...] = ()
    """Where it holds; every environment when absent."""
    objects: tuple[Text, ...] = ()
    """What it holds for: ``Kind/name`` or ``Kind/namespace/name``, or a file for findings about the tree; globs."""
    images: tuple[Text, ...] = ()
    """The images that it holds for, as the objects name them; globs. With objects: those images in those objects."""
    packages: tuple[Text, ...] = ()
    """The packages in images that it holds for, by name or package URL (``pkg:npm/lodash@*``); globs."""
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
        if not self.is_about(finding.rule) and finding.vulnerability not in self.rules:
            return False
        if self.environments and finding.environment not in self.environments:
            return False
        if self.images and not any(fnmatchcase(finding.image, pattern) for pattern in self.images):
            return False
        if self.packages and not any(fnmatchcase(name, glob) for glob in self.packages for name in finding.packages):
            return False
        names = names_of(finding)
        return not self.objects or any(fnmatchcase(name, pattern) for pattern in self.objects for name in names)

    def is_about(self, rule: str) -> bool:
        """Whether its rules name this one, its family or all."""
        return rule in self.rules or family_of(rule) in self.rules or ALL in self.rules

    def contains(self, other: "Waiver") -> bool:
        """Whether this waiver covers whatever the other does, for as long."""
        return (
            all(self.is_about(rule) for rule in other.rules)
            and (not self.environments or (bool(other.environments) and {*other.environments} <= {*self.environments}))
            and _contain(self.objects, other.objects)
            and _contain(self.images, other.images)
            and _contain(self.packages, other.packages)
            and self.expires >= other.expires
        )

    def holds_in(self, environment: str) -> bool:
        return not self.environments or environment in self.environments

    def holds_on(self, day: date) -> bool:
        return day <= self.expires


class Waivers(Document):
    """Every waiver of the repository."""

    waivers: tuple[Waiver, ...] = ()


def _contain(wide: tuple[str, ...], narrow: tuple[str, ...]) -> bool:
    """Whether the globs match whatever the others match; none stand for everything."""
    return not wide or (bool(narrow) and all(any(contains(glob, other) for glob in wide) for other in narrow))


def names_of(finding: Finding) -> tuple[str, ...]:
    """The names under which a waiver may know what the finding is about."""
    if finding.object is None:
        return (finding.file,)
    target = finding.object
    return (f"{target.kind}/{target.name}", f"{target.kind}/{target.namespace}/{target.name}")
