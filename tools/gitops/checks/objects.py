"""Objects beside each other: one identity once, in a namespace that is there, with selectors that match."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from gitops.checks.evidence import EnvironmentEvidence, is_namespace
from gitops.checks.unit import Problem, Scope, check
from gitops.models.resource import Identity, Resource
from gitops.models.values import mapping, sequence
from gitops.repository.network import expression_holds

_SELECTING = frozenset({("apps", "Deployment"), ("apps", "StatefulSet"), ("apps", "DaemonSet"), ("apps", "ReplicaSet")})
# Namespaces that every cluster has (https://kubernetes.io/docs/concepts/overview/working-with-objects/namespaces/).
_BUILT_IN_NAMESPACES = frozenset({"default", "kube-node-lease", "kube-public", "kube-system"})


@check(
    "REF001",
    "Selector does not match its template",
    Scope.OBJECT,
    why="The API server refuses a workload whose selector does not find the pods that its own template makes.",
    fix="Give the template the selector's labels; a selector can't be changed once the object exists.",
    reference="https://kubernetes.io/docs/concepts/workloads/controllers/deployment/#selector",
)
def selector(resource: Resource) -> Iterator[Problem]:
    """Workloads whose selector and pod template disagree."""
    if (resource.group, resource.kind) not in _SELECTING:
        return
    spec = mapping(resource.body.get("spec"))
    chosen = mapping(spec.get("selector"))
    labels = mapping(mapping(mapping(spec.get("template")).get("metadata")).get("labels"))
    for key, value in mapping(chosen.get("matchLabels")).items():
        if labels.get(key) != value:
            had = f"has {key}={labels[key]}" if key in labels else f"has no {key}"
            yield Problem(
                f"the selector wants {key}={value}, the template {had}", resource, ("spec", "selector", "matchLabels", key)
            )
    for index, expression in enumerate(sequence(chosen.get("matchExpressions"))):
        if isinstance(expression, dict) and not expression_holds(expression, labels):
            message = f"the selector's expression on '{expression.get('key')}' refuses the template's labels"
            yield Problem(message, resource, ("spec", "selector", "matchExpressions", index))


@check(
    "REF002",
    "One object twice in an overlay",
    Scope.ENVIRONMENT,
    why="Of two manifests for one object the one that is applied last wins, and Argo CD reports it out of sync for ever.",
    fix="Remove one of the two, or give it another name.",
    anywhere=True,
)
def twice(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Objects that one overlay renders twice, perhaps at two versions of their API."""
    for rendered in evidence.rendered.overlays:
        counted = Counter(resource.identity for resource in rendered.resources)
        if len(counted) == len(rendered.resources):
            continue
        seen: set[Identity] = set()
        for resource in rendered.resources:
            if counted[resource.identity] > 1 and resource.identity in seen:
                yield Problem(
                    f"{resource.identity} is rendered twice by {rendered.overlay.path}", resource, ("metadata", "name")
                )
            seen.add(resource.identity)


@check(
    "REF003",
    "Namespace that nothing renders",
    Scope.ENVIRONMENT,
    why="An object in a namespace that does not exist is refused; the namespaces of an environment all come from its overlays.",
    fix="Add the namespace to the namespaces component, or correct metadata.namespace.",
)
def unknown_namespace(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Namespaces that objects are put into, and neither an overlay renders nor every cluster has; once per overlay."""
    if not evidence.rendered.complete:
        return  # the namespace may be in the overlay that did not render, which is reported
    rendered = {resource.name for resource in evidence.resources if is_namespace(resource)}
    known = rendered | _BUILT_IN_NAMESPACES | evidence.environment.argocd_namespaces
    lost: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for resource in evidence.resources:
        if resource.namespace and resource.namespace not in known:
            lost[resource.overlay.path, resource.namespace].append(resource)
    for (_, namespace), resources in lost.items():
        others = " of this and other objects" if len(resources) > 1 else ""
        yield Problem(f"no overlay renders the namespace '{namespace}'{others}", resources[0], ("metadata", "namespace"))


@check(
    "REF004",
    "Two overlays own one object",
    Scope.ENVIRONMENT,
    why="Each overlay is an application: two of them change the object back and forth, and pruning one deletes it for both.",
    fix="Leave the object to one of the two components.",
    reference="https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#fail-the-sync-if-a-shared-resource-is-found",
    anywhere=True,
)
def shared(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Objects that several overlays of one environment render; told at each overlay after the first."""
    owners: dict[Identity, Resource] = {}
    reported: dict[Identity, set[str]] = defaultdict(set)
    for resource in evidence.resources:
        owner, here = owners.setdefault(resource.identity, resource), resource.overlay.path
        if owner.overlay.path.startswith("clusters/") and here.startswith("clusters/"):
            continue  # two clusters of one environment: each has an object of its own
        if owner.overlay.path != here and here not in reported[resource.identity]:
            reported[resource.identity].add(here)
            source = owner.origin.file or owner.origin.configured_in or owner.overlay.path
            message = f"{resource.identity} is rendered by {here}, and by {owner.overlay.path} from {source}"
            yield Problem(message, resource, ("metadata", "name"))
