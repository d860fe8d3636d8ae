"""The addresses to which a Keycloak realm may send users back, as an import file of Keycloak's says them.

Source: https://www.keycloak.org/docs/latest/server_admin/ (valid redirect URIs: a path is relative to the client's root URL,
and only the last character may be ``*``) and https://www.keycloak.org/server/importExport (placeholders ``${NAME}`` are
environment variables of the server; ``StringPropertyReplacer`` in Keycloak's common module also reads ``${NAME:default}``).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence
from gitops.repository.network import Network, Pods
from gitops.repository.traffic import clients

_PLACEHOLDER = re.compile(r"\$\{(?P<name>[A-Za-z_]\w*)(?::(?P<default>[^}]*))?\}")
_POST_LOGOUT = "post.logout.redirect.uris"


class Redirect(NamedTuple):
    """One address of one client: as it is written, and with root URL and variables put in."""

    realm: Resource
    key: str
    client: str
    written: str
    url: str

    @property
    def unresolved(self) -> str:
        """The first placeholder that no variable answers; empty when the address is complete."""
        match = _PLACEHOLDER.search(self.url)
        return match[0] if match else ""


def redirects(resources: Iterable[Resource], network: Network) -> Iterator[Redirect]:
    """The redirect addresses of all enabled clients of the realms in ConfigMaps."""
    for resource in resources:
        if (resource.group, resource.kind) == ("", "ConfigMap"):
            for key, text in mapping(resource.body.get("data")).items():
                realm = _realm(key, text)
                if realm:
                    variables = _variables(clients(network, resource, ("data", key)))
                    for client in map(mapping, sequence(realm.get("clients"))):
                        yield from _redirects_of(resource, key, client, variables)


def _realm(key: str, text: Any) -> dict[str, Any]:
    if not key.endswith(".json") or not isinstance(text, str) or '"clients"' not in text:
        return {}
    try:
        read = mapping(json.loads(text))
    except ValueError:
        return {}
    return read if "realm" in read else {}


def _redirects_of(resource: Resource, key: str, client: dict[str, Any], variables: Mapping[str, str]) -> Iterator[Redirect]:
    if client.get("enabled") is False:
        return
    after_logout = str(mapping(client.get("attributes")).get(_POST_LOGOUT) or "").split("##")
    root = str(client.get("rootUrl") or "").rstrip("/")
    for written in [*map(str, sequence(client.get("redirectUris"))), *after_logout]:
        if written not in ("", "+", "-"):
            url = root + written if written.startswith("/") else written
            yield Redirect(resource, key, str(client.get("clientId")), written, _resolved(url, variables))


def _resolved(url: str, variables: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(
        lambda match: variables.get(match["name"], match[0] if match["default"] is None else match["default"]), url
    )


def _variables(readers: Iterable[Pods]) -> dict[str, str]:
    """What the environment of the server says; a value that comes from elsewhere stays unknown."""
    return {
        str(variable.get("name")): str(variable["value"])
        for pods in readers
        for container in pods.containers
        for variable in map(mapping, sequence(container.get("env")))
        if "value" in variable
    }
