"""The Secrets that an environment needs: what the components that it has an overlay of declare."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from gitops.models.component import Component, SecretDeclaration, SecretKey
from gitops.models.environment import Environment
from gitops.models.paths import JsonPath
from gitops.models.secret import KeyName, SecretName


class Declared(NamedTuple):
    """A Secret as one component declares it; ``number`` is its place in the component's list."""

    component: str
    number: int
    declaration: SecretDeclaration

    @property
    def name(self) -> SecretName:
        return SecretName(self.declaration.namespace, self.declaration.name)

    @property
    def file(self) -> str:
        return f"base/{self.component}/component.yaml"

    @property
    def path(self) -> JsonPath:
        """Where it stands in that file."""
        return ("secrets", self.number)

    def each(self) -> Iterator[tuple[KeyName, SecretKey, JsonPath]]:
        """Each key with its full name and its place in the file."""
        for place, key in enumerate(self.declaration.keys):
            yield KeyName(self.name, key.name), key, (*self.path, "keys", place)


def declared(components: Mapping[str, Component], environment: Environment) -> Iterator[Declared]:
    """Every declaration of the environment's components, in the order of their names; one Secret may stand there twice."""
    running = {overlay.component for overlay in environment.overlays}
    for name in sorted(running & set(components)):
        for number, declaration in enumerate(components[name].secrets):
            yield Declared(name, number, declaration)


def sources(name: KeyName, key: SecretKey) -> Iterable[KeyName]:
    """The keys that a key is made of: none, or one."""
    if key.copy_of:
        return (KeyName(SecretName(key.copy_of.namespace, key.copy_of.secret), key.copy_of.key),)
    return (KeyName(name.secret, key.htpasswd.key),) if key.htpasswd else ()


def circular(keys: Mapping[KeyName, SecretKey]) -> frozenset[KeyName]:
    """The keys that are, perhaps by way of others, made of themselves."""
    found = set()
    for start in keys:
        seen, here = {start}, start
        while here in keys and (next_one := next(iter(sources(here, keys[here])), None)):
            if next_one == start:
                found.add(start)
            if next_one in seen:
                break
            seen.add(next_one)
            here = next_one
    return frozenset(found)
