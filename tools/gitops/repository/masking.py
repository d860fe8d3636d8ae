"""What a report must not show: the values of Secrets, and what stands under a name that a Secret's declaration gives.

A value that a declaration names ought to be in no manifest at all. Where somebody put one nevertheless, in a variable, a
ConfigMap's key or a line of a file, a difference must not carry it on into a note that everybody reads.
"""

import re
from collections.abc import Iterable
from typing import Any

from gitops.models.difference import ABSENT, HIDDEN, FieldChange
from gitops.models.paths import JsonPath
from gitops.models.resource import Resource
from gitops.models.secret import SecretName
from gitops.models.values import mapping
from gitops.repository.declarations import Declared

_FIELDS = ("data", "stringData", "binaryData")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_REFERENCES = frozenset({"key", "name", "secretName"})  # these say where a value lies, not what it is
_WORD_ENDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^A-Za-z0-9]+")
_SECRET_TEXT = re.compile(r"""^\s*["']?kind["']?\s*:\s*["']?Secret["']?\s*,?\s*$""", re.MULTILINE)


class Mask:
    """Hides by the Secrets that one or several states of the repository declare."""

    def __init__(self, declared: Iterable[Declared]) -> None:
        self._secrets: set[SecretName] = set()
        names: set[str] = set()
        for each in declared:
            self._secrets.add(each.name)
            names.update(_words(key.name) for _, key, _ in each.each())
        self._names = tuple(sorted(names))
        listed = "|".join(name.replace("-", "[-_.]?") for name in sorted(names, key=len, reverse=True))
        # As files of YAML, JSON, INI, properties and shell write a value behind its name; "grafana:13.2" is an image.
        behind = r"""(?:["'][ \t]*:|[ \t]*:(?=[ \t])|["']?[ \t]*=)[ \t]*"""
        self._line = re.compile(rf"(?im)^([^:=\n]*?(?<![a-z0-9])(?:{listed}){behind})\S.*$") if names else None

    def change(self, change: FieldChange, old: Resource, new: Resource) -> FieldChange:
        """The change, without its values where either must not be shown."""
        before = change.old if change.old is ABSENT else self._masked(change.old, change.old_path, old)
        after = change.new if change.new is ABSENT else self._masked(change.new, change.new_path, new)
        if HIDDEN not in (before, after) and before != after:
            return change._replace(old=before, new=after)
        return change._replace(
            old=ABSENT if change.old is ABSENT else HIDDEN, new=ABSENT if change.new is ABSENT else HIDDEN, hidden=True
        )

    def body(self, resource: Resource) -> Any:
        """The whole object as it may be shown."""
        return self._masked(resource.body, (), resource)

    def _masked(self, value: Any, path: JsonPath, resource: Resource) -> Any:
        if self._is_secret(resource) and path[:1] and path[0] in _FIELDS:
            return _all_hidden(value)
        if _LAST_APPLIED in path:
            return HIDDEN
        if not isinstance(value, dict | list) and self._named(_name_of(resource.body, path)):
            return HIDDEN
        if isinstance(value, dict):
            return {name: self._masked(item, (*path, name), resource) for name, item in value.items()}
        if isinstance(value, list):
            return [self._masked(item, (*path, index), resource) for index, item in enumerate(value)]
        return self._text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        if _SECRET_TEXT.search(text):
            return HIDDEN
        return self._line.sub(rf"\1{HIDDEN}", text) if self._line else text

    def _named(self, name: Any) -> bool:
        """Whether a name is a declared key's, or ends with it: ``POSTGRES_PASSWORD`` and ``adminPassword`` are passwords."""
        if not isinstance(name, str) or name in _REFERENCES:
            return False
        words = _words(name)
        return any(words == known or words.endswith(f"-{known}") for known in self._names)

    def _is_secret(self, resource: Resource) -> bool:
        """Whether an object is a Secret, or pretends to be one that is declared."""
        if resource.group or resource.kind not in ("Secret", "ConfigMap"):
            return False
        return resource.kind == "Secret" or SecretName(resource.namespace, resource.name) in self._secrets


def _name_of(body: Any, path: JsonPath) -> Any:
    """The field that a value stands under; the variable's name for the value of an environment variable, or a like pair."""
    if path[-1:] != ("value",):
        return path[-1] if path else None
    holder = body
    for step in path[:-1]:
        try:
            holder = holder[step]
        except (LookupError, TypeError):
            return None
    return mapping(holder).get("name")


def _words(name: str) -> str:
    """``POSTGRES_PASSWORD``, ``postgres.password`` and ``postgresPassword`` alike: words in lower case with hyphens."""
    return _WORD_ENDS.sub("-", name).lower().strip("-")


def _all_hidden(value: Any) -> Any:
    """The same keys without their values."""
    return dict.fromkeys(value, HIDDEN) if isinstance(value, dict) else HIDDEN
