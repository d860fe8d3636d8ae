"""From a kind to the resource that an API server serves it as: the built-in ones, and those of CustomResourceDefinitions."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import yaml

from gitops.models.admission_request import ApiResource
from gitops.models.resource import JsonObject
from gitops.models.values import mapping, sequence
from gitops.repository.crds import is_crd

_FILE = Path(__file__).parent / "schemas" / "kinds.yaml"
# One object at two addresses, whichever was asked for: the same kind in two groups.
_TWINS = {("", "Event"): "events.k8s.io", ("events.k8s.io", "Event"): ""}


class Kinds:
    """The resources of one environment."""

    def __init__(self, definitions: Iterable[JsonObject] = ()) -> None:
        """``definitions`` are rendered objects; what is no CustomResourceDefinition among them is passed over."""
        self._known = {(each.group, each.version, each.kind): each for each in _built_in()}
        self._versions: dict[tuple[str, str], list[ApiResource]] = {}
        for body in definitions:
            if is_crd(body):
                self._known.update({(each.group, each.version, each.kind): each for each in _defined(body)})
        for each in self._known.values():
            self._versions.setdefault((each.group, each.kind), []).append(each)

    def find(self, api_version: str, kind: str) -> ApiResource:
        """The resource; one that nobody defines is guessed: the kind in lower case with an s, in a namespace."""
        group, _, version = api_version.rpartition("/")
        known = self._known.get((group, version, kind))
        return known or ApiResource(group, version, _plural(kind), kind, namespaced=True)

    def equivalents(self, resource: ApiResource) -> tuple[ApiResource, ...]:
        """The same objects at other versions of their API (and in another group, where they are in two)."""
        twin = _TWINS.get((resource.group, resource.kind))
        groups = [resource.group] if twin is None else [resource.group, twin]
        return tuple(each for group in groups for each in self._versions.get((group, resource.kind), ()) if each != resource)


def _plural(kind: str) -> str:
    lower = kind.lower()
    if lower.endswith(("s", "x", "ch", "sh")):
        return f"{lower}es"
    return f"{lower[:-1]}ies" if lower.endswith("y") and lower[-2:-1] not in "aeiou" else f"{lower}s"


@cache
def _built_in() -> tuple[ApiResource, ...]:
    found = []
    read: dict[str, list[str]] = yaml.load(_FILE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    for api_version, lines in read.items():
        group, _, version = api_version.rpartition("/")
        for line in lines:
            kind, plural, *scope = line.split()
            found.append(ApiResource(group, version, plural, kind, not scope))
    return tuple(found)


def _defined(body: JsonObject) -> Iterable[ApiResource]:
    spec = mapping(body.get("spec"))
    names = mapping(spec.get("names"))
    for version in map(mapping, sequence(spec.get("versions"))):
        if version.get("served", True):
            plural, kind = str(names.get("plural", "")), str(names.get("kind", ""))
            yield ApiResource(
                str(spec.get("group", "")), str(version.get("name", "")), plural, kind, spec.get("scope") != "Cluster"
            )
