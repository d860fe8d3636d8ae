"""Generate: what is missing is made, what is there stays, and two runs at once agree."""

import re
from collections.abc import Callable

import bcrypt
import pytest

from gitops.models.errors import UserError
from gitops.models.secret import KeyName, SecretChange, SecretValue
from gitops.models.secret_results import Generation
from gitops.services.secret_generation import GenerateRequest, generate
from gitops.services.secret_inventory import Inventory
from tests.unit.services.secrets_by_hand import (
    COPY,
    ENTRY,
    NOW,
    OPERATED,
    PASSWORD,
    TOKEN,
    MemoryStore,
    Silent,
    inventory,
    key,
    secret,
)

PAIR = (("dare/login", [COPY]), ("dare/db", [PASSWORD]))


def run(
    wanted: Inventory, store: MemoryStore, *, given: str | None = None, only: tuple[str, ...] = (), **request: object
) -> Generation:
    def ask(name: KeyName, text: str) -> SecretValue | None:
        return SecretValue(given.encode()) if given else None

    return generate(wanted, store, GenerateRequest(NOW, only, **request), ask, Silent())  # type: ignore[arg-type]


def told(done: Generation) -> dict[str, str]:
    return {str(step.key): step.verb.value for step in done.steps}


@pytest.mark.parametrize(
    ("wanted", "form"),
    [
        ({"length": 16}, r"[A-Za-z0-9]{16}"),
        ({"length": 256}, r"[A-Za-z0-9]{256}"),
        ({"bytes": 32, "encoding": "hex"}, r"[0-9a-f]{64}"),
        ({"bytes": 32, "encoding": "base64"}, r"[A-Za-z0-9+/]{43}="),
        ({"bytes": 32, "encoding": "base64url"}, r"[A-Za-z0-9_-]{43}="),
    ],
)
def test_a_value_has_the_form_that_is_asked_for(wanted: dict[str, object], form: str) -> None:
    store = MemoryStore()
    run(inventory(("dare/db", [{"name": "password", "generate": wanted}])), store)
    assert re.fullmatch(form, store.value("dare/db:password"))


def test_what_is_missing_is_made_sources_first() -> None:
    store = MemoryStore()
    done = run(inventory(*PAIR), store)
    assert done.complete
    assert told(done) == {"dare/login:password": "make", "dare/db:password": "make"}
    assert store.writes == [secret("dare/db"), secret("dare/login")]
    assert store.value("dare/login:password") == store.value("dare/db:password")


def test_a_second_run_does_nothing() -> None:
    store = MemoryStore()
    wanted = inventory(*PAIR, ("dare/registry", [PASSWORD, ENTRY]))
    run(wanted, store)
    store.writes.clear()
    assert set(told(run(wanted, store)).values()) == {"keep"}
    assert store.writes == []


def test_what_is_there_stays_and_gets_the_keys_that_are_missing() -> None:
    store = MemoryStore(db={"password": "old", "more": "mine"})
    run(inventory(("dare/db", [PASSWORD, {"name": "root", "generate": {"length": 20}}])), store)
    assert (store.value("dare/db:password"), store.value("dare/db:more")) == ("old", "mine")
    assert len(store.value("dare/db:root")) == 20


def test_an_empty_value_counts_as_missing() -> None:
    store = MemoryStore(db={"password": ""})
    assert told(run(inventory(("dare/db", [PASSWORD])), store)) == {"dare/db:password": "make"}


def test_an_htpasswd_entry_lets_in_who_knows_the_password() -> None:
    store = MemoryStore()
    run(inventory(("dare/registry", [ENTRY, PASSWORD])), store)
    user, _, hashed = store.value("dare/registry:htpasswd").partition(":")
    assert user == "harbor"
    assert bcrypt.checkpw(store.value("dare/registry:password").encode(), hashed.encode())


def test_a_rotated_key_is_carried_into_what_is_made_of_it() -> None:
    wanted = inventory(*PAIR, ("dare/registry", [{**COPY, "name": "password"}, ENTRY]), ("dare/other", [PASSWORD]))
    store = MemoryStore()
    run(wanted, store)
    before = store.value("dare/db:password")
    kept = store.value("dare/other:password")
    done = run(wanted, store, rotate=("dare/db:password",))
    assert store.value("dare/db:password") != before
    assert store.value("dare/login:password") == store.value("dare/registry:password") == store.value("dare/db:password")
    entry = store.value("dare/registry:htpasswd").partition(":")[2]
    assert bcrypt.checkpw(store.value("dare/db:password").encode(), entry.encode())
    assert store.value("dare/other:password") == kept
    assert told(done)["dare/other:password"] == "keep"
    assert set(told(run(wanted, store)).values()) == {"keep"}


def test_a_copy_that_differs_is_told_and_only_changed_when_asked_for() -> None:
    wanted, store = inventory(*PAIR), MemoryStore(db={"password": "new"}, login={"password": "old"})
    done = run(wanted, store)
    assert not done.complete
    assert told(done) == {"dare/login:password": "differs", "dare/db:password": "keep"}
    assert store.writes == []
    assert run(wanted, store, rotate=("dare/login",)).complete
    assert store.value("dare/login:password") == "new"
    assert run(wanted, store, rotate=("dare/login",)).complete


def test_a_copy_outlives_its_source_until_somebody_decides() -> None:
    store = MemoryStore(login={"password": "old"})
    done = run(inventory(*PAIR), store)
    assert told(done) == {"dare/login:password": "differs", "dare/db:password": "make"}
    assert store.value("dare/login:password") == "old"


@pytest.mark.parametrize(("given", "verb"), [(None, "wait"), ("abc", "make")])
def test_a_value_of_the_operators_is_made_when_it_is_given_and_hinders_nothing(given: str | None, verb: str) -> None:
    store = MemoryStore()
    done = run(inventory(("dare/chat", [TOKEN]), ("dare/db", [PASSWORD])), store, given=given)
    assert told(done) == {"dare/chat:token": verb, "dare/db:password": "make"}
    assert done.complete == (given is not None)


def test_a_given_value_is_rotated_only_by_another() -> None:
    wanted, store = inventory(("dare/chat", [TOKEN])), MemoryStore(chat={"token": "old"})
    assert told(run(wanted, store, rotate=("dare/chat",))) == {"dare/chat:token": "wait"}
    assert store.value("dare/chat:token") == "old"
    assert told(run(wanted, store, given="new", rotate=("dare/chat",))) == {"dare/chat:token": "remake"}
    assert store.value("dare/chat:token") == "new"


def test_what_a_program_makes_is_left_alone_and_its_copies_wait() -> None:
    of_operator = {"name": "id", "copy": {"secret": "store", "namespace": "dare", "key": "id"}}
    wanted, store = inventory(("dare/store", [OPERATED]), ("dare/login", [of_operator])), MemoryStore()
    done = run(wanted, store)
    assert told(done) == {"dare/store:id": "leave", "dare/login:id": "wait"}
    assert (done.complete, store.writes) == (False, [])
    store.put("dare/store", id="made")
    assert run(wanted, store).complete
    assert store.value("dare/login:id") == "made"
    with pytest.raises(UserError, match="not ours to rotate; it is made by: the operator"):
        run(wanted, store, rotate=("dare/store",))


def test_only_what_is_named_is_made() -> None:
    store = MemoryStore()
    done = run(inventory(*PAIR, ("dare/other", [PASSWORD])), store, only=("dare/other",))
    assert store.writes == [secret("dare/other")]
    assert told(done)["dare/db:password"] == "wait"


def test_a_dry_run_says_the_same_and_writes_nothing() -> None:
    store = MemoryStore()
    wanted = inventory(*PAIR)
    dry = run(wanted, store, dry_run=True)
    assert store.writes == []
    assert told(dry) == told(run(wanted, store))


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"only": ("dare/dbb",)}, "unknown Secret 'dare/dbb'; did you mean 'dare/db'?"),
        ({"rotate": ("dare/db:pasword",)}, "unknown key 'dare/db:pasword'; did you mean 'dare/db:password'"),
    ],
)
def test_a_name_that_means_nothing_is_refused(request_: dict[str, tuple[str, ...]], said: str) -> None:
    with pytest.raises(UserError, match=re.escape(said)):
        run(inventory(("dare/db", [PASSWORD])), MemoryStore(), **request_)


def test_without_its_namespace_nothing_is_written() -> None:
    store = MemoryStore()
    store.absent = frozenset({"keycloak"})
    with pytest.raises(UserError, match="has no namespace keycloak; make them as Argo CD would: 'kubectl apply"):
        run(inventory(("dare/db", [PASSWORD]), ("keycloak/db", [PASSWORD])), store)
    assert store.writes == []


def once(action: Callable[[SecretChange], None]) -> Callable[[SecretChange], None]:
    left = [action]

    def act(change: SecretChange) -> None:
        if left:
            left.pop()(change)

    return act


def test_of_two_runs_at_once_the_second_takes_what_the_first_made() -> None:
    wanted, store = inventory(*PAIR), MemoryStore()
    store.before_write = once(lambda change: store.put("dare/db", password="theirs"))
    done = run(wanted, store)
    assert done.complete
    assert store.value("dare/db:password") == store.value("dare/login:password") == "theirs"


def test_a_rotation_that_is_overtaken_is_done_once_and_reaches_the_copies() -> None:
    wanted = inventory(*PAIR)
    store = MemoryStore(db={"password": "old"}, login={"password": "old"})

    def touch_the_copy(change: SecretChange) -> None:
        if change.name == secret("dare/login"):
            store.put("dare/login", password="old", more="theirs")
            store.before_write = lambda change: None

    store.before_write = touch_the_copy
    done = run(wanted, store, rotate=("dare/db",))
    assert done.complete
    assert store.writes == [secret("dare/db"), secret("dare/login")]
    assert store.value("dare/login:password") == store.value("dare/db:password") != "old"
    assert store.value("dare/login:more") == "theirs"
    assert told(done) == {"dare/login:password": "remake", "dare/db:password": "remake"}


def test_somebody_who_never_stops_is_told() -> None:
    store = MemoryStore(db={})
    store.before_write = lambda change: store.put("dare/db")
    with pytest.raises(UserError, match="somebody else keeps changing"):
        run(inventory(("dare/db", [PASSWORD])), store)


def test_an_interrupted_run_is_completed_by_the_next() -> None:
    wanted, store = inventory(*PAIR), MemoryStore()

    def stop_at_the_copy(change: SecretChange) -> None:
        if change.name == secret("dare/login"):
            raise KeyboardInterrupt

    store.before_write = stop_at_the_copy
    with pytest.raises(KeyboardInterrupt):
        run(wanted, store)
    made = store.value("dare/db:password")
    store.before_write = lambda change: None
    assert told(run(wanted, store)) == {"dare/login:password": "make", "dare/db:password": "keep"}
    assert store.value("dare/login:password") == store.value("dare/db:password") == made


def test_copies_in_a_circle_are_refused() -> None:
    itself = {"name": "password", "copy": {"secret": "db", "namespace": "dare", "key": "password"}}
    with pytest.raises(UserError, match="copied in a circle"):
        run(inventory(("dare/db", [itself])), MemoryStore())


def test_a_password_that_bcrypt_does_not_take_whole_is_refused() -> None:
    store = MemoryStore()
    password = {"name": "password", "given": "x"}
    with pytest.raises(UserError, match="dare/registry:password is no password that bcrypt takes"):
        run(inventory(("dare/registry", [password, ENTRY])), store, given="x" * 73)
    assert key("dare/registry:password").secret not in store.secrets
