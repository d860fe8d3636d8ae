"""What is rendered and nobody uses."""

import json
import re
from collections.abc import Iterator

from gitops.checks.evidence import EnvironmentEvidence
from gitops.checks.roles import BINDINGS, role_of
from gitops.checks.unit import Problem, Scope, check
from gitops.models.resource import Identity, Resource
from gitops.models.values import mapping, sequence
from gitops.repository.built_in import CLUSTER_ROLE, RBAC, ROLE, is_built_in
from gitops.repository.network import selects
from gitops.repository.references import CONFIG_MAP, SERVICE_ACCOUNT

USED_BY = "project-dare.eu/used-by"


@check(
    "REF011",
    "Object that nothing uses",
    Scope.ENVIRONMENT,
    why="It looks as if it mattered; an account or role that is left over is a door that nobody watches.",
    fix=f"Remove it, correct the name that was meant to be its, or say in the annotation {USED_BY} which program uses it.",
)
def unused(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """ConfigMaps, ServiceAccounts, Roles and ClusterRoles that no object names. Declared Secrets are SECRET002's.

    A ConfigMap is used where a value or text of its namespace or component has its name. Of a ClusterRole it is enough that
    another is made up of it. What a program uses without being told so in a manifest has to be annotated. Where the component
    names another object of the kind, one that is not there, only that is told: by REF005, REF006 or REF009.
    """
    if not evidence.rendered.complete:
        return
    used, lost = set(), set()
    for user, target in _uses(evidence):
        used.add(target)
        if target not in evidence.by_identity and not is_built_in(target):
            lost.add((user.overlay, target.kind))
    for kind in (CONFIG_MAP, SERVICE_ACCOUNT, ROLE, CLUSTER_ROLE):
        for resource in evidence.by_kind.get(kind, ()):
            if resource.identity in used or resource.namespace in evidence.elsewhere or _is_annotated(resource):
                continue
            if (resource.overlay, resource.kind) in lost or (kind == CONFIG_MAP and _is_told(evidence, resource)):
                continue
            yield Problem(f"{_NOBODY[kind]} {resource.identity}", resource, ("metadata", "name"))


_NOBODY = {
    CONFIG_MAP: "nothing reads the",
    SERVICE_ACCOUNT: "no pods run as the",
    ROLE: "nothing binds the",
    CLUSTER_ROLE: "nothing binds the",
}


def _uses(evidence: EnvironmentEvidence) -> Iterator[tuple[Resource, Identity]]:
    """Who uses what."""
    for kind in (CONFIG_MAP, SERVICE_ACCOUNT):
        yield from ((reference.resource, reference.target) for reference in evidence.references.get(kind, ()))
    for kind in BINDINGS:
        yield from ((binding, role_of(binding)) for binding in evidence.by_kind.get(kind, ()))
    made_up = [
        selector
        for role in evidence.by_kind.get(CLUSTER_ROLE, ())
        for selector in sequence(mapping(role.body.get("aggregationRule")).get("clusterRoleSelectors"))
    ]
    for role in evidence.by_kind.get(CLUSTER_ROLE, ()):
        labels = mapping(role.metadata.get("labels"))
        # Every API server makes admin, edit and view up of the roles with these labels.
        own = any(key.startswith(f"{RBAC}/aggregate-to-") for key in labels)
        if own or any(selects(selector, labels) for selector in made_up):
            yield role, role.identity


def _is_annotated(resource: Resource) -> bool:
    return bool(mapping(resource.metadata.get("annotations")).get(USED_BY))


def _is_told(evidence: EnvironmentEvidence, config_map: Resource) -> bool:
    """Whether another object near it has its name as a word, in a variable, an argument or a file."""
    word = re.compile(rf"(?<![\w.-]){re.escape(config_map.name)}(?![\w-]|\.\w)")
    near = (
        one
        for one in evidence.resources
        if one is not config_map and (one.namespace == config_map.namespace or one.overlay == config_map.overlay)
    )
    said = ({key: value for key, value in one.body.items() if key != "metadata"} for one in near)
    return any(word.search(json.dumps(body)) for body in said)
