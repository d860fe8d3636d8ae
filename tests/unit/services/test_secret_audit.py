"""Audit: what is missing, extra, old or no copy any more; and never a value."""

from datetime import timedelta

import pytest

from gitops.models.secret_results import Audit
from gitops.reports.secrets import audit_json, audit_text
from gitops.services.secret_audit import audit
from gitops.services.secret_inventory import Inventory
from tests.unit.services.secrets_by_hand import (
    COPY,
    EARLIER,
    ENTRY,
    NOW,
    OPERATED,
    PASSWORD,
    TOKEN,
    MemoryStore,
    Silent,
    inventory,
    secret,
)


def run(wanted: Inventory, store: MemoryStore, max_age: int | None = None) -> Audit:
    return audit(wanted, store, NOW, max_age, Silent())


def told(found: Audit) -> list[str]:
    return [f"{one.fault} {one.secret}{':' + one.key if one.key else ''}" for one in found.findings]


def test_what_is_as_declared_is_clean() -> None:
    store = MemoryStore(db={"password": "x"}, login={"password": "x"})
    assert told(run(inventory(("dare/db", [PASSWORD]), ("dare/login", [COPY])), store)) == []


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (None, ["missing-secret dare/db"]),
        ({}, ["missing-key dare/db:password"]),
        ({"password": ""}, ["missing-key dare/db:password"]),
        ({"password": "x", "more": "y"}, ["extra-key dare/db:more"]),
    ],
)
def test_missing_and_extra(values: dict[str, str] | None, found: list[str]) -> None:
    store = MemoryStore() if values is None else MemoryStore(db=values)
    assert told(run(inventory(("dare/db", [PASSWORD])), store)) == found


def test_what_a_program_makes_may_hold_more_and_is_not_ours_to_generate() -> None:
    wanted = inventory(("dare/store", [OPERATED]))
    assert told(run(wanted, MemoryStore(store={"id": "x", "more": "y"}))) == []
    (finding,) = run(wanted, MemoryStore()).findings
    assert finding.fix == "Look at what makes it: the operator."


def test_what_is_ours_and_declared_no_more_is_told() -> None:
    store = MemoryStore(db={"password": "x"})
    store.managed_names = {secret("dare/db"), secret("old/one")}
    assert told(run(inventory(("dare/db", [PASSWORD])), store)) == ["undeclared old/one"]


def test_copies_and_entries_that_do_not_fit_are_told() -> None:
    store = MemoryStore(db={"password": "x"}, login={"password": "y", "htpasswd": "harbor:$2b$no"})
    found = run(inventory(("dare/db", [PASSWORD]), ("dare/login", [COPY, ENTRY])), store)
    assert told(found) == ["differs dare/login:htpasswd", "differs dare/login:password"]


def test_another_type_is_told() -> None:
    wanted = inventory(("dare/db", [PASSWORD]))
    wanted.declarations[secret("dare/db")].__dict__["type"] = "kubernetes.io/tls"
    assert told(run(wanted, MemoryStore(db={"password": "x"}))) == ["other-type dare/db"]


@pytest.mark.parametrize(("days", "old"), [(1, True), (10_000, False)])
def test_keys_with_a_value_of_their_own_grow_old(days: int, old: bool) -> None:
    wanted = inventory(("dare/db", [PASSWORD]), ("dare/chat", [TOKEN]), ("dare/login", [COPY]))
    store = MemoryStore(db={"password": "x"}, chat={"token": "y"}, login={"password": "x"})
    assert told(run(wanted, store, days)) == (["old dare/chat:token", "old dare/db:password"] if old else [])


def test_a_rotation_makes_a_key_young_again() -> None:
    wanted, store = inventory(("dare/db", [PASSWORD])), MemoryStore(db={"password": "x"})
    assert run(wanted, store).keys[0].made == EARLIER
    store.secrets[secret("dare/db")].made["password"] = NOW - timedelta(days=2)  # type: ignore[index]
    assert told(run(wanted, store, 3)) == []


def test_no_report_shows_a_value() -> None:
    store = MemoryStore(db={"password": "RECOGNISABLE", "more": "RECOGNISABLE"}, login={"password": "RECOGNISABLE2"})
    found = run(inventory(("dare/db", [PASSWORD]), ("dare/login", [COPY])), store, 1)
    assert len(found.findings) == 3
    assert "RECOGNISABLE" not in audit_text(found) + audit_json(found) + repr(found)
