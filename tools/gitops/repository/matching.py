"""Which objects a kustomize selector chooses, and which fields a replacement's path means.

Source: ``types.Selector`` of sigs.k8s.io/kustomize/api v0.21 (patch targets, replacement targets): group, version, kind,
name and namespace are regular expressions for the whole text, labels and annotations are Kubernetes selectors.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gitops.models.paths import JsonPath
from gitops.models.resource import Resource
from gitops.models.values import mapping

_SET_BASED = re.compile(r"\s*(?P<key>[\w./-]+)\s+(?P<how>in|notin)\s*\((?P<values>[^)]*)\)\s*")
_EQUALITY = re.compile(r"\s*(?P<key>[\w./-]+)\s*(?P<how>==|=|!=)\s*(?P<value>[\w.-]*)\s*")
_EXISTENCE = re.compile(r"\s*(?P<not>!?)\s*(?P<key>[\w./-]+)\s*")
_FIELD_STEP = re.compile(r"\[[^\]]*\]|(?:\\.|[^.\[])+")
_NAMED_STEP = re.compile(r"\[(?P<key>[^=]*)=(?P<value>.*)\]")
_HASH = re.compile(r"-[a-z0-9]{10}$")
_OUTSIDE_PARENTHESES = re.compile(r",(?![^(]*\))")


@dataclass(frozen=True, slots=True)
class Selector:
    """Conditions of a target; an absent one matches everything."""

    patterns: Mapping[str, str] = field(default_factory=dict)
    labels: str = ""
    annotations: str = ""

    @classmethod
    def read(cls, target: Any) -> "Selector":
        """A selector from its YAML mapping."""
        if not isinstance(target, dict):
            return cls()
        names = ("group", "version", "kind", "name", "namespace")
        patterns = {name: str(target[name]) for name in names if target.get(name)}
        return cls(patterns, str(target.get("labelSelector") or ""), str(target.get("annotationSelector") or ""))

    @classmethod
    def of_object(cls, body: Any) -> "Selector":
        """The selector that a strategic merge patch is by its own kind and name."""
        if not isinstance(body, dict):
            return cls()
        name = mapping(body.get("metadata")).get("name")
        return cls({"kind": re.escape(str(body.get("kind", ""))), "name": re.escape(str(name or ""))})

    def matches(self, resource: Resource) -> bool:
        """Whether the rendered object is chosen; a name also counts without the hash that a generator adds."""
        facts = {
            "group": resource.group,
            "version": resource.version,
            "kind": resource.kind,
            "namespace": resource.namespace,
        }
        for name, pattern in self.patterns.items():
            values = _names(resource) if name == "name" else (facts[name],)
            if not any(_whole(pattern, value) for value in values):
                return False
        metadata = resource.metadata
        labels, annotations = metadata.get("labels"), metadata.get("annotations")
        return label_selector_matches(self.labels, labels) and label_selector_matches(self.annotations, annotations)

    def __str__(self) -> str:
        parts = [f"{name} {pattern}" for name, pattern in self.patterns.items()]
        parts += [f"{kind} {text}" for kind, text in (("labels", self.labels), ("annotations", self.annotations)) if text]
        return ", ".join(parts) or "everything"


def _names(resource: Resource) -> tuple[str, ...]:
    return (resource.name, without_hash(resource.name)) if resource.origin.configured_in else (resource.name,)


def without_hash(name: str) -> str:
    """The name of a generated object without the hash of its content, if it has one (ten characters, ``hasher`` of kyaml)."""
    return _HASH.sub("", name)


def _whole(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return False


def label_selector_matches(selector: str, having: Any) -> bool:
    """Whether labels meet a selector that is written as text, as kubectl takes it; an empty one chooses all."""
    values = mapping(having)
    return all(_requirement(part, values) for part in _OUTSIDE_PARENTHESES.split(selector) if part.strip())


def _requirement(text: str, values: Mapping[str, Any]) -> bool:
    """One part of a selector (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/)."""
    if match := _SET_BASED.fullmatch(text):
        chosen = {value.strip() for value in match["values"].split(",")}
        return (values.get(match["key"]) in chosen) == (match["how"] == "in")
    if match := _EQUALITY.fullmatch(text):
        return (values.get(match["key"]) == match["value"]) != (match["how"] == "!=")
    if match := _EXISTENCE.fullmatch(text):
        return (match["key"] in values) != bool(match["not"])
    return False


def field_path(text: str) -> JsonPath:
    """kustomize's dotted path; a dot that belongs to a key is written ``\\.``, or the key stands in brackets."""
    return tuple(step.replace("\\.", ".") for step in _FIELD_STEP.findall(text))


def field_matches(field: JsonPath, path: JsonPath, body: Any) -> bool:
    """Whether a dotted path means this place in an object: ``*`` any item of a list, ``[key=value]`` those with such a key."""
    if len(field) != len(path):
        return False
    here = body
    for wanted, step in zip(map(str, field), path, strict=True):
        try:
            here = here[step]
        except (LookupError, TypeError):
            here = None
        if wanted not in (str(step), f"[{step}]") and not (isinstance(step, int) and _is_meant(wanted, here)):
            return False
    return True


def _is_meant(step: str, item: Any) -> bool:
    """Whether a step of a path means this item: kustomize looks for a regular expression anywhere in the item's value."""
    match = _NAMED_STEP.fullmatch(step)
    if match is None:
        return step == "*"
    value = mapping(item).get(match["key"], "") if match["key"] else item
    try:
        return re.search(match["value"], str(value)) is not None
    except re.error:
        return False
