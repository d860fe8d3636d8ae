"""What the checks of a merge request hold for immutable, and for not, against a real API server.

Each object is applied for real, and each change of it as a dry run, by server-side apply and by one manager as Argo CD does it.
"""

import time
from collections.abc import Iterator
from typing import Any

import pytest

from gitops.models.errors import UserError
from gitops.models.values import mapping, sequence
from gitops.repository.crds import ServedKind
from tests.conftest import ROOT
from tests.e2e.control_plane.api import Answer, Api, Endpoint, collection
from tests.e2e.control_plane.cluster import Programs, clusters
from tests.updates.cases import Entry, Update, Verdict, entries, updates

MANAGER = "argocd-controller"
CONTROLLER = "e2e-controller"
NAMESPACE = "updates"
ELSEWHERE = "updates-anew"
ACCOUNTS = ("default", "web")  # those of pods
FIRST = ("StorageClass",)  # the default class is given when a claim is made
PATIENCE = 30.0


class Server:
    """The API server of a cluster with all objects in it."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.kinds: dict[ServedKind, Endpoint] = api.kinds()

    def place(self, body: dict[str, Any], namespace: str = NAMESPACE) -> str:
        kind = _kind(body)
        return collection(kind, self.kinds[kind], namespace)

    def path(self, body: dict[str, Any]) -> str:
        return f"{self.place(body)}/{body['metadata']['name']}"

    def apply(self, body: dict[str, Any], part: str = "", *, manager: str = MANAGER, dry_run: bool = False) -> Answer:
        return self.api.apply(f"{self.path(body)}{part}", body, manager=manager, dry_run=dry_run)

    def make(self, kind: str, name: str, namespace: str = "") -> None:
        body = {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}}
        _expect(self.api.apply(f"{self.place(body, namespace)}/{name}", body, manager=MANAGER, dry_run=False), body)

    def give(self, entry: Entry) -> None:
        """The object, and what controllers wrote into it since."""
        identity = {name: entry.object[name] for name in ("apiVersion", "kind", "metadata")}
        _expect(self.apply(entry.object), entry.object)
        for part, subresource in (("spec", ""), ("status", "/status")):
            if part in entry.since:
                body = {**identity, part: entry.since[part]}
                _expect(self.apply(body, subresource, manager=CONTROLLER), body)

    def try_anew(self, body: dict[str, Any]) -> Answer:
        """Whether the object is taken where none like it is."""
        anew = _renamed(body)
        return self.api.create(self.place(anew, ELSEWHERE), anew, manager=MANAGER, dry_run=True)

    def wait_for(self, definition: dict[str, Any]) -> None:
        """Returns once a CRD's names are its own: before that, they may still be changed."""
        until = time.monotonic() + PATIENCE
        while not _is_established(self.api.call("GET", self.path(definition)).body):
            if time.monotonic() > until:
                raise UserError(f"{definition['metadata']['name']} is not established after {PATIENCE:g} s")
            time.sleep(0.1)


def _kind(body: dict[str, Any]) -> ServedKind:
    group, _, version = str(body["apiVersion"]).rpartition("/")
    return ServedKind(group, version, str(body["kind"]))


def _expect(answer: Answer, body: dict[str, Any]) -> None:
    if not answer.ok:
        raise UserError(f"{body['kind']} {body['metadata']['name']}: {answer.message}")


def _renamed(body: dict[str, Any]) -> dict[str, Any]:
    """Under a name that nobody has; a CRD's says what it defines."""
    name, spec = f"{body['metadata']['name']}-anew", mapping(body.get("spec"))
    if body["kind"] == "CustomResourceDefinition":
        plural = f"anew-{spec['names']['plural']}"
        name, spec = f"{plural}.{spec['group']}", {**spec, "names": {**spec["names"], "plural": plural}}
    return {**body, "metadata": {**body["metadata"], "name": name}, **({"spec": spec} if spec else {})}


def _is_established(definition: dict[str, Any]) -> bool:
    conditions = map(mapping, sequence(mapping(definition.get("status")).get("conditions")))
    return any(each.get("type") == "Established" and each.get("status") == "True" for each in conditions)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A cluster of its own: a default storage class would be one for other tests too."""
    with clusters(Programs.installed(ROOT), ROOT / "build" / "e2e" / "updates", ["updates"]) as running:
        server = Server(running["updates"].api)
        for namespace in (NAMESPACE, ELSEWHERE):
            server.make("Namespace", namespace)
            for account in ACCOUNTS:
                server.make("ServiceAccount", account, namespace)
        listed = sorted(entries(), key=lambda entry: entry.object["kind"] not in FIRST)
        for entry in listed:
            server.give(entry)
        for entry in listed:
            if entry.object["kind"] == "CustomResourceDefinition":
                server.wait_for(entry.object)
        yield server


@pytest.mark.parametrize("update", updates(Verdict.REFUSED), ids=lambda update: update.id)
def test_refused_of_the_old_object_and_right_by_itself(server: Server, update: Update) -> None:
    answer = server.apply(update.new, dry_run=True)
    assert answer.status in (403, 422), answer.body
    anew = server.try_anew(update.new)
    assert anew.ok, anew.message


@pytest.mark.parametrize("update", updates(Verdict.KEPT), ids=lambda update: update.id)
def test_taken_and_without_effect(server: Server, update: Update) -> None:
    answer = server.apply(update.new, dry_run=True)
    assert answer.ok, answer.message
    there = server.api.call("GET", server.path(update.old)).body
    assert _at(answer.body, update.field) == _at(there, update.field) == _at(update.old, update.field)
    assert _at(update.new, update.field) is None


@pytest.mark.parametrize("update", updates(Verdict.TAKEN), ids=lambda update: update.id)
def test_taken(server: Server, update: Update) -> None:
    answer = server.apply(update.new, dry_run=True)
    assert answer.ok, answer.message


def _at(body: dict[str, Any], field: str) -> Any:
    value: Any = body
    for step in field.split("."):
        value = mapping(value).get(step)
    return value
