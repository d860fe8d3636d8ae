"""The in-cluster addresses that manifests name: in environment variables, arguments and configuration files.

A name is taken for one of a Service where it has a form that only such a name has: ``name.namespace.svc``, optionally with the
cluster's domain; ``name.namespace`` where that namespace is one of ours; or a URL whose host is a single word, and no number,
as in oauth2-proxy's ``static://202``. A single word elsewhere is one where its key says so (``DB_HOST``, ``server:``), or where
a Service of that name is there and the word stands with a port or is all that a variable says. Source:
https://kubernetes.io/docs/concepts/services-networking/dns-pod-service/.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from gitops.models.paths import JsonPath
from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence
from gitops.repository.config_files import (
    Setting,
    is_variable,
    settings_of_arguments,
    settings_of_file,
    settings_of_variables,
)

# Each part has its longest length, so that a text of megabytes without a break is not gone through again from every character.
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PORT = r"(?P<port>\d{1,9})"  # longer than any, so that a mistyped one is still read as a port
_SCHEME_AND_USER = r"[a-z][a-z0-9+.-]{0,29}://(?:[\w.%-]+(?::[^@\s/]*)?@)?"
_FULL = re.compile(
    rf"(?<![\w.@/-])(?:{_SCHEME_AND_USER})?(?:{_LABEL}\.)??(?P<name>{_LABEL})\.(?P<namespace>{_LABEL})"
    rf"(?P<svc>\.svc(?:\.cluster\.local)?)?(?::{_PORT})?(?!\.?[\w-])"
)
_URL = re.compile(rf"{_SCHEME_AND_USER}(?P<name>{_LABEL})(?::{_PORT})?(?=[/\s\"',;)\]}}]|$)")
_SHORT = re.compile(rf"(?:(?P<pod>{_LABEL})\.)?(?P<name>{_LABEL})(?::{_PORT})?")
_ORDINAL = re.compile(r"-\d+$")
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

# Under a key that ends so stands a host, though it need not be a Service.
_SAYS_HOST = frozenset(
    ["host", "hosts", "hostname", "address", "addresses", "addr", "addrs", "endpoint", "endpoints", "broker", "brokers"]
)
# Under these as well, beside other things: character_set_server is none.
_MAY_SAY_HOST = frozenset(
    ["server", "servers", "ip", "url", "urls", "uri", "uris", "upstream", "upstreams", "backend", "target", "targets", "peers"]
)
# What a program listens on, or is called itself.
_LISTENS = frozenset({"listen", "listener", "bind", "advertise", "advertised"})
# A variable that ends so says what something is called, also where that is what its Service is called.
_SAYS_NAME = frozenset(
    ["name", "id", "user", "username", "realm", "role", "account", "namespace", "db", "database", "queue", "job", "type"]
)
# An image without its registry looks like a Service with a port: redis:7.
_SAYS_IMAGE = frozenset({"image", "images", "tag"})
_OURSELVES = frozenset({"localhost"})
_NO_HOST = frozenset({"true", "false", "yes", "no", "on", "off", "none", "null", "auto", "default", "any", "all"})


class Address(NamedTuple):
    """A Service that an object names, and where: ``text`` is how, ``port`` is None where it gives none."""

    resource: Resource
    path: JsonPath
    name: str
    namespace: str
    port: int | None
    text: str

    def __str__(self) -> str:
        namespace = f".{self.namespace}" if self.namespace else ""
        return f"{self.name}{namespace}" + (f":{self.port}" if self.port is not None else "")


@dataclass(frozen=True)
class Names:
    """What may be named: the namespaces, Services and StatefulSets (whose pods have hosts' names) that there are."""

    namespaces: frozenset[str] = frozenset()
    services: frozenset[tuple[str, str]] = frozenset()
    stateful_sets: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> "Names":
        """The names among all objects of an environment."""
        found: dict[tuple[str, str], set[tuple[str, str]]] = {}
        for resource in resources:
            found.setdefault((resource.group, resource.kind), set()).add((resource.namespace, resource.name))
        return cls(
            frozenset(name for _, name in found.get(("", "Namespace"), ())),
            frozenset(found.get(("", "Service"), ())),
            frozenset(found.get(("apps", "StatefulSet"), ())),
        )


class _Found(NamedTuple):
    name: str
    namespace: str
    port: str | None
    text: str


@dataclass(frozen=True)
class _Source:
    """A text that may name hosts, and the settings in it; ``whole`` where one value stands for itself, not in a file."""

    path: JsonPath
    text: str
    settings: tuple[Setting, ...] = field(default=())
    whole: bool = True


def addresses(resource: Resource, names: Names) -> Iterator[Address]:
    """The addresses that an object names; of two that differ in the port alone, one without is left out."""
    for source in _sources(resource):
        found = [*_long(source.text, resource.namespace, names.namespaces), *_short(source, resource.namespace, names)]
        with_port = {each[:2] for each in found if each.port}
        told: set[tuple[str, str, str | None]] = set()
        for each in found:
            if each[:3] not in told and (each.port or each[:2] not in with_port) and each.name not in _OURSELVES:
                told.add(each[:3])
                yield Address(
                    resource, source.path, each.name, each.namespace, int(each.port) if each.port else None, each.text
                )
    yield from _references(resource)


def _long(text: str, namespace: str, namespaces: frozenset[str]) -> Iterator[_Found]:
    for match in _FULL.finditer(text):
        if match["svc"] or match["namespace"] in namespaces:
            yield _Found(match["name"], match["namespace"], match["port"], match[0])
    for match in _URL.finditer(text) if "://" in text else ():
        if not match["name"].isdigit():
            yield _Found(match["name"], namespace, match["port"], match[0])


def _short(source: _Source, namespace: str, names: Names) -> Iterator[_Found]:
    for setting in source.settings:
        words = [word.lower() for word in _WORDS.findall(setting.key)]
        last = words[-1] if words else ""
        if _LISTENS.intersection(words) or last in _SAYS_IMAGE:
            continue
        says_host = last in _SAYS_HOST or last in _MAY_SAY_HOST
        port = _port_beside(setting, words) if says_host else None
        for part in setting.value.split(","):
            long = _FULL.fullmatch(part.strip())
            if long and (long["svc"] or long["namespace"] in names.namespaces):
                if says_host and port and not long["port"]:
                    yield _Found(long["name"], long["namespace"], port, _written(source, setting, part))
            elif match := _SHORT.fullmatch(part.strip()):
                there = (namespace, match["name"]) in names.services
                alone = source.whole and last and last not in _SAYS_NAME
                if (says_host or match["port"] or alone) if there else _is_missing(match, last, setting, namespace, names):
                    yield _Found(match["name"], namespace, match["port"] or port, _written(source, setting, part))


def _is_missing(match: re.Match[str], last: str, setting: Setting, namespace: str, names: Names) -> bool:
    """Whether a word that no Service is called is a host all the same, which its key alone can tell."""
    name = match["name"]
    if match["pod"] or setting.loose or name in _NO_HOST or name.isdigit():
        return False
    is_host = last in _SAYS_HOST or (last in _MAY_SAY_HOST and match["port"])
    return bool(is_host) and (namespace, _ORDINAL.sub("", name)) not in names.stateful_sets


def _port_beside(setting: Setting, words: list[str]) -> str | None:
    """The port under the key that says PORT where this one says HOST: ``DB_PORT`` beside ``DB_HOST``."""
    wanted = ([*words[:-1], "port"], [*words, "port"])
    for key, value in setting.beside.items():
        if re.fullmatch(_PORT, value) and [word.lower() for word in _WORDS.findall(key)] in wanted:
            return value
    return None


def _written(source: _Source, setting: Setting, part: str) -> str:
    """What to look for to find the setting: in a file the line with the value, from the key on, else the value."""
    value = part.strip()
    if source.whole:
        return value
    lines = [line for line in source.text.splitlines() if not line.lstrip().startswith(("#", ";", "//"))]
    key = next((number for number, line in enumerate(lines) if _has_word(line, setting.key)), 0)
    name = value.partition(":")[0]
    return next((line.strip() for line in lines[key:] if _has_word(line, name)), value)


def _has_word(line: str, word: str) -> bool:
    return word in line and re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w-])", line) is not None


def _sources(resource: Resource) -> Iterator[_Source]:
    """Environment variables and arguments of containers at any depth, and the entries of ConfigMaps."""
    if (resource.group, resource.kind) == ("", "ConfigMap"):
        data = {key: str(value) for key, value in mapping(resource.body.get("data")).items()}
        variables = {key: value for key, value in data.items() if is_variable(key, value)}
        for setting in settings_of_variables(variables):
            yield _Source(("data", setting.key), setting.value, (setting,))
        for key, value in data.items():
            if key not in variables:
                yield _Source(("data", key), value, settings_of_file(key, value), whole=False)
    else:
        yield from _container_sources(resource.body.get("spec"), ("spec",))


def _container_sources(value: Any, path: JsonPath) -> Iterator[_Source]:
    for key, item in mapping(value).items():
        if key in ("containers", "initContainers"):
            for index, container in enumerate(map(mapping, sequence(item))):
                yield from _sources_of(container, (*path, key, index))
        elif isinstance(item, dict):
            yield from _container_sources(item, (*path, key))


def _sources_of(container: dict[str, Any], path: JsonPath) -> Iterator[_Source]:
    listed = [mapping(variable) for variable in sequence(container.get("env"))]
    variables = {str(variable.get("name")): str(variable["value"]) for variable in listed if "value" in variable}
    for index, variable in enumerate(listed):
        if "value" in variable:
            setting = Setting(str(variable.get("name")), str(variable["value"]), variables)
            yield _Source((*path, "env", index, "value"), setting.value, (setting,))
    for where, command in _commands(container, path):
        arguments = [str(argument) for argument in command]
        settings = list(settings_of_arguments(arguments))
        for index, argument in enumerate(arguments):
            yield _Source((*where, index), argument, tuple(setting for at, setting in settings if at == index))


def _commands(value: Mapping[str, Any], path: JsonPath) -> Iterator[tuple[JsonPath, list[Any]]]:
    """The command lines of a container: its own, and those of its probes and hooks."""
    for key, item in value.items():
        if key in ("command", "args"):
            yield (*path, key), sequence(item)
        elif key == "lifecycle" or key.endswith("Probe") or key in ("exec", "preStop", "postStart"):
            yield from _commands(mapping(item), (*path, key))


def _references(resource: Resource) -> Iterator[Address]:
    """The Services that the API server is told to call, on 443 unless the reference says otherwise."""
    spec = mapping(resource.body.get("spec"))
    match resource.group, resource.kind:
        case "admissionregistration.k8s.io", _:
            for index, webhook in enumerate(map(mapping, sequence(resource.body.get("webhooks")))):
                path: JsonPath = ("webhooks", index, "clientConfig", "service")
                yield from _reference(resource, path, mapping(webhook.get("clientConfig")).get("service"))
        case "apiextensions.k8s.io", _:
            client = mapping(mapping(mapping(spec.get("conversion")).get("webhook")).get("clientConfig"))
            yield from _reference(resource, ("spec", "conversion", "webhook", "clientConfig", "service"), client.get("service"))
        case "apiregistration.k8s.io", _:
            yield from _reference(resource, ("spec", "service"), spec.get("service"))


def _reference(resource: Resource, path: JsonPath, service: Any) -> Iterator[Address]:
    named = mapping(service)
    port = named.get("port", 443)
    if named:
        number = port if isinstance(port, int) else None
        yield Address(resource, path, str(named.get("name")), str(named.get("namespace")), number, "")
