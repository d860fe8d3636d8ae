"""``policies/images.yaml``: which images an environment may run.

Harbor enforces part of it when an image is pulled (severity, signature, unscanned); what Harbor cannot do is left to the gate.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field, StringConstraints

from gitops.models.settings import REGISTRY, Document, Name, Settings

Registry = Annotated[str, StringConstraints(pattern=REGISTRY)]


class Severity(StrEnum):
    """How bad a vulnerability is, in Harbor's order (src/pkg/scan/vuln/severity.go), mildest first."""

    NONE = "none"
    NEGLIGIBLE = "negligible"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Unscanned(StrEnum):
    """What happens to an image that nobody has scanned."""

    REFUSE = "refuse"
    ALLOW = "allow"


class Signature(Settings):
    """Whether somebody must have vouched for an image."""

    required: bool


class ImagePolicy(Settings):
    """What one environment asks of its images."""

    severity: Severity
    """The mildest vulnerability for which an image is refused."""
    only_fixable: bool = Field(default=False, alias="onlyFixable")
    """Whether vulnerabilities that nobody has fixed yet are let through; Harbor cannot, it refuses these too."""
    unscanned: Unscanned
    signature: Signature
    registries: tuple[Registry, ...] = Field(min_length=1)
    """The registries, or folders of registries, that images may come from."""


class ImagePolicies(Document):
    """The image policy of every environment."""

    environments: dict[Name, ImagePolicy]
    """By the environment's name, a folder of ``overlays/``."""
