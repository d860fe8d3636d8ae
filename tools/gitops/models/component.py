"""``base/<component>/component.yaml``: what no manifest can say about a component."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from gitops.models.settings import DATA_KEY, Document, Name, ReleaseTag, Settings, Text

LONGEST_BCRYPT = 72  # bytes of a password that bcrypt looks at


class Encoding(StrEnum):
    """How random bytes are written as text."""

    HEX = "hex"
    BASE64 = "base64"
    BASE64URL = "base64url"


class Generated(Settings):
    """A key that a random generator makes: letters and digits, or bytes in an encoding that a program asks for."""

    length: int | None = Field(default=None, ge=16, le=256)
    """Number of characters, of a-z, A-Z and 0-9."""
    size: int | None = Field(default=None, alias="bytes", ge=16, le=256)
    """Number of random bytes, before they are encoded."""
    encoding: Encoding | None = None
    """How the bytes are written: hex, base64 (RFC 4648, with padding), or base64url, its form for URLs and file names."""

    @model_validator(mode="after")
    def said_in_one_way(self) -> Self:
        if (self.length is None) == (self.size is None):
            raise ValueError("generate needs exactly one of length and bytes")
        if (self.size is None) != (self.encoding is None):
            raise ValueError("generate: bytes and encoding go together")
        return self


class Copied(Settings):
    """A key that has the value of another Secret's key."""

    secret: Name
    namespace: Name
    key: Text


class PasswordEntry(Settings):
    """A key that lets one user in: a line of htpasswd with the bcrypt hash of another key of the same Secret."""

    user: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]+$")]
    key: Text
    """The key with the password."""


class SecretKey(Settings):
    """One key of a Secret and the one way in which it is made."""

    name: Annotated[str, StringConstraints(pattern=DATA_KEY)]
    """The key in the Secret's data."""
    generate: Generated | None = None
    """The value is random."""
    copy_of: Copied | None = Field(default=None, alias="copy")
    """The value is another Secret's."""
    htpasswd: PasswordEntry | None = None
    """The value lets in who knows another key of the Secret."""
    given: Text | None = None
    """The operator brings the value; this text says where from."""
    made_by: Text | None = Field(default=None, alias="madeBy")
    """A program in the cluster makes the value, and tools/secrets.py leaves it alone; this text says which program."""

    @model_validator(mode="after")
    def made_in_one_way(self) -> Self:
        ways = (self.generate, self.copy_of, self.htpasswd, self.given, self.made_by)
        if sum(way is not None for way in ways) != 1:
            raise ValueError(f"key '{self.name}' needs exactly one of generate, copy, htpasswd, given and madeBy")
        return self


class SecretDeclaration(Settings):
    """A Secret that the component needs and Git does not hold."""

    name: Name
    namespace: Name
    type: Text = "Opaque"
    """The Secret's type, such as kubernetes.io/dockerconfigjson; it can't be changed once the Secret exists."""
    why: Text
    """What the Secret is for."""
    keys: tuple[SecretKey, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def keys_fit_together(self) -> Self:
        by_name = {key.name: key for key in self.keys}
        if len(by_name) < len(self.keys):
            raise ValueError(f"the Secret '{self.name}' has one key twice")
        for key in self.keys:
            password = by_name.get(key.htpasswd.key) if key.htpasswd else None
            if key.htpasswd and (password is None or password.htpasswd or password.made_by):
                raise ValueError(f"key '{key.name}' is made of '{key.htpasswd.key}', which is no password of this Secret")
            if password and password.generate and (password.generate.length or 0) > LONGEST_BCRYPT:
                raise ValueError(f"bcrypt takes no more than {LONGEST_BCRYPT} characters; '{password.name}' is longer")
        return self


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
