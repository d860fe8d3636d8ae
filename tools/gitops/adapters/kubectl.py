"""Secrets of a cluster, through the kubectl and the kubeconfig of whoever runs this.

A Secret that is missing is created, one that is there is replaced under its resource version, so that of two runs at once one
is refused and looks again. Server-side apply would not do: it takes a second value from the same manager without a word.
Values go to kubectl's standard input and nowhere else, and are masked in whatever it says.
"""

import base64
import json
import re
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from gitops.adapters import command, secret_manifest
from gitops.models.errors import UserError, unknown_name
from gitops.models.secret import SecretChange, SecretChanged, SecretName, SecretValue, StoredSecret

_PATIENCE = "--request-timeout=30s"
_AT_ONCE = 4
_SHORTEST = 4  # a shorter piece of a value is masked nowhere: it stands in any text by chance
_UNREACHABLE = re.compile(
    r"unable to connect|connection to the server|dial tcp|i/o timeout|no such host|refused", re.IGNORECASE
)
_REFUSED = re.compile(r"\(Forbidden\)|\(Unauthorized\)|must be logged in|Unauthorized")
_OVERTAKEN = re.compile(r"\((AlreadyExists|Conflict)\)")
_LOG_LINE = re.compile(r"[EWIF]\d{4} \d\d:\d\d:")


class Kubectl:
    """The cluster of one context of the user's kubeconfig."""

    def __init__(self, context: str) -> None:
        """Raises ``UserError`` where there is no kubectl, or no such context."""
        program = shutil.which("kubectl")
        if program is None:
            raise UserError("kubectl is not on PATH; install it (https://kubernetes.io/docs/tasks/tools/)")
        self._program = Path(program)
        self._context = context
        known = self._ask("config", "get-contexts", "--output=name").split()
        if context not in known:
            raise unknown_name("context of the kubeconfig", context, known)
        address = "--output=jsonpath={.clusters[0].cluster.server}"
        self._server = self._ask("config", "view", "--minify", f"--context={context}", address).strip()

    def __str__(self) -> str:
        return f"the cluster {self._server} (context {self._context})"

    def read(self, names: Iterable[SecretName], advance: Callable[[], None]) -> dict[SecretName, StoredSecret]:
        """Those of the Secrets that are there; ``advance`` is called once per namespace."""
        by_namespace: dict[str, list[str]] = {}
        for secret in names:
            by_namespace.setdefault(secret.namespace, []).append(secret.name)

        def read_one(item: tuple[str, list[str]]) -> list[StoredSecret]:
            found = self._objects("get", "secrets", *sorted(item[1]), f"--namespace={item[0]}", "--ignore-not-found")
            advance()
            return [secret_manifest.stored(body) for body in found]

        with ThreadPoolExecutor(_AT_ONCE) as pool, command.killed_on_interrupt():
            return {secret.name: secret for found in pool.map(read_one, by_namespace.items()) for secret in found}

    def namespaces(self, names: Iterable[str]) -> frozenset[str]:
        """Those of the namespaces that are there."""
        wanted = sorted(set(names))
        if not wanted:
            return frozenset()
        said = self._call("get", "namespaces", *wanted, "--ignore-not-found", "--output=name")
        return frozenset(line.rpartition("/")[2] for line in said.split())

    def managed(self) -> frozenset[SecretName]:
        """Every Secret of the cluster that was made by this tool; their values stay in the cluster."""
        selector = f"--selector={secret_manifest.MANAGED_BY}={secret_manifest.MANAGER}"
        fields = '--output=jsonpath={range .items[*]}{.metadata.namespace}/{.metadata.name}{"\\n"}{end}'
        said = self._call("get", "secrets", "--all-namespaces", selector, fields)
        return frozenset(SecretName(*line.split("/", 1)) for line in said.split())

    def write(self, change: SecretChange) -> None:
        """Creates the Secret, or replaces the version that was read; raises ``SecretChanged`` where that is no longer so."""
        body = secret_manifest.changed(change)
        values = [*change.data.values(), *(change.old.data.values() if change.old else ())]
        verb = "replace" if change.old else "create"
        manager = f"--field-manager={secret_manifest.MANAGER}"
        self._call(verb, manager, "--filename=-", "--output=name", given=json.dumps(body).encode(), values=values)

    def _objects(self, *arguments: str) -> list[dict[str, Any]]:
        """What kubectl gets, be it nothing, one object or a list."""
        said = self._call(*arguments, "--output=json").strip()
        answer = json.loads(said) if said else {"items": []}
        items: list[dict[str, Any]] = answer.get("items", [answer])
        return items

    def _call(self, *arguments: str, given: bytes | None = None, values: Iterable[SecretValue] = ()) -> str:
        return self._ask(*arguments, f"--context={self._context}", _PATIENCE, given=given, values=values)

    def _ask(self, *arguments: str, given: bytes | None = None, values: Iterable[SecretValue] = ()) -> str:
        """What kubectl prints; its failures are told without any of the values, and without what it had printed."""
        try:
            output = command.run([self._program, *arguments], limit=command.time_limit(), accept=None, given=given)
        except (command.CommandMissing, command.CommandTimedOut) as error:
            raise UserError(str(error)) from error
        if output.returncode == 0:
            return output.stdout
        said = masked(_last_words(output.stderr), values)
        if _OVERTAKEN.search(said):
            raise SecretChanged(said)
        if _UNREACHABLE.search(said):
            raise UserError(f"the cluster of context '{self._context}' does not answer: {said}")
        if _REFUSED.search(said):
            raise UserError(f"context '{self._context}' has not the rights for this: {said}")
        raise UserError(f"kubectl {arguments[0]} failed: {said}")


def masked(text: str, values: Iterable[SecretValue]) -> str:
    """The text without any of the values: as they are, line by line, in base64, and as JSON writes them."""
    forms: set[str] = set()
    for value in values:
        data = value.reveal()
        plain = data.decode(errors="replace")
        forms |= {base64.b64encode(data).decode(), plain, json.dumps(plain)[1:-1], *plain.splitlines()}
    for form in sorted(forms, key=len, reverse=True):
        if len(form) >= _SHORTEST:
            text = text.replace(form, "***")
    return text


def _last_words(stderr: str) -> str:
    """The messages without kubectl's own log lines in front of them."""
    lines = [line for line in stderr.strip().splitlines() if not _LOG_LINE.match(line)]
    return "; ".join(line.strip() for line in lines if line.strip()) or "it said nothing"
