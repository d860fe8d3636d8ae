"""Generate: makes the Secrets that are missing, and rotates those that it is asked to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from gitops.models.errors import UserError
from gitops.models.secret import KeyName, SecretChange, SecretChanged, SecretName, SecretValue, StoredSecret
from gitops.models.secret_results import Generation, Step, Verb
from gitops.services.lint import Progress
from gitops.services.secret_inventory import Inventory, SecretStore, values
from gitops.services.secret_making import Making, Wanted

Ask = Callable[[KeyName, str], SecretValue | None]
_ATTEMPTS = 10


@dataclass(frozen=True)
class GenerateRequest:
    """``only`` and ``rotate`` are texts that mean Secrets or keys; nothing in ``only`` means all."""

    now: datetime
    only: tuple[str, ...] = ()
    rotate: tuple[str, ...] = ()
    dry_run: bool = False


def generate(inventory: Inventory, store: SecretStore, request: GenerateRequest, ask: Ask, progress: Progress) -> Generation:
    """Makes what is missing; what cannot be made now is told in the steps and hinders nothing else.

    ``ask`` gives the value of a key that the operator brings, or None. Raises ``UserError`` for names that mean nothing, for
    namespaces that are not there (before anything is written) and for whatever the store can't do; what was written stays.
    """
    return _Run(inventory, store, request, ask, progress).result()


@dataclass
class _Run:
    inventory: Inventory
    store: SecretStore
    request: GenerateRequest
    ask: Ask
    progress: Progress
    given: dict[KeyName, SecretValue] = field(default_factory=dict)
    asked: set[KeyName] = field(default_factory=set)
    written: dict[KeyName, Step] = field(default_factory=dict)

    def result(self) -> Generation:
        rotate = self._rotations()
        selected = self._selection(rotate)
        for _ in range(_ATTEMPTS):
            stored = self._read()
            self._collect_given(stored, selected, rotate)
            making = self._making(stored, selected, rotate)
            if self.request.dry_run:
                return self._outcome(making)
            changes = [name for name in self.inventory.writing_order() if self._changing(making, name)]
            self._require_namespaces(changes)
            self.progress.start("writing", len(changes))
            if self._write(making, stored, changes):
                return self._outcome(making)
        raise UserError(f"somebody else keeps changing the Secrets of {self.store}; run again when that is over")

    def _rotations(self) -> frozenset[KeyName]:
        found = frozenset(key for text in self.request.rotate for key in self.inventory.find(text))
        for text in self.request.rotate:
            for name in self.inventory.find(text):
                made_by = self.inventory.keys[name].made_by
                if made_by:
                    raise UserError(f"{name} is not ours to rotate; it is made by: {made_by}")
        return found

    def _selection(self, rotate: frozenset[KeyName]) -> frozenset[KeyName]:
        only = frozenset(key for text in self.request.only for key in self.inventory.find(text))
        return (only or frozenset(self.inventory.keys)) | self.inventory.made_of(rotate)

    def _read(self) -> dict[SecretName, StoredSecret]:
        names = list(self.inventory.declarations)
        self.progress.start("reading", len({name.namespace for name in names}))
        return self.store.read(names, self.progress.advance)

    def _collect_given(
        self, stored: dict[SecretName, StoredSecret], selected: frozenset[KeyName], rotate: frozenset[KeyName]
    ) -> None:
        """Asks for each value once, before anything is written."""
        there = values(stored)
        for name, key in self.inventory.keys.items():
            wanted = name in selected and (name not in there or name in rotate) and name not in self.written
            if key.given and wanted and name not in self.asked:
                self.asked.add(name)
                value = self.ask(name, key.given)
                if value is not None:
                    self.given[name] = value

    def _making(
        self, stored: dict[SecretName, StoredSecret], selected: frozenset[KeyName], rotate: frozenset[KeyName]
    ) -> Making:
        done = frozenset(self.written)
        remade = frozenset(name for name, step in self.written.items() if step.verb is Verb.REMAKE)
        return Making(Wanted(self.inventory.keys, values(stored), self.given, selected, rotate - done, remade))

    def _changing(self, making: Making, secret: SecretName) -> list[KeyName]:
        return [key for key in self.inventory.keys_of(secret) if making.step(key).changes]

    def _require_namespaces(self, changes: list[SecretName]) -> None:
        wanted = {name.namespace for name in changes}
        missing = sorted(wanted - self.store.namespaces(wanted))
        if missing:
            component = f"overlays/{self.inventory.environment}/namespaces"
            raise UserError(
                f"{self.store} has no namespace {', '.join(missing)}; make them as Argo CD would: "
                f"'kubectl apply --server-side -k {component}', or sync the Application that has them"
            )

    def _write(self, making: Making, stored: dict[SecretName, StoredSecret], changes: list[SecretName]) -> bool:
        """Whether all was written; False where a Secret is no longer what was read."""
        for secret in changes:
            keys = self._changing(making, secret)
            data = {key.key: making.value(key) for key in keys}
            kind = self.inventory.declarations[secret].type
            try:
                self.store.write(SecretChange(secret, kind, data, self.request.now, stored.get(secret)))
            except SecretChanged:
                return False
            self.written.update({key: making.step(key) for key in keys})
            self.progress.advance()
        return True

    def _outcome(self, making: Making) -> Generation:
        steps = tuple(self.written.get(step.key, step) for step in making.steps)
        return Generation(self.inventory.environment, str(self.store), self.request.dry_run, steps)
