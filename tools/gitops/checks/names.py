"""Names, labels and annotations that the API server takes.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ and …/labels/, and the validation of each
kind in k8s.io/kubernetes/pkg/apis.
"""

import re
from collections.abc import Iterator
from typing import Any

from gitops.checks.unit import Problem, Scope, check
from gitops.models.paths import JsonPath
from gitops.models.resource import Resource

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SUBDOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_QUALIFIED_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?")
_MAX_ANNOTATIONS = 256 * 1024

# Kinds whose names become one DNS label, or a path segment; every other kind's is a DNS subdomain.
_LABEL_KINDS = frozenset({("", "Namespace"), ("", "Service")})
_PATH_SEGMENT_GROUPS = frozenset({"rbac.authorization.k8s.io"})
_TEMPLATE_GROUPS = frozenset({"", "apps", "batch", "policy"})
_SIGNED_BUNDLE = ("certificates.k8s.io", "ClusterTrustBundle")  # named after its signer: signer.example.org:mine
_MAX_CRON_JOB = 52  # a CronJob's Jobs append eleven characters to its name, and a label holds 63


@check(
    "META001",
    "Invalid object name",
    Scope.OBJECT,
    why="The API server refuses the object; schemas do not look at names.",
    fix="Use lower-case letters, digits and '-' ('.' where the kind allows it), with a letter or digit at both ends.",
    reference="https://kubernetes.io/docs/concepts/overview/working-with-objects/names/",
)
def object_name(resource: Resource) -> Iterator[Problem]:
    """Names and namespaces that break the rules of their kind."""
    name = resource.metadata.get("name")
    if isinstance(name, str) and (reason := _name_fault(resource.group, resource.kind, name)):
        yield Problem(f"'{name}' is no name of a {resource.kind}: {reason}", resource, ("metadata", "name"))
    elif name is None and "generateName" not in resource.metadata:
        yield Problem("the object has no name", resource, ("metadata",), fix="Add metadata.name.")
    namespace = resource.metadata.get("namespace")
    if isinstance(namespace, str) and namespace and not _LABEL.fullmatch(namespace):
        yield Problem(f"'{namespace}' is no namespace: {_LABEL_RULE}", resource, ("metadata", "namespace"))


@check(
    "META002",
    "Invalid label or annotation",
    Scope.OBJECT,
    why="The API server refuses the object, and a selector with such a label matches nothing; schemas do not look at either.",
    fix="Keys are [prefix/]name; names and values of labels have up to 63 letters, digits, '-', '_' and '.'.",
    reference="https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#syntax-and-character-set",
)
def labels(resource: Resource) -> Iterator[Problem]:
    """Labels (also in templates and selectors) and annotations with keys or values that are not allowed."""
    for path, mapping in _label_maps(resource):
        for key, value in mapping.items():
            # The API server looks at annotations' keys in lower case (ValidateAnnotations of apimachinery).
            if reason := _key_fault(key.lower() if path[-1] == "annotations" else key):
                yield Problem(f"'{key}' is no key: {reason}", resource, (*path, key))
            elif path[-1] != "annotations" and isinstance(value, str) and (reason := _value_fault(value)):
                yield Problem(f"'{value}' is no value of the label '{key}': {reason}", resource, (*path, key))
        if (
            path[-1] == "annotations"
            and sum(len(f"{key}{value}".encode()) for key, value in mapping.items()) > _MAX_ANNOTATIONS
        ):
            yield Problem("the annotations are larger than 256 KiB together", resource, path)


_LABEL_RULE = "up to 63 of a-z, 0-9 and '-', beginning and ending with a letter or digit"


def _name_fault(group: str, kind: str, name: str) -> str:
    if group in _PATH_SEGMENT_GROUPS:
        return "it contains '/' or '%', or is '.' or '..'" if name in (".", "..") or "/" in name or "%" in name else ""
    if (group, kind) in _LABEL_KINDS:
        return "" if _LABEL.fullmatch(name) else _LABEL_RULE
    if (group, kind) == _SIGNED_BUNDLE:
        name = name.rpartition(":")[2]
    if len(name) > 253 or not _SUBDOMAIN.fullmatch(name):
        return "up to 253 of a-z, 0-9, '-' and '.', beginning and ending with a letter or digit"
    if (group, kind) == ("batch", "CronJob") and len(name) > _MAX_CRON_JOB:
        return f"it is longer than {_MAX_CRON_JOB} characters, and its Jobs append eleven"
    return ""


def _key_fault(key: str) -> str:
    prefix, slash, name = key.rpartition("/")
    if slash and (len(prefix) > 253 or not _SUBDOMAIN.fullmatch(prefix)):
        return f"the prefix '{prefix}' is no DNS subdomain"
    if len(name) > 63:
        return "the name is longer than 63 characters"
    return "" if _QUALIFIED_NAME.fullmatch(name) else f"the name '{name}' has characters that are not allowed"


def _value_fault(value: str) -> str:
    if len(value) > 63:
        return "it is longer than 63 characters"
    return "" if _LABEL_VALUE.fullmatch(value) else "it has characters that are not allowed"


def _label_maps(resource: Resource) -> Iterator[tuple[JsonPath, dict[str, Any]]]:
    """The maps of labels in an object: its own, and in Kubernetes' own kinds those of its templates and selectors.

    A template of somebody else's kind may hold placeholders (Argo CD's ApplicationSet does).
    """
    yield from _metadata_maps(resource.body, ())
    if resource.group in _TEMPLATE_GROUPS:
        yield from _nested_maps(resource.body.get("spec"), ("spec",))


def _nested_maps(value: Any, path: JsonPath) -> Iterator[tuple[JsonPath, dict[str, Any]]]:
    if not isinstance(value, dict):
        return
    yield from _metadata_maps(value, path)
    if path[-1] == "selector" and isinstance(value.get("matchLabels"), dict):
        yield (*path, "matchLabels"), value["matchLabels"]
    for name in ("spec", "template", "jobTemplate", "selector"):
        yield from _nested_maps(value.get(name), (*path, name))


def _metadata_maps(value: dict[str, Any], path: JsonPath) -> Iterator[tuple[JsonPath, dict[str, Any]]]:
    metadata = value.get("metadata")
    for name in ("labels", "annotations"):
        if isinstance(metadata, dict) and isinstance(metadata.get(name), dict):
            yield (*path, "metadata", name), metadata[name]
