"""``base/<component>/component.yaml``: what no manifest can say about a component."""

from typing import Self

from pydantic import Field, model_validator

from gitops.models.settings import Document, Name, ReleaseTag, Settings, Text


class Generated(Settings):
    """A key that a random generator makes."""

    length: int = Field(ge=16, le=256)
    """Number of characters."""


class Copied(Settings):
    """A key that has the value of another Secret's key."""

    secret: Name
    namespace: Name
    key: Text


class SecretKey(Settings):
    """One key of a Secret and the one way in which it is made."""

    name: Text
    """The key in the Secret's data."""
    generate: Generated | None = None
    """The value is random."""
    copy_of: Copied | None = Field(default=None, alias="copy")
    """The value is another Secret's."""
    given: Text | None = None
    """The operator brings the value; this text says where from."""

    @model_validator(mode="after")
    def made_in_one_way(self) -> Self:
        if sum(way is not None for way in (self.generate, self.copy_of, self.given)) != 1:
            raise ValueError(f"key '{self.name}' needs exactly one of generate, copy and given")
        return self


class SecretDeclaration(Settings):
    """A Secret that the component needs and Git does not hold."""

    name: Name
    namespace: Name
    why: Text
    """What the Secret is for."""
    keys: tuple[SecretKey, ...] = Field(min_length=1)


class Retirement(Settings):
    """A component that is kept as history only."""

    since: ReleaseTag
    """The first release without it."""
    reason: Text


class Component(Document):
    """One component of the platform; its name is its folder's."""

    title: Text
    """What people call it."""
    description: Text
    """One sentence: what it does for the platform."""
    owner: Name
    """The team that answers for it."""
    since: ReleaseTag | None = None
    """The release that introduced it; absent where nobody recorded it."""
    depends_on: tuple[Name, ...] = Field(default=(), alias="dependsOn")
    """The components that must run for this one to work."""
    secrets: tuple[SecretDeclaration, ...] = ()
    retired: Retirement | None = None
