"""Budgets, autoscalers and StatefulSets: what they steer is there, and they do not stand in each other's way."""

import math
from collections.abc import Iterator
from typing import Any

from gitops.checks.evidence import EnvironmentEvidence
from gitops.checks.network_policies import may_select
from gitops.checks.unit import Problem, Scope, check
from gitops.models.resource import GroupKind, Identity, Resource
from gitops.models.values import mapping
from gitops.repository.network import Pods
from gitops.repository.workloads import replicas_of

_BUDGET = GroupKind("policy", "PodDisruptionBudget")
_AUTOSCALER = GroupKind("autoscaling", "HorizontalPodAutoscaler")
_STATEFUL_SET = GroupKind("apps", "StatefulSet")
_BUDGETS = "https://kubernetes.io/docs/tasks/run-application/configure-pdb/"
_AUTOSCALING = "https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/"


@check(
    "REL009",
    "Budget for no pods",
    Scope.ENVIRONMENT,
    why="The pods that it was meant for are evicted all at once.",
    fix="Give the budget the labels of the pods' template, or remove it.",
    reference=_BUDGETS,
)
def budget_for_nobody(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """PodDisruptionBudgets that select no pods; those that an operator makes count as far as can be told, as for NET010."""
    for budget in _rendered(evidence, _BUDGET):
        selector = _spec(budget).get("selector")
        if not mapping(selector) or _chosen(evidence, budget) or may_select(evidence, budget, selector, [budget.namespace]):
            continue  # an empty selector is for every pod of the namespace
        yield Problem(f"no pods of {budget.namespace} are selected", budget, ("spec", "selector"))


@check(
    "REL010",
    "Budget that blocks every drain",
    Scope.ENVIRONMENT,
    why="A node can't be emptied while it runs such a pod: an upgrade of the cluster stops there until somebody forces it.",
    fix="Leave room for one pod (maxUnavailable: 1), run one more, or remove the budget of what runs once.",
    reference=f"{_BUDGETS}#think-about-how-your-application-reacts-to-disruptions",
    anywhere=True,
)
def blocking_budget(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Budgets that let none of the pods go which the manifests ask for, and pods that two budgets hold.

    Percentages are rounded up, as the controller does. Of what an autoscaler scales, its smallest number counts; a workload of
    manifests from anywhere that says no number may have one elsewhere. Where two budgets select a pod, the API server refuses
    to evict it.
    """
    holders: dict[int, Resource] = {}
    smallest = {target: int(least) for target, least in _smallest(evidence)}
    for budget in _rendered(evidence, _BUDGET):
        chosen = _chosen(evidence, budget)
        counts = [smallest.get(pods.workload.identity, _number(evidence, pods)) for pods in chosen]
        known = [number for number in counts if number is not None]
        if known and len(known) == len(counts) and sum(known) > 0:
            yield from _no_room(budget, sum(known))
        for pods in chosen:
            other = holders.setdefault(id(pods), budget)
            if other is not budget:
                yield Problem(f"{pods} has the budget {other.name} too", budget, ("spec", "selector"))


def _number(evidence: EnvironmentEvidence, pods: Pods) -> int | None:
    """How many pods the manifest asks for; None where that is for something else to say."""
    return replicas_of(pods.workload) if evidence.closed or "replicas" in _spec(pods.workload) else None


def _no_room(budget: Resource, pods: int) -> Iterator[Problem]:
    spec = _spec(budget)
    for field in ("minAvailable", "maxUnavailable"):
        number = _scaled(spec.get(field), pods)
        if number is not None and (number >= pods if field == "minAvailable" else number == 0):
            what = "the only pod" if pods == 1 else f"none of the {pods} pods"
            word = "may never be evicted" if pods == 1 else "may ever be evicted"
            yield Problem(f"with {field} {spec[field]}, {what} {word}", budget, ("spec", field))


@check(
    "REL011",
    "Autoscaler of nothing",
    Scope.ENVIRONMENT,
    why="Nothing is scaled, however great the load.",
    fix="Name the kind and the name of a workload of the same namespace under scaleTargetRef.",
    reference=_AUTOSCALING,
)
def scales_nothing(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """HorizontalPodAutoscalers whose target no overlay renders in their namespace."""
    for scaler in _rendered(evidence, _AUTOSCALER):
        target = _target(scaler)
        if target not in evidence.by_identity:
            yield Problem(f"no overlay renders the {target}", scaler, ("spec", "scaleTargetRef", "name"))


@check(
    "REL012",
    "Autoscaler against a fixed number",
    Scope.ENVIRONMENT,
    why="Each sync sets the number back that the autoscaler had chosen, and takes pods away under load.",
    fix="Leave spec.replicas out of the workload's manifest; minReplicas is what it starts with.",
    reference=f"{_AUTOSCALING}#migrating-deployments-and-statefulsets-to-horizontal-autoscaling",
    anywhere=True,
)
def fixed_number(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Workloads with spec.replicas that an autoscaler scales."""
    for scaler in _rendered(evidence, _AUTOSCALER):
        workload = evidence.by_identity.get(_target(scaler))
        if workload and "replicas" in _spec(workload):
            number = _spec(workload)["replicas"]
            message = f"replicas is {number}, while the {scaler.identity} chooses the number"
            yield Problem(message, workload, ("spec", "replicas"))


@check(
    "REL013",
    "StatefulSet without its Service",
    Scope.ENVIRONMENT,
    why="The pods get the names by which they find each other only from a headless Service that selects them.",
    fix="Name a Service of the namespace with clusterIP: None and the labels of the pods under serviceName.",
    reference="https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#stable-network-id",
    anywhere=True,
)
def no_headless_service(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """StatefulSets whose serviceName is no Service, one with an address of its own, or one that does not select the pods."""
    for stateful_set in _rendered(evidence, _STATEFUL_SET):
        name = str(_spec(stateful_set).get("serviceName") or "")
        service = evidence.network.services.get((stateful_set.namespace, name))
        if not name or (service is None and not evidence.closed):
            continue  # without a name the pods have none of their own, which is allowed since 1.33
        if service is None:
            fault = "is not rendered"
        elif _spec(service).get("clusterIP") != "None":
            fault = "is not headless"
        elif not any(pods.workload is stateful_set for pods in evidence.network.behind(service)):
            fault = "does not select its pods"
        else:
            continue
        wanted = Identity("", "Service", stateful_set.namespace, name)
        yield Problem(f"the {wanted} {fault}", stateful_set, ("spec", "serviceName"))


def _rendered(evidence: EnvironmentEvidence, kind: GroupKind) -> Iterator[Resource]:
    for resource in evidence.by_kind.get(kind, ()) if evidence.rendered.complete else ():
        if resource.namespace not in evidence.elsewhere:
            yield resource


def _chosen(evidence: EnvironmentEvidence, budget: Resource) -> list[Pods]:
    """The pods that a budget selects: those of rendered workloads, and those that only a policy speaks of."""
    return evidence.network.chosen(budget.namespace, _spec(budget).get("selector"))


def _smallest(evidence: EnvironmentEvidence) -> Iterator[tuple[Identity, Any]]:
    """The smallest number of pods of each workload that an autoscaler scales."""
    for scaler in evidence.by_kind.get(_AUTOSCALER, ()):
        least = _spec(scaler).get("minReplicas", 1)
        if isinstance(least, int):
            yield _target(scaler), least


def _target(scaler: Resource) -> Identity:
    target = mapping(_spec(scaler).get("scaleTargetRef"))
    group = str(target.get("apiVersion", "")).rpartition("/")[0]
    return Identity(group, str(target.get("kind", "")), scaler.namespace, str(target.get("name", "")))


def _scaled(value: Any, pods: int) -> int | None:
    """A number of pods or a percentage of them; None for what is neither, and for what is left out."""
    if isinstance(value, str) and value.removesuffix("%").isdecimal() and value.endswith("%"):
        return math.ceil(int(value[:-1]) * pods / 100)
    return value if isinstance(value, int) else None


def _spec(resource: Resource) -> dict[str, Any]:
    return mapping(resource.body.get("spec"))
