"""``policies/keys/keys.yaml``: whose signature on an image counts, and when."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from gitops.models.settings import Document, Name, Settings, Text

KeyFile = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*\.pub$")]


class _Signer(Settings):
    name: Name
    owner: Text
    """Who answers for it."""
    valid_from: date = Field(alias="validFrom")
    """The first day on which it counts."""
    valid_until: date = Field(alias="validUntil")
    """The last day on which it counts: keys are changed before, and overlap."""

    @model_validator(mode="after")
    def for_a_time(self) -> Self:
        if self.valid_until < self.valid_from:
            raise ValueError("validUntil is before validFrom")
        return self

    def counts_on(self, day: date) -> bool:
        return self.valid_from <= day <= self.valid_until


class SigningKey(_Signer):
    """A public key."""

    file: KeyFile
    """Its PEM file beside this one."""


class SigningIdentity(_Signer):
    """Who a certificate of Sigstore's authority was made out to (keyless signatures); only cosign can verify these."""

    issuer: Text
    """The OpenID provider that vouched for it, such as ``https://gitlab.com``."""
    subject: Text
    """Whom it vouched for."""


class SigningKeys(Document):
    """Every key and identity; those that are not valid any more stay, so that old signatures are told from foreign ones."""

    keys: tuple[SigningKey, ...] = ()
    identities: tuple[SigningIdentity, ...] = ()

    @model_validator(mode="after")
    def each_name_once(self) -> Self:
        names = [signer.name for signer in (*self.keys, *self.identities)]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two keys or identities have the name {', '.join(twice)}")
        return self
