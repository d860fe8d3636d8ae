"""The settings that a configuration file makes: keys with their values, as far as the file's form tells them apart.

YAML, JSON, TOML, INI, properties and Python are parsed. Of anything else (a shell script, a program's own language) the pairs
``key = value``, ``key: value`` and ``--key value`` are taken, and marked as ``loose``: such a text may mean something else.
"""

import ast
import configparser
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from gitops.models.values import mapping
from gitops.repository import documents

_YAML = (".yaml", ".yml")
_INI = (".ini", ".cnf", ".cfg")
_LINES = (".properties", ".env", ".conf", *_INI)
_SECTION = re.compile(r"^\[", re.MULTILINE)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LINE = re.compile(r"^[ \t]*(?:export[ \t]+)?(?P<key>[\w.-]+)[ \t]*[=:][ \t]*(?P<value>\S.*?)[ \t]*$", re.MULTILINE)
_FLAG = re.compile(r"(?<![\w-])--?(?P<key>[A-Za-z][\w.-]*)(?:=|[ \t]+)(?P<value>[^\s\"'-][^\s\"']*)")
_ASSIGNED = re.compile(r"(?<![\w.-])(?P<key>[A-Za-z][\w.-]*)[\"']?[ \t]*[=:][ \t]*[\"']?(?P<value>[\w.:,-]+)")
_COMMENT = re.compile(r"^[ \t]*(?:#|;|//|--[ \t]|\*|/\*|<!--).*$", re.MULTILINE)


class Setting(NamedTuple):
    """One value and the key that it stands under; ``beside`` are the other values of the same group by their keys."""

    key: str
    value: str
    beside: Mapping[str, str]
    loose: bool = False


def settings_of_variables(variables: Mapping[str, str]) -> Iterator[Setting]:
    """Environment variables: each is a setting beside all others."""
    for key, value in variables.items():
        yield Setting(key, value, variables)


def settings_of_arguments(arguments: list[str]) -> Iterator[tuple[int, Setting]]:
    """``--key=value`` and ``--key value`` of a command line, with the index of the argument that holds the value."""
    for index, argument in enumerate(arguments):
        key, equals, value = argument.partition("=")
        if "\n" in argument:
            for setting in _loose(argument):
                yield index, setting
        elif key.startswith("-") and equals:
            yield index, Setting(key.lstrip("-"), value, {})
        elif key.startswith("--") and index + 1 < len(arguments) and not arguments[index + 1].startswith("-"):
            yield index + 1, Setting(key.lstrip("-"), arguments[index + 1], {})


def is_variable(name: str, text: str) -> bool:
    """Whether an entry of a ConfigMap is meant for an environment variable, not for a file."""
    return _VARIABLE.fullmatch(name) is not None and "\n" not in text


@lru_cache(maxsize=4096)
def settings_of_file(name: str, text: str) -> tuple[Setting, ...]:
    """What the file ``name`` sets; a file that its own form cannot read is taken for loose text."""
    try:
        return tuple(_parsed(name, text))
    except (ValueError, SyntaxError, RecursionError, MemoryError, configparser.Error):
        return tuple(_loose(text))


def _parsed(name: str, text: str) -> Iterator[Setting]:
    if name.endswith(_YAML):
        for document in documents.values(text):
            yield from _walk("", document)
    elif name.endswith(".json"):
        yield from _walk("", json.loads(text))
    elif name.endswith(".toml"):
        yield from _walk("", tomllib.loads(text))
    elif name.endswith(_INI) and _SECTION.search(text):
        yield from _ini(text)
    elif name.endswith(".py"):
        yield from _python(ast.parse(text))
    elif name.endswith(_LINES):
        yield from _lines(text)
    else:
        yield from _loose(text)


def _walk(key: str, value: Any) -> Iterator[Setting]:
    """Every scalar at any depth; in ``{name: …, value: …}`` the name is the key, as Kubernetes writes variables."""
    if isinstance(value, dict):
        beside = _scalars(value)
        for name, item in value.items():
            if _is_scalar(item):
                yield Setting(str(name), str(item), beside)
            else:
                yield from _walk(str(name), item)
    elif isinstance(value, list):
        variables = {str(item["name"]): str(item["value"]) for item in map(mapping, value) if {"name", "value"} <= item.keys()}
        yield from settings_of_variables(variables)
        yield from (setting for _, setting in settings_of_arguments([item for item in value if isinstance(item, str)]))
        for item in value:
            if _is_scalar(item):
                yield Setting(key, str(item), {})
            elif not {"name", "value"} <= mapping(item).keys():
                yield from _walk(key, item)


def _scalars(value: Mapping[str, Any]) -> dict[str, str]:
    return {str(name): str(item) for name, item in value.items() if _is_scalar(item)}


def _is_scalar(value: Any) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)


def _ini(text: str) -> Iterator[Setting]:
    parser = configparser.RawConfigParser(allow_no_value=True, strict=False)
    parser.optionxform = str  # type: ignore[assignment,method-assign] # as written: a port's key goes by its host's
    parser.read_string(text)
    for section in parser.sections():
        yield from settings_of_variables({key: value for key, value in parser.items(section) if value is not None})


def _lines(text: str) -> Iterator[Setting]:
    """``key = value`` and ``key: value``, one a line, as properties, env files and many programs of their own write them."""
    found = {match["key"]: match["value"].strip("\"'") for match in _LINE.finditer(_COMMENT.sub("", text))}
    yield from settings_of_variables(found)


def _python(module: ast.Module) -> Iterator[Setting]:
    """Assignments, keyword arguments and entries of dictionaries with a constant, and pairs like ``("name", 5672)``."""
    for node in ast.walk(module):
        match node:
            case ast.Assign(targets=[ast.Name(id=name) | ast.Attribute(attr=name)], value=value):
                yield from _constants(name, value, {})
            case ast.Call(keywords=keywords):
                yield from _group([(word.arg, word.value) for word in keywords if word.arg])
            case ast.Dict(keys=keys, values=values):
                named = zip(keys, values, strict=True)
                yield from _group([(str(key.value), value) for key, value in named if isinstance(key, ast.Constant)])
            case ast.Tuple(elts=[ast.Constant(value=str(name)), ast.Constant(value=int(port))]):
                yield Setting("", f"{name}:{port}", {}, loose=True)


def _group(pairs: list[tuple[str, ast.expr]]) -> Iterator[Setting]:
    beside = {key: str(value.value) for key, value in pairs if isinstance(value, ast.Constant)}
    for key, value in pairs:
        yield from _constants(key, value, beside)


def _constants(key: str, value: ast.expr, beside: Mapping[str, str]) -> Iterator[Setting]:
    listed = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
    for item in listed:
        if isinstance(item, ast.Constant) and isinstance(item.value, str):
            yield Setting(key, item.value, beside if item is value else {})


def _loose(text: str) -> Iterator[Setting]:
    """Pairs in a text of unknown form, each beside those of its line and the next three."""
    lines = _COMMENT.sub("", text).splitlines()
    found = [{match["key"]: match["value"] for form in (_ASSIGNED, _FLAG) for match in form.finditer(line)} for line in lines]
    for number, pairs in enumerate(found):
        beside: dict[str, str] = {}
        for near in reversed(found[number : number + 4]):
            beside |= near
        for key, value in pairs.items():
            yield Setting(key, value, beside, loose=True)
