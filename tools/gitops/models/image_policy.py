"""``policies/images.yaml``: which images an environment may run.

Harbor enforces part of it when an image is pulled (severity, signature, unscanned); what Harbor cannot do is left to the gate.
Whether an image needs a digest is the level of the rule IMG002 (``policies/levels.yaml``).
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from gitops.models.settings import PLATFORM, REGISTRY, Document, Name, Settings, Text
from gitops.models.vulnerability import Severity

Registry = Annotated[str, StringConstraints(pattern=REGISTRY)]
Platform = Annotated[str, StringConstraints(pattern=PLATFORM)]
Days = Annotated[int, Field(ge=0, le=3650)]


class Threshold(StrEnum):
    """A severity from which on something happens."""

    NONE = Severity.NONE
    NEGLIGIBLE = Severity.NEGLIGIBLE
    LOW = Severity.LOW
    MEDIUM = Severity.MEDIUM
    HIGH = Severity.HIGH
    CRITICAL = Severity.CRITICAL

    @property
    def severity(self) -> Severity:
        return Severity(self.value)


class Choice(StrEnum):
    """What happens to an image of which something holds."""

    REFUSE = "refuse"
    ALLOW = "allow"


class Signature(Settings):
    """Whether somebody must have vouched for an image."""

    required: bool
    keys: tuple[Name, ...] = ()
    """The keys and identities of ``policies/keys/keys.yaml`` whose signature counts; any of them when absent."""


class Grace(Settings):
    """How many days a vulnerability is let through; of two limits the one that ends first counts."""

    since_first_seen: Days = Field(default=0, alias="sinceFirstSeen")
    """Days since the vulnerability was first found in the image here, as the approvals tell."""
    since_published: Days = Field(default=0, alias="sincePublished")
    """Days since the vulnerability became known; one without a date has no such days."""


class Ages(Settings):
    """The largest ages, in days; no limit when absent."""

    scan: Days | None = None
    """Of the scan, by the day on which the image is judged."""
    database: Days | None = None
    """Of the scanner's database, by the time of the scan."""
    image: Days | None = None
    """Of the image, since it was built; an image that does not say when is too old."""


class Forbidden(Settings):
    """What may not be in an image, by its list of contents (SBOM)."""

    packages: tuple[Text, ...] = ()
    """Globs over package URLs (``pkg:npm/event-stream@*``) or over names of packages."""
    licences: tuple[Text, ...] = ()
    """Globs over licences as packages name them (``AGPL-3.0*``)."""


class ImagePolicy(Settings):
    """What one environment asks of its images."""

    severity: Threshold
    """The mildest vulnerability for which an image is refused."""
    only_fixable: bool = Field(default=False, alias="onlyFixable")
    """Whether vulnerabilities that nobody has fixed yet are let through; Harbor cannot, it refuses these too."""
    grace: Grace = Grace()
    """How long after it is known a vulnerability is let through; not at all when absent."""
    unscanned: Choice
    """What happens to an image that nobody has scanned."""
    unknown_severity: Choice = Field(default=Choice.REFUSE, alias="unknownSeverity")
    """What happens to an image with a vulnerability whose severity nobody has told."""
    end_of_life: Choice = Field(default=Choice.REFUSE, alias="endOfLife")
    """What happens to an image of a distribution that is not corrected any more."""
    oldest: Ages = Ages()
    """How old scan, database and image may be."""
    forbidden: Forbidden = Forbidden()
    """Packages and licences that may not be in an image."""
    signature: Signature
    registries: tuple[Registry, ...] = Field(min_length=1)
    """The registries, or folders of registries, that images may come from."""


class ImagePolicies(Document):
    """The image policy of every environment, and where and for what images are looked at."""

    platforms: tuple[Platform, ...] = Field(default=("linux/amd64",), min_length=1)
    """The platforms of the nodes: of an image for several, those that are scanned."""
    mirrors: dict[Registry, Registry] = Field(default_factory=dict)
    """Where images of a registry, or of a folder of one, are really fetched; the longest match counts."""
    environments: dict[Name, ImagePolicy]
    """By the environment's name, a folder of ``overlays/``."""

    def source(self, repository: str) -> str:
        """Where the images of ``registry/path`` are fetched: at a mirror, or there."""
        for name in sorted(self.mirrors, key=len, reverse=True):
            if repository == name or repository.startswith(f"{name}/"):
                return self.mirrors[name] + repository[len(name) :]
        return repository
