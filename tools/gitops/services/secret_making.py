"""Decides what happens to each key of the declared Secrets, and makes the values.

What is there stays, whatever it is, unless its rotation is asked for or what it is made of was rotated in the same run.
"""

import base64
import secrets
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gitops.models.component import Encoding, Generated, SecretKey
from gitops.models.errors import UserError
from gitops.models.secret import KeyName, SecretValue
from gitops.models.secret_results import Step, Verb
from gitops.repository.declarations import circular, sources

_ALPHABET = string.ascii_letters + string.digits
_ENCODERS: dict[Encoding, Callable[[bytes], bytes]] = {
    Encoding.HEX: lambda data: data.hex().encode(),
    Encoding.BASE64: base64.b64encode,
    Encoding.BASE64URL: base64.urlsafe_b64encode,
}


@dataclass(frozen=True)
class Wanted:
    """What a run is about.

    ``stored`` are the values that are there and ``given`` those that the operator brought. ``selected`` keys may change;
    ``rotate`` get new values; ``rotated`` got theirs already, so that what is made of them has to follow.
    """

    keys: Mapping[KeyName, SecretKey]
    stored: Mapping[KeyName, SecretValue]
    given: Mapping[KeyName, SecretValue]
    selected: frozenset[KeyName]
    rotate: frozenset[KeyName] = frozenset()
    rotated: frozenset[KeyName] = frozenset()


class Making:
    """The steps and, when asked for, the new values of one run."""

    def __init__(self, wanted: Wanted) -> None:
        """Raises ``UserError`` for keys that are made of themselves: lint says where."""
        self._wanted = wanted
        self._steps: dict[KeyName, Step] = {}
        self._values: dict[KeyName, SecretValue] = {}
        if circular(wanted.keys):
            raise UserError("some Secrets are copied in a circle; 'tools/lint.py' says which")

    @property
    def steps(self) -> list[Step]:
        return [self.step(name) for name in self._wanted.keys]

    def step(self, name: KeyName) -> Step:
        """What happens to a key."""
        if name not in self._steps:
            self._steps[name] = self._decide(name)
        return self._steps[name]

    def value(self, name: KeyName) -> SecretValue:
        """The value of a key after its step; a new one is made once. The key must be there, or be made."""
        if not self.step(name).changes:
            return self._wanted.stored[name]
        if name not in self._values:
            self._values[name] = self._make(name)
        return self._values[name]

    def _decide(self, name: KeyName) -> Step:
        wanted, key = self._wanted, self._wanted.keys[name]
        there, rotate = name in wanted.stored, name in wanted.rotate
        if key.made_by:
            return Step(name, Verb.KEEP if there else Verb.LEAVE, f"made by: {key.made_by}")
        if name not in wanted.selected:
            return Step(name, Verb.KEEP if there else Verb.WAIT, "" if there else "left out by --only")
        if key.copy_of or key.htpasswd:
            return self._decide_derived(name, key)
        if there and not rotate:
            return Step(name, Verb.KEEP)
        if key.given and name not in wanted.given:
            return Step(name, Verb.WAIT, f"to be given: {key.given}")
        return Step(name, Verb.REMAKE if there else Verb.MAKE)

    def _decide_derived(self, name: KeyName, key: SecretKey) -> Step:
        wanted = self._wanted
        (source,) = sources(name, key)
        if source not in wanted.keys:
            return Step(name, Verb.WAIT, f"made of {source}, which no component declares")
        step = self.step(source)
        if not step.changes and source not in wanted.stored:
            return Step(name, Verb.KEEP if name in wanted.stored else Verb.WAIT, f"made of {source}, which is not there")
        if name not in wanted.stored:
            return Step(name, Verb.MAKE)
        if not step.changes and self._agree(name, key, source):
            return Step(name, Verb.KEEP)
        if step.verb is Verb.REMAKE or source in wanted.rotated or name in wanted.rotate:
            return Step(name, Verb.REMAKE)
        return Step(name, Verb.DIFFERS, f"does not fit {source}; '--rotate {name}' makes it anew from that")

    def _agree(self, name: KeyName, key: SecretKey, source: KeyName) -> bool:
        here, there = self._wanted.stored[name], self._wanted.stored[source]
        return derived_agrees(key, here, there)

    def _make(self, name: KeyName) -> SecretValue:
        key = self._wanted.keys[name]
        if key.generate:
            return SecretValue(_random(key.generate))
        if key.given:
            return self._wanted.given[name]
        (source,) = sources(name, key)
        if key.htpasswd:
            from gitops.adapters import htpasswd

            try:
                return SecretValue(htpasswd.entry(key.htpasswd.user, self.value(source).reveal()))
            except ValueError:
                raise UserError(
                    f"{source} is no password that bcrypt takes: it has more than 72 bytes, or a zero byte"
                ) from None
        return self.value(source)


def derived_agrees(key: SecretKey, here: SecretValue, source: SecretValue) -> bool:
    """Whether a copy, or an htpasswd entry, still fits what it is made of."""
    if key.htpasswd:
        from gitops.adapters import htpasswd

        return htpasswd.fits(here.reveal(), key.htpasswd.user, source.reveal())
    return here == source


def _random(wanted: Generated) -> bytes:
    """From the operating system's generator: https://docs.python.org/3/library/secrets.html."""
    if wanted.size is not None and wanted.encoding is not None:
        return _ENCODERS[wanted.encoding](secrets.token_bytes(wanted.size))
    return "".join(secrets.choice(_ALPHABET) for _ in range(wanted.length or 0)).encode()
