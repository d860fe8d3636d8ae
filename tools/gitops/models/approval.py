"""``policies/approvals/<environment>.yaml``: what was decided about each image, and on what ground.

Lint and promotion read nothing else, so that they give the same answer everywhere and need no network.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from gitops.models.image_policy import Platform
from gitops.models.settings import DIGEST, Document, Settings, Text
from gitops.models.vulnerability import Severity

Digest = Annotated[str, StringConstraints(pattern=DIGEST)]
Count = Annotated[int, Field(ge=0)]


class Verdict(StrEnum):
    """What was decided."""

    APPROVED = "approved"
    REFUSED = "refused"


class ScannerFacts(Settings):
    """Which program scanned, with which database."""

    name: Text
    version: Text
    database_version: int = Field(alias="databaseVersion")
    """Of the database's schema."""
    database_made: datetime = Field(alias="databaseMade")


class Counts(Settings):
    """How many vulnerabilities of a severity there are, and for how many of them there is a correction."""

    found: Count
    fixable: Count


class Decisive(Settings):
    """A vulnerability that decides over the image, or would without a waiver, a day of grace or a missing correction."""

    id: Text
    package: Text
    installed: Text
    fixed: str = ""
    """The versions that correct it; empty where nobody has."""
    severity: Severity
    published: date | None = None
    first_seen: date = Field(alias="firstSeen")
    """The day on which it was first found in this image for this environment."""
    let_through: str = Field(default="", alias="letThrough")
    """Why it does not refuse the image; empty where it does."""


class WaiverFacts(Settings):
    """A waiver without which the image would be refused."""

    rules: tuple[Text, ...]
    owner: Text
    expires: date


class Refusal(Settings):
    """Why an image is refused: the rule and what it found."""

    rule: Text
    message: Text


class Approval(Settings):
    """One digest in one environment."""

    image: Text
    """Registry and path, as the overlays name it."""
    tag: str = ""
    digest: Digest
    platforms: dict[Platform, Digest] = Field(default_factory=dict)
    """What was judged: the manifest of each platform; the digest itself where the image is for one alone."""
    scanned: datetime | None = None
    """The oldest of its scans, in UTC; absent where nobody could scan it, or nobody had to."""
    scanner: ScannerFacts | None = None
    """That of the oldest scan."""
    vulnerabilities: dict[Severity, Counts] = Field(default_factory=dict)
    """By severity, those with none left out."""
    decisive: tuple[Decisive, ...] = ()
    waivers: tuple[WaiverFacts, ...] = ()
    key: str = ""
    """SHA-256 of the public key (DER) whose signature was verified, or the identity that signed; empty: not signed."""
    verdict: Verdict
    refusals: tuple[Refusal, ...] = ()
    valid_until: date = Field(alias="validUntil")
    """The last day on which the verdict holds: then its scan, a waiver, a day of grace or its key lapses."""

    @property
    def name(self) -> str:
        """The image with its tag, if it has one."""
        return f"{self.image}:{self.tag}" if self.tag else self.image

    @property
    def identity(self) -> tuple[str, str, str]:
        """What there is one verdict of: image, tag and digest."""
        return (self.image, self.tag, self.digest)

    def approves_on(self, day: date) -> bool:
        return self.verdict is Verdict.APPROVED and day <= self.valid_until


class Approvals(Document):
    """Every image that one environment's verdicts are kept of, by image and digest."""

    approvals: tuple[Approval, ...] = ()

    @model_validator(mode="after")
    def each_image_once(self) -> Self:
        keys = [approval.identity for approval in self.approvals]
        if len(set(keys)) < len(keys):
            image, _, digest = next(key for key in keys if keys.count(key) > 1)
            raise ValueError(f"there are two verdicts on {image} with the digest {digest}")
        return self
