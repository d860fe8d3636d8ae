"""The in-cluster addresses that manifests name: in environment variables, arguments and configuration files.

A name is taken for one of a Service where it has a form that only such a name has: ``name.namespace.svc``, optionally with the
cluster's domain; ``name.namespace`` where that namespace is one of ours; or a URL whose host is a single word, and no number,
as in oauth2-proxy's ``static://202``. Source: https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/#services.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from gitops.models.paths import JsonPath
from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence

_LABEL = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?"
_PORT = r"(?P<port>\d{1,9})"  # longer than any, so that a mistyped one is still read as a port
_SCHEME_AND_USER = r"[a-z][a-z0-9+.-]*://(?:[\w.%-]+(?::[^@\s/]*)?@)?"
_FULL = re.compile(
    rf"(?<![\w.@/-])(?:{_SCHEME_AND_USER})?(?P<name>{_LABEL})\.(?P<namespace>{_LABEL})"
    rf"(?P<svc>\.svc(?:\.cluster\.local)?)?(?::{_PORT})?(?!\.?[\w-])"
)
_URL = re.compile(rf"{_SCHEME_AND_USER}(?P<name>{_LABEL})(?::{_PORT})?(?=[/\s\"',;)\]}}]|$)")
_OURSELVES = frozenset({"localhost"})


class Address(NamedTuple):
    """A Service that an object names, and where: ``text`` is how, ``port`` is None where it gives none."""

    resource: Resource
    path: JsonPath
    name: str
    namespace: str
    port: int | None
    text: str

    def __str__(self) -> str:
        return f"{self.name}.{self.namespace}" + (f":{self.port}" if self.port is not None else "")


def addresses(resource: Resource, namespaces: frozenset[str]) -> Iterator[Address]:
    """The addresses that an object names; ``namespaces`` are those that exist."""
    for path, text in _texts(resource):
        found = [
            (match["name"], match["namespace"], match["port"], match[0])
            for match in _FULL.finditer(text)
            if match["svc"] or match["namespace"] in namespaces
        ]
        found += [
            (match["name"], resource.namespace, match["port"], match[0])
            for match in _URL.finditer(text)
            if not match["name"].isdigit()
        ]
        first = {found_address[:3]: found_address for found_address in reversed(found)}
        for name, namespace, port, written in sorted(first.values(), key=found.index):
            if name not in _OURSELVES:
                yield Address(resource, path, name, namespace, int(port) if port else None, written)


def _texts(resource: Resource) -> Iterator[tuple[JsonPath, str]]:
    """The values of environment variables and arguments at any depth, and the files of ConfigMaps."""
    if (resource.group, resource.kind) == ("", "ConfigMap"):
        for key, value in mapping(resource.body.get("data")).items():
            yield ("data", key), str(value)
    else:
        yield from _container_texts(resource.body.get("spec"), ("spec",))


def _container_texts(value: Any, path: JsonPath) -> Iterator[tuple[JsonPath, str]]:
    for key, item in mapping(value).items():
        if key in ("containers", "initContainers"):
            for index, container in enumerate(map(mapping, sequence(item))):
                yield from _texts_of(container, (*path, key, index))
        elif isinstance(item, dict):
            yield from _container_texts(item, (*path, key))


def _texts_of(container: dict[str, Any], path: JsonPath) -> Iterator[tuple[JsonPath, str]]:
    for index, variable in enumerate(map(mapping, sequence(container.get("env")))):
        yield (*path, "env", index, "value"), str(variable.get("value", ""))
    for name in ("command", "args"):
        for index, argument in enumerate(sequence(container.get(name))):
            yield (*path, name, index), str(argument)
