"""The Secrets that one environment declares, as all uses of ``tools/secrets.py`` begin with them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from gitops.models.component import SecretDeclaration, SecretKey
from gitops.models.errors import UserError, unknown_name
from gitops.models.secret import KeyName, SecretChange, SecretName, SecretValue, StoredSecret
from gitops.repository.declarations import declared, sources
from gitops.repository.tree import Tree

Advance = Callable[[], None]


class SecretStore(Protocol):
    """Where Secrets are kept; as text, what a person calls the place."""

    def read(self, names: Iterable[SecretName], advance: Advance) -> dict[SecretName, StoredSecret]:
        """Those of the Secrets that are there."""
        ...

    def namespaces(self, names: Iterable[str]) -> frozenset[str]:
        """Those of the namespaces that are there."""
        ...

    def write(self, change: SecretChange) -> None:
        """Makes or changes a Secret, whole or not at all; raises ``SecretChanged`` where it is not what was read."""
        ...


@dataclass(frozen=True)
class Inventory:
    """The declarations of an environment, by Secret, and their keys in the order of the files."""

    environment: str
    components: Mapping[SecretName, str]
    declarations: Mapping[SecretName, SecretDeclaration]
    keys: Mapping[KeyName, SecretKey]

    @classmethod
    def of(cls, tree: Tree, environment: str) -> "Inventory":
        """Raises ``UserError`` for an unknown environment, for component.yaml files that can't be read, and for Secrets
        that are declared twice."""
        if environment not in tree.environments:
            raise unknown_name("environment", environment, tree.environments)
        overlays = tree.environments[environment].overlays
        for component in sorted({overlay.component for overlay in overlays} & set(tree.component_folders)):
            if component not in tree.components:
                raise UserError(f"base/{component}/component.yaml is missing or defective; 'tools/lint.py' says more")
        found = list(declared(tree.components, tree.environments[environment]))
        if len({one.name for one in found}) < len(found):
            raise UserError("a Secret is declared twice; 'tools/lint.py' says which")
        return cls(
            environment,
            {one.name: one.component for one in found},
            {one.name: one.declaration for one in found},
            {name: key for one in found for name, key, _ in one.each()},
        )

    def keys_of(self, secret: SecretName) -> list[KeyName]:
        return [KeyName(secret, key.name) for key in self.declarations[secret].keys]

    def find(self, text: str) -> frozenset[KeyName]:
        """The keys that ``NAMESPACE/NAME`` or ``NAMESPACE/NAME:KEY`` means; raises ``UserError`` where it means none."""
        keys = frozenset(key for key in self.keys if text in (str(key), str(key.secret)))
        if not keys:
            known = {str(key) for key in self.keys} if ":" in text else {str(secret) for secret in self.declarations}
            raise unknown_name("key" if ":" in text else "Secret", text, known)
        return keys

    def made_of(self, keys: frozenset[KeyName]) -> frozenset[KeyName]:
        """The keys, and all that are made of them in any number of steps."""
        found = set(keys)
        while more := {name for name, key in self.keys.items() if name not in found and found & set(sources(name, key))}:
            found |= more
        return frozenset(found)

    def writing_order(self) -> list[SecretName]:
        """Sources before what is made of them, as far as Secrets are not made of each other."""
        order: list[SecretName] = []

        def visit(secret: SecretName, way: frozenset[SecretName]) -> None:
            if secret in order or secret in way or secret not in self.declarations:
                return
            for name in self.keys_of(secret):
                for source in sources(name, self.keys[name]):
                    visit(source.secret, way | {secret})
            order.append(secret)

        for secret in self.declarations:
            visit(secret, frozenset())
        return order


def values(stored: Mapping[SecretName, StoredSecret]) -> dict[KeyName, SecretValue]:
    """Every value that is there; an empty one counts as missing."""
    return {
        KeyName(name, key): value for name, secret in stored.items() for key, value in secret.data.items() if value.reveal()
    }
