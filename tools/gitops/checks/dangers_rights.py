"""DANGER005 and DANGER006: who may do more than before."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from gitops.checks.diff_evidence import DiffEvidence, is_a
from gitops.checks.unit import Problem, Scope, check
from gitops.models.finding import Level
from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence

_RBAC = "rbac.authorization.k8s.io"
_ROLES = ("Role", "ClusterRole")
_BINDINGS = ("RoleBinding", "ClusterRoleBinding")
_AGGREGATED = "rbac.authorization.k8s.io/aggregate-to-"
_ANY = "*"
_SHOWN = 8
_PATHS = "(path)"  # in the place of a group: a rule for paths of the API server itself


class Right(NamedTuple):
    """One thing that a rule allows: a verb on resources of a group, by name or on all, or on a path of the server."""

    group: str
    resource: str
    name: str
    verb: str

    def covers(self, other: "Right") -> bool:
        """Whether whoever has this right has the other too (the API server's RBAC authoriser, ``RuleAllows``)."""
        if _PATHS in (self.group, other.group):
            path = self.resource == other.resource or (
                self.resource.endswith(_ANY) and other.resource.startswith(self.resource[:-1])
            )
            return self.group == other.group and path and self.verb in (_ANY, other.verb)
        return (
            self.group in (_ANY, other.group)
            and _resource_covers(self.resource, other.resource)
            and self.name in (_ANY, other.name)
            and self.verb in (_ANY, other.verb)
        )

    @property
    def what(self) -> str:
        """What the verb is allowed on."""
        if self.group == _PATHS:
            return self.resource
        kind = f"{self.resource}.{self.group}" if self.group else self.resource
        return kind if self.name == _ANY else f"{kind}/{self.name}"


def _resource_covers(one: str, other: str) -> bool:
    """``*`` is every resource with its subresources, ``*/scale`` that subresource of any."""
    return one in (_ANY, other) or (one.startswith("*/") and other.partition("/")[2] == one[2:] and "/" in other)


@check(
    "DANGER005",
    "Rights widened",
    Scope.DIFF,
    why="A program that is taken over can do whatever its account may; rights that came unnoticed are never taken back.",
    fix="Give the verbs and resources that the program was seen to need, by name where it can be, and say in the merge request "
    "what it needs them for.",
    reference="https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
)
def widened(evidence: DiffEvidence) -> Iterator[Problem]:
    """Roles and ClusterRoles that allow what they did not allow before, or are aggregated into others, and bindings with new
    subjects. What a wildcard already allowed is nothing new."""
    for old, new in evidence.both(_RBAC, *_ROLES):
        before, after = rights(old), rights(new)
        gained = [right for right in after if not any(have.covers(right) for have in before)]
        if gained:
            yield Problem(f"now also {_told(gained)}; before: {_told(before) or 'nothing'}", new, ("rules",))
        for label in sorted(_aggregation(new) - _aggregation(old)):
            yield Problem(f"is now part of every role that aggregates {label}", new, ("metadata", "labels"))
    for old, new in evidence.both(_RBAC, *_BINDINGS):
        had = [_subject(entry, old) for entry in sequence(old.body.get("subjects"))]
        for index, entry in enumerate(sequence(new.body.get("subjects"))):
            if _subject(entry, new) not in had:
                whom = _subject(entry, new)
                yield Problem(
                    f"{_role(new)} now also for {whom}; before: {', '.join(had) or 'nobody'}", new, ("subjects", index)
                )


@check(
    "DANGER006",
    "New rights",
    Scope.DIFF,
    level=Level.WARNING,
    why="A new role or binding gives somebody rights; whether they are the fewest that will do, only a person can say.",
    fix="Hold the verbs and resources against what the program's own documentation asks for.",
    reference="https://kubernetes.io/docs/concepts/security/rbac-good-practices/",
)
def new_rights(evidence: DiffEvidence) -> Iterator[Problem]:
    """Roles, ClusterRoles and bindings that are new."""
    for role in evidence.new(_RBAC, *_ROLES):
        given = _told(rights(role))
        if given:
            yield Problem(f"allows {given}", role, ("rules",))
    for binding in evidence.new(_RBAC, *_BINDINGS):
        whom = ", ".join(_subject(entry, binding) for entry in sequence(binding.body.get("subjects")))
        if whom:
            yield Problem(f"{_role(binding)} for {whom}", binding, ("subjects",))


def rights(role: Resource) -> list[Right]:
    """Every single right that a role's rules give."""
    found: dict[Right, None] = {}
    for rule in map(mapping, sequence(role.body.get("rules"))):
        verbs = _texts(rule, "verbs")
        for path in _texts(rule, "nonResourceURLs"):
            found.update(dict.fromkeys(Right(_PATHS, path, _ANY, verb) for verb in verbs))
        for group in _texts(rule, "apiGroups"):
            for resource in _texts(rule, "resources"):
                for name in _texts(rule, "resourceNames") or [_ANY]:
                    found.update(dict.fromkeys(Right(group, resource, name, verb) for verb in verbs))
    return list(found)


def _texts(rule: Mapping[str, Any], field: str) -> list[str]:
    return [text for text in sequence(rule.get(field)) if isinstance(text, str)]


def _told(listed: Iterable[Right]) -> str:
    """``get, list secrets; * pods``, cut where there is much of it."""
    verbs: dict[str, list[str]] = {}
    for right in listed:
        verbs.setdefault(right.what, []).append(right.verb)
    told = [f"{', '.join(each)} {what}" for what, each in verbs.items()]
    more = [f"and {len(told) - _SHOWN} more"] if len(told) > _SHOWN else []
    return "; ".join([*told[:_SHOWN], *more])


def _aggregation(role: Resource) -> frozenset[str]:
    labels = mapping(role.metadata.get("labels"))
    return frozenset(name.removeprefix(_AGGREGATED) for name in labels if name.startswith(_AGGREGATED))


def _subject(entry: Any, binding: Resource) -> str:
    subject = mapping(entry)
    kind, name = subject.get("kind"), subject.get("name")
    if kind == "ServiceAccount":
        return f"{kind} {subject.get('namespace') or binding.namespace}/{name}"
    return f"{kind} {name}"


def _role(binding: Resource) -> str:
    role = mapping(binding.body.get("roleRef"))
    everywhere = " in every namespace" if is_a(binding, _RBAC, "ClusterRoleBinding") else f" in {binding.namespace}"
    return f"{role.get('kind')} {role.get('name')}{everywhere}"
