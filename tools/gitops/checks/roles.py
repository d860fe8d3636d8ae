"""Bindings: the role and the accounts that they join are there."""

from collections.abc import Iterator

from gitops.checks.evidence import NOT_OURS, EnvironmentEvidence
from gitops.checks.unit import Problem, Scope, check
from gitops.models.resource import GroupKind, Identity, Resource
from gitops.models.values import mapping
from gitops.repository.built_in import RBAC, ROLE, is_built_in
from gitops.repository.references import SERVICE_ACCOUNT
from gitops.repository.workloads import entries

BINDINGS = (GroupKind(RBAC, "RoleBinding"), GroupKind(RBAC, "ClusterRoleBinding"))
_REFERENCE = "https://kubernetes.io/docs/reference/access-authn-authz/rbac/"


@check(
    "REF009",
    "Role that nothing makes",
    Scope.ENVIRONMENT,
    why="A binding to a role that does not exist gives nothing; what runs is refused only when it asks.",
    fix="Correct kind and name under roleRef, or add the role; a Role has to be in the namespace of its binding.",
    reference=f"{_REFERENCE}#rolebinding-and-clusterrolebinding",
)
def no_role(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Bindings to a Role or ClusterRole that no overlay renders and that no API server has by itself."""
    for binding in _bindings(evidence):
        role = role_of(binding)
        if role not in evidence.by_identity and not is_built_in(role) and role.namespace not in NOT_OURS:
            yield Problem(f"no overlay renders the {role}", binding, ("roleRef", "name"))


@check(
    "REF010",
    "Subject that nothing makes",
    Scope.ENVIRONMENT,
    why="Rights of an account that does not exist go to whoever makes one of that name; the account that was meant has none.",
    fix="Correct the account's name or namespace, or remove it from the binding.",
    reference=f"{_REFERENCE}#referring-to-subjects",
    anywhere=True,
)
def no_subject(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Service accounts in bindings that no overlay renders, or without a namespace.

    Users and groups are not objects, so nothing is said of them. Of manifests from anywhere only the namespace is looked for.
    """
    for binding in _bindings(evidence):
        for path, subject in entries(binding.body, "subjects", ()):
            name, namespace = str(subject.get("name")), str(subject.get("namespace") or "")
            account = Identity(*SERVICE_ACCOUNT, namespace, name)
            if subject.get("kind") != SERVICE_ACCOUNT.kind or namespace in evidence.elsewhere:
                continue
            if not namespace:
                yield Problem(f"the ServiceAccount {name} has no namespace", binding, path)
            elif evidence.closed and account not in evidence.by_identity and not is_built_in(account):
                yield Problem(f"no overlay renders the {account}", binding, (*path, "name"))


def role_of(binding: Resource) -> Identity:
    """The role that a binding is about."""
    role = mapping(binding.body.get("roleRef"))
    kind = str(role.get("kind", ""))
    return Identity(RBAC, kind, binding.namespace if kind == ROLE.kind else "", str(role.get("name", "")))


def _bindings(evidence: EnvironmentEvidence) -> Iterator[Resource]:
    for kind in BINDINGS if evidence.rendered.complete else ():
        yield from evidence.by_kind.get(kind, ())
