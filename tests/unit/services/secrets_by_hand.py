"""Declared Secrets made by hand, and a store in memory that behaves as a cluster does."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from gitops.models.component import Component
from gitops.models.environment import Environment
from gitops.models.resource import Overlay
from gitops.models.secret import KeyName, SecretChange, SecretChanged, SecretName, SecretValue, StoredSecret
from gitops.repository.declarations import declared
from gitops.services.secret_inventory import Inventory

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
EARLIER = datetime(2026, 1, 1, tzinfo=UTC)
PASSWORD = {"name": "password", "generate": {"length": 32}}
COPY = {"name": "password", "copy": {"secret": "db", "namespace": "dare", "key": "password"}}
ENTRY = {"name": "htpasswd", "htpasswd": {"user": "harbor", "key": "password"}}
TOKEN = {"name": "token", "given": "The chat's page."}
OPERATED = {"name": "id", "madeBy": "the operator"}


class Silent:
    """Progress that nobody looks at."""

    def start(self, step: str, total: int) -> None: ...

    def advance(self) -> None: ...


def inventory(*secrets: tuple[str, list[dict[str, Any]]]) -> Inventory:
    """One component with these Secrets, each ``NAMESPACE/NAME`` with its keys."""
    listed = []
    for text, keys in secrets:
        namespace, name = text.split("/")
        listed.append({"name": name, "namespace": namespace, "why": "x", "keys": keys})
    component = Component.model_validate({"title": "x", "description": "x", "owner": "x", "secrets": listed})
    environment = Environment("test", (Overlay("test", "web", "overlays/test/web"),), ())
    found = list(declared({"web": component}, environment))
    return Inventory(
        "test",
        {one.name: one.component for one in found},
        {one.name: one.declaration for one in found},
        {name: key for one in found for name, key, _ in one.each()},
    )


def secret(text: str) -> SecretName:
    return SecretName(*text.split("/"))


def key(text: str) -> KeyName:
    name, _, part = text.partition(":")
    return KeyName(secret(name), part)


class MemoryStore:
    """A store with Secrets by name; ``before_write`` stands for what others do between our reading and our writing."""

    def __init__(self, **secrets: dict[str, str]) -> None:
        """Each Secret of the namespace dare with its values, in the form ``name={key: value}``."""
        self.secrets: dict[SecretName, StoredSecret] = {}
        for name, values in secrets.items():
            self.put(f"dare/{name}", **values)
        self.absent: frozenset[str] = frozenset()
        self.managed_names: set[SecretName] = set()
        self.before_write: Callable[[SecretChange], None] = lambda change: None
        self.writes: list[SecretName] = []

    def __str__(self) -> str:
        return "the memory"

    def put(self, text: str, **values: str) -> None:
        data = {name: SecretValue(value.encode()) for name, value in values.items()}
        self.secrets[secret(text)] = StoredSecret(secret(text), data, created=EARLIER, state=object())

    def read(self, names: Iterable[SecretName], advance: Callable[[], None]) -> dict[SecretName, StoredSecret]:
        return {name: self.secrets[name] for name in names if name in self.secrets}

    def namespaces(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset(names) - self.absent

    def managed(self) -> frozenset[SecretName]:
        return frozenset(self.managed_names)

    def write(self, change: SecretChange) -> None:
        self.before_write(change)
        here = self.secrets.get(change.name)
        if (here.state if here else None) is not (change.old.state if change.old else None):
            raise SecretChanged("overtaken")
        old = change.old or StoredSecret(change.name, {}, created=change.when, type=change.type)
        made = {**old.made, **dict.fromkeys(change.data, change.when)}
        self.secrets[change.name] = replace(old, data={**old.data, **change.data}, made=made, state=object())
        self.writes.append(change.name)

    def value(self, text: str) -> str:
        name = key(text)
        return self.secrets[name.secret].data[name.key].reveal().decode()
