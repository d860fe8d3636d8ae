"""The Applications of Argo CD that an environment's objects are or make, and what their projects allow.

Sources: https://argo-cd.readthedocs.io/en/stable/operator-manual/applicationset/Generators-Git/ (directories go by Go's
path.Match, what is excluded stays so); the rules of projects are those of Argo CD 3's app_project_types.go.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, cached_property
from typing import Any, NamedTuple

from gitops.models.paths import JsonPath
from gitops.models.resource import GroupKind, Resource
from gitops.models.values import mapping, sequence
from gitops.repository.go_template import Undecided, fill_in
from gitops.repository.workloads import entries

GROUP = "argoproj.io"
APPLICATION = GroupKind(GROUP, "Application")
APPLICATION_SET = GroupKind(GROUP, "ApplicationSet")
PROJECT = GroupKind(GROUP, "AppProject")
# Argo CD makes it, and it allows everything unless somebody narrows it.
DEFAULT_PROJECT = "default"


class Application(NamedTuple):
    """An Application, or what an ApplicationSet makes of its template; ``path`` leads to where ``resource`` has its spec."""

    resource: Resource
    path: JsonPath
    name: str
    spec: dict[str, Any]

    @property
    def project(self) -> str:
        return str(self.spec.get("project") or DEFAULT_PROJECT)

    @property
    def destination(self) -> dict[str, Any]:
        return mapping(self.spec.get("destination"))

    def sources(self) -> Iterator[tuple[JsonPath, dict[str, Any]]]:
        """Where its manifests come from."""
        if isinstance(self.spec.get("source"), dict):
            yield (*self.path, "source"), self.spec["source"]
        yield from entries(self.spec, "sources", self.path)


class Unknown(NamedTuple):
    """Why it can't be told which Applications an object makes."""

    resource: Resource
    path: JsonPath
    reason: str


def applications(resources: Iterable[Resource], folders: Iterable[str]) -> Iterator[Application | Unknown]:
    """Every Application that is rendered, or made from the folders of this repository."""
    listed = sorted(folders)
    for resource in resources:
        kind, spec = GroupKind(resource.group, resource.kind), mapping(resource.body.get("spec"))
        if kind == APPLICATION:
            yield Application(resource, ("spec",), resource.name, spec)
        elif kind == APPLICATION_SET:
            yield from _made_by(resource, spec, listed)


def _made_by(resource: Resource, spec: dict[str, Any], folders: list[str]) -> Iterator[Application | Unknown]:
    if spec.get("goTemplate") is not True or "templatePatch" in spec:
        field = "templatePatch" if "templatePatch" in spec else "goTemplate"
        yield Unknown(resource, ("spec", field), "only templates with goTemplate and without templatePatch are understood")
        return
    template = mapping(spec.get("template"))
    for path, generator in entries(spec, "generators", ("spec",)):
        parameters = _parameters(generator, folders)
        if parameters is None:
            yield Unknown(resource, path, "of generators, git directories and lists of elements are understood")
        for one in parameters or ():
            try:
                made = _filled(template, one)
            except Undecided as error:
                yield Unknown(resource, ("spec", "template"), str(error))
                break
            name = str(mapping(made.get("metadata")).get("name"))
            yield Application(resource, ("spec", "template", "spec"), name, mapping(made.get("spec")))


def _parameters(generator: dict[str, Any], folders: list[str]) -> list[dict[str, Any]] | None:
    """What each Application is made from; None where that is not known here."""
    if set(generator) == {"list"} and set(mapping(generator["list"])) == {"elements"}:
        return [mapping(element) for element in sequence(generator["list"]["elements"])]
    git = mapping(generator.get("git"))
    if set(generator) != {"git"} or "directories" not in git or {"files", "values", "pathParamPrefix", "template"} & set(git):
        return None
    asked = [mapping(one) for one in sequence(git["directories"])]
    wanted = [str(one.get("path")).split("/") for one in asked if one.get("exclude") is not True]
    unwanted = [str(one.get("path")).split("/") for one in asked if one.get("exclude") is True]
    chosen = (one for one in folders if _any_path(wanted, one.split("/")) and not _any_path(unwanted, one.split("/")))
    return [{"path": {"path": one, "basename": one.rpartition("/")[2], "segments": one.split("/")}} for one in chosen]


def _any_path(patterns: list[list[str]], parts: list[str]) -> bool:
    return any(len(one) == len(parts) and all(map(_fits, one, parts)) for one in patterns)


def _filled(value: Any, parameters: dict[str, Any]) -> Any:
    if isinstance(value, str):
        return fill_in(value, parameters)
    if isinstance(value, dict):
        return {key: _filled(item, parameters) for key, item in value.items()}
    return [_filled(item, parameters) for item in value] if isinstance(value, list) else value


@dataclass(frozen=True)
class Project:
    """An AppProject and what it says of sources, destinations and kinds."""

    resource: Resource

    @property
    def _spec(self) -> dict[str, Any]:
        return mapping(self.resource.body.get("spec"))

    def allows_source(self, address: str) -> bool:
        """Whether manifests may come from a repository. A pattern that begins with ``!`` forbids."""
        asked = _plain_address(address)
        patterns = [str(one) for one in sequence(self._spec.get("sourceRepos"))]
        held = [_holds(_plain_address(one), asked, "/") for one in patterns]
        return any(held) and all(fits or not one.startswith("!") for one, fits in zip(patterns, held, strict=True))

    def allows_destination(self, destination: dict[str, Any], namespace: str) -> bool:
        """Whether objects may go into a namespace of a cluster, which goes by its address or its name."""
        allowed = False
        for entry in map(mapping, sequence(self._spec.get("destinations"))):
            asked = {**{key: destination.get(key) for key in ("name", "server")}, "namespace": namespace}
            told = {key: str(entry.get(key) or "") for key in asked}
            fits = {key: (key == "namespace" or bool(asked[key])) and _holds(told[key], str(asked[key])) for key in asked}
            if (fits["server"] or fits["name"]) and fits["namespace"]:
                allowed = True
            elif any(told[key].startswith("!") and not fits[key] for key in asked):
                return False
        return allowed

    def allows_kind(self, kind: GroupKind, name: str, namespaced: bool) -> bool:
        """Whether objects of a kind may be synced; one of the whole cluster by its name too."""
        scope = "namespace" if namespaced else "cluster"
        allowed, refused = self._lists[f"{scope}ResourceWhitelist"], self._lists[f"{scope}ResourceBlacklist"]
        everything = namespaced and self._spec.get("namespaceResourceWhitelist") is None
        asked = "" if namespaced else name
        return (everything or allowed.has(kind, asked)) and not refused.has(kind, asked)

    @cached_property
    def _lists(self) -> dict[str, "_Kinds"]:
        names = [f"{scope}Resource{colour}list" for scope in ("namespace", "cluster") for colour in ("White", "Black")]
        return {name: _Kinds(self._spec.get(name)) for name in names}


class _Kinds:
    """A list of kinds, or of objects of a kind by name; most entries have no wildcard and are found without a search."""

    def __init__(self, listed: Any) -> None:
        entries = [mapping(entry) for entry in sequence(listed)]
        told = [tuple(str(entry.get(field) or "") for field in ("group", "kind", "name")) for entry in entries]
        self._plain = {one for one in told if not any(map(_has_wildcard, one))}
        self._patterns = [one for one in told if any(map(_has_wildcard, one))]

    def has(self, kind: GroupKind, name: str) -> bool:
        if (*kind, name) in self._plain or (*kind, "") in self._plain:
            return True
        return any(
            _fits(group, kind.group) and _fits(kind_name, kind.kind) and (not wanted or _fits(wanted, name))
            for group, kind_name, wanted in self._patterns
        )


def _has_wildcard(pattern: str) -> bool:
    return any(one in pattern for one in "*?[")


def _fits(pattern: str, text: str) -> bool:
    """Go's path.Match within one part of a path."""
    return pattern == text or (_has_wildcard(pattern) and fnmatchcase(text, pattern))


def _plain_address(address: str) -> str:
    """A repository's address without what makes no difference."""
    return address.strip().lower().rstrip("/").removesuffix(".git")


def _holds(pattern: str, text: str, separator: str = "") -> bool:
    if pattern.startswith("!"):
        return not _glob(pattern[1:], separator).fullmatch(text)
    return pattern == "*" or bool(_glob(pattern, separator).fullmatch(text))


@cache
def _glob(pattern: str, separator: str) -> re.Pattern[str]:
    """A glob of Argo CD's: ``*`` stops at the separator and ``**`` does not, ``{a,b}`` is one of several."""
    other = f"[^{separator}]" if separator else "."
    parts = {"**": ".*", "*": f"{other}*", "?": other, "{": "(?:", "}": ")", ",": "|"}
    return re.compile("".join(parts.get(one, re.escape(one)) for one in re.findall(r"\*\*|.", pattern, re.DOTALL)), re.DOTALL)
