"""A small client of the Kubernetes API: what kubectl does not tell of one object among hundreds.

kubectl prints each warning once, whatever number of objects it is about, and an error as a sentence; the API itself answers
each request with its own warnings (RFC 9111 ``Warning`` headers, code 299) and a ``Status`` that names fields.
"""

import http.client
import json
import re
import ssl
import urllib.parse
from collections import deque
from dataclasses import dataclass
from typing import Any, NamedTuple

from gitops.models.values import mapping, sequence
from gitops.repository.crds import ServedKind

JsonObject = dict[str, Any]

_TIME_OUT = 60.0
_WARNING = re.compile(r'\b299 \S+ "((?:[^"\\]|\\.)*)"')
_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_JSON = "application/json"
_APPLY = "application/apply-patch+yaml"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API server says to one request; ``body`` is the object, or a ``Status`` where ``ok`` is false."""

    status: int
    body: JsonObject
    warnings: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return self.status < 300

    @property
    def message(self) -> str:
        """Why it was refused, in the server's words."""
        return str(self.body.get("message") or f"HTTP status {self.status}")


class Endpoint(NamedTuple):
    """Where the objects of a kind are: the name of its collection, and whether a namespace is part of the path."""

    plural: str
    namespaced: bool


class Api:
    """One API server, for several threads at once; keeps connections until ``close``. Raises ``OSError`` without it."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext) -> None:
        self._host = host
        self._port = port
        self._context = context
        self._idle: deque[http.client.HTTPSConnection] = deque()  # its methods are atomic

    def close(self) -> None:
        """Ends the connections that nobody uses."""
        while self._idle:
            self._idle.pop().close()

    def call(
        self,
        method: str,
        path: str,
        body: JsonObject | None = None,
        *,
        query: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Sends one request; anything but 2xx is an answer too."""
        target = f"{path}?{urllib.parse.urlencode(query)}" if query else path
        data = None if body is None else json.dumps(body).encode()
        sent = {"Accept": _JSON, "Content-Type": _JSON, **(headers or {})}
        try:
            response, content = self._exchange(method, target, data, sent)
        except http.client.HTTPException as error:
            raise OSError(f"{method} {path}: {error!r}") from error
        try:
            answer = json.loads(content)
        except ValueError:
            answer = {"message": content.decode(errors="replace")}
        headers_of_warnings = response.headers.get_all("Warning") or []
        warnings = tuple(_unescaped(text) for header in headers_of_warnings for text in _WARNING.findall(header))
        return Answer(response.status, mapping(answer), warnings)

    def kinds(self) -> dict[ServedKind, Endpoint]:
        """Every kind that can be created here, by aggregated discovery."""
        found: dict[ServedKind, Endpoint] = {}
        for path in ("/api", "/apis"):
            answer = self.call("GET", path, headers={"Accept": _DISCOVERY})
            for group in map(mapping, sequence(answer.body.get("items"))):
                for version in map(mapping, sequence(group.get("versions"))):
                    for resource in map(mapping, sequence(version.get("resources"))):
                        name = str(mapping(group.get("metadata")).get("name", ""))
                        kind = ServedKind(name, str(version["version"]), str(mapping(resource.get("responseKind")).get("kind")))
                        found[kind] = Endpoint(str(resource["resource"]), resource.get("scope") == "Namespaced")
        return found

    def apply(self, path: str, body: JsonObject, *, manager: str, dry_run: bool) -> Answer:
        """Server-side apply, unknown fields refused: what Argo CD's ``ServerSideApply=true`` sends."""
        query = {"fieldManager": manager, "force": "true", "fieldValidation": "Strict", **_dry(dry_run)}
        return self.call("PATCH", path, body, query=query, headers={"Content-Type": _APPLY})

    def create(self, path: str, body: JsonObject, *, manager: str, dry_run: bool) -> Answer:
        """Creation in a collection, unknown fields refused."""
        query = {"fieldManager": manager, "fieldValidation": "Strict", **_dry(dry_run)}
        return self.call("POST", path, body, query=query)

    def _exchange(
        self, method: str, target: str, data: bytes | None, headers: dict[str, str]
    ) -> tuple[http.client.HTTPResponse, bytes]:
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = http.client.HTTPSConnection(self._host, self._port, timeout=_TIME_OUT, context=self._context)
        try:
            connection.request(method, target, data, headers)
            response = connection.getresponse()
            content = response.read()
        except BaseException:  # half an exchange must not be taken for the next one's answer
            connection.close()
            raise
        self._idle.append(connection)
        return response, content


def collection(kind: ServedKind, endpoint: Endpoint, namespace: str) -> str:
    """The path of the objects of a kind."""
    root = f"/apis/{kind.group}/{kind.version}" if kind.group else f"/api/{kind.version}"
    inside = f"/namespaces/{namespace}" if endpoint.namespaced else ""
    return f"{root}{inside}/{endpoint.plural}"


def _dry(dry_run: bool) -> dict[str, str]:
    return {"dryRun": "All"} if dry_run else {}


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)
