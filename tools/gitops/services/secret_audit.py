"""Audit: how the Secrets of a cluster stand to what is declared. Values are compared in memory and told to nobody."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Protocol

from gitops.models.secret import KeyName, SecretName, StoredSecret
from gitops.models.secret_results import Audit, AuditedKey, AuditFinding, Fault
from gitops.repository.declarations import sources
from gitops.services.lint import Progress
from gitops.services.secret_inventory import Inventory, SecretStore, values
from gitops.services.secret_making import derived_agrees


class AuditedStore(SecretStore, Protocol):
    """A store that knows which Secrets were made by us."""

    def managed(self) -> frozenset[SecretName]:
        """Every Secret that this tool made, declared or not."""
        ...


def audit(inventory: Inventory, store: AuditedStore, now: datetime, max_age: int | None, progress: Progress) -> Audit:
    """Compares what is declared with what is there; ``max_age`` in days tells which keys count as old."""
    names = list(inventory.declarations)
    progress.start("reading", len({name.namespace for name in names}))
    stored = store.read(names, progress.advance)
    keys = tuple(_audited(name, stored) for name in inventory.keys)
    findings = [*_missing(inventory, stored), *_extra(inventory, stored, store), *_differing(inventory, stored)]
    findings += _old(inventory, keys, now - timedelta(days=max_age)) if max_age is not None else []
    order = sorted(findings, key=lambda finding: (finding.secret, finding.key or "", finding.fault))
    return Audit(inventory.environment, str(store), keys, tuple(order))


def _audited(name: KeyName, stored: dict[SecretName, StoredSecret]) -> AuditedKey:
    secret = stored.get(name.secret)
    if secret is None or name not in values({name.secret: secret}):
        return AuditedKey(name, False, None)
    return AuditedKey(name, True, secret.made.get(name.key, secret.created))


def _missing(inventory: Inventory, stored: dict[SecretName, StoredSecret]) -> Iterator[AuditFinding]:
    there = values(stored)
    for secret, declaration in inventory.declarations.items():
        if secret not in stored:
            fix = _how(inventory, inventory.keys_of(secret))
            yield AuditFinding(Fault.MISSING_SECRET, secret, None, "is not there", fix)
            continue
        if stored[secret].type != declaration.type:
            message = f"is of type {stored[secret].type}, declared is {declaration.type}"
            yield AuditFinding(
                Fault.OTHER_TYPE, secret, None, message, "Delete it and generate it anew: a type can't be changed."
            )
        for name in inventory.keys_of(secret):
            if name not in there:
                message = "is empty" if name.key in stored[secret].data else "is not there"
                yield AuditFinding(Fault.MISSING_KEY, secret, name.key, message, _how(inventory, [name]))


def _how(inventory: Inventory, names: list[KeyName]) -> str:
    for name in names:
        made_by = inventory.keys[name].made_by
        if made_by:
            return f"Look at what makes it: {made_by}."
    return "Run 'tools/secrets.py generate'."


def _extra(inventory: Inventory, stored: dict[SecretName, StoredSecret], store: AuditedStore) -> Iterator[AuditFinding]:
    for secret, found in stored.items():
        keys = inventory.keys_of(secret)
        if not any(inventory.keys[name].made_by for name in keys):  # else more than we know of may belong there
            for key in sorted(set(found.data) - {name.key for name in keys}):
                yield AuditFinding(
                    Fault.EXTRA_KEY, secret, key, "is declared by no component", "Declare it, or remove it from the Secret."
                )
    for secret in sorted(store.managed() - set(inventory.declarations)):
        message = "was made by this tool, and no component declares it any more"
        fix = f"Delete it once nothing reads it: 'kubectl delete secret -n {secret.namespace} {secret.name}'."
        yield AuditFinding(Fault.UNDECLARED, secret, None, message, fix)


def _differing(inventory: Inventory, stored: dict[SecretName, StoredSecret]) -> Iterator[AuditFinding]:
    there = values(stored)
    for name, key in inventory.keys.items():
        for source in sources(name, key):
            if name in there and source in there and not derived_agrees(key, there[name], there[source]):
                fix = f"'tools/secrets.py generate --rotate {name}' makes it anew from that; who reads it must restart."
                yield AuditFinding(Fault.DIFFERS, name.secret, name.key, f"does not fit {source}, which it is made of", fix)


def _old(inventory: Inventory, keys: tuple[AuditedKey, ...], limit: datetime) -> Iterator[AuditFinding]:
    """Keys with a value of their own; what is made of them is as old as they are."""
    for key in keys:
        declared = inventory.keys[key.name]
        if key.made and key.made < limit and (declared.generate or declared.given):
            message = f"is of {key.made:%Y-%m-%d}"
            fix = f"'tools/secrets.py generate --rotate {key.name}'; docs/secrets.md says what else has to change."
            yield AuditFinding(Fault.OLD, key.name.secret, key.name.key, message, fix)
