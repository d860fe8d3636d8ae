"""Services: pods are behind them, and listen where they send to; and policies know every pod."""

from collections.abc import Iterator
from typing import Any

from gitops.checks.evidence import EnvironmentEvidence
from gitops.checks.network_policies import may_select
from gitops.checks.unit import Problem, Scope, check
from gitops.models.resource import GroupKind, Resource
from gitops.models.values import mapping, sequence
from gitops.repository.network import Direction, Pods
from gitops.repository.workloads import entries, workload_of

_SERVICE = GroupKind("", "Service")
_SERVICES = "https://kubernetes.io/docs/concepts/services-networking/service/"
_POLICIES = "https://kubernetes.io/docs/concepts/services-networking/network-policies/"


@check(
    "NET017",
    "Service that selects no pods",
    Scope.ENVIRONMENT,
    why="Whoever connects to it is refused, and the workload that was meant looks sound.",
    fix="Give the Service the labels of the pods' template, or remove it.",
    reference=f"{_SERVICES}#defining-a-service",
)
def no_pods(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Services whose selector finds no pods of their namespace. One without a selector gets its addresses elsewhere.

    Pods that an operator makes are not rendered: a policy that is written for them speaks for them, or what NET010 goes by.
    """
    for service in _selecting(evidence):
        selector = mapping(mapping(service.body.get("spec")).get("selector"))
        wanted = {"matchLabels": selector}
        found = evidence.network.chosen(service.namespace, wanted)
        if found or may_select(evidence, service, wanted, [service.namespace]):
            continue
        told = ", ".join(f"{key}={value}" for key, value in selector.items())
        yield Problem(f"no pods of {service.namespace} have {told}", service, ("spec", "selector"))


@check(
    "NET018",
    "Target port that the pods do not have",
    Scope.ENVIRONMENT,
    why="A name that no container has leaves the Service without addresses; nobody answers at a number that none listens on.",
    fix="Name the container's port, or give the container a port of this name.",
    reference=f"{_SERVICES}#field-spec-ports",
    anywhere=True,
)
def no_target_port(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Ports of Services that lead to a port which no container behind them lists.

    A number counts only against pods whose containers list ports at all: Kubernetes itself does not ask for that.
    """
    for service in _selecting(evidence):
        behind = evidence.network.behind(service)
        for path, port in entries(mapping(service.body.get("spec")), "ports", ("spec",)):
            field = "targetPort" if "targetPort" in port else "port"
            wanted, protocol = port.get(field), port.get("protocol", "TCP")
            listed = [list(_ports(pods, protocol)) for pods in behind]
            known = [one.get("containerPort" if isinstance(wanted, int) else "name") for ports in listed for one in ports]
            if behind and wanted not in known and (isinstance(wanted, str) or all(listed)):
                message = f"no container of {' or '.join(map(str, behind))} lists the {protocol} port {wanted}"
                yield Problem(message, service, (*path, field))


@check(
    "NET019",
    "Pod that no policy isolates",
    Scope.ENVIRONMENT,
    why="Whatever no NetworkPolicy selects may connect to everybody, and everybody to it.",
    fix="Give its namespace a policy that selects all pods and opens nothing, and open what is needed by others.",
    reference=f"{_POLICIES}#the-two-sorts-of-pod-isolation",
)
def not_isolated(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Workloads whose pods no policy selects for connections that come in, or for those that go out.

    Pods that use their node's network (`hostNetwork: true`) are left out: no policy holds them.
    """
    for pods in evidence.network.pods if evidence.rendered.complete else ():
        workload = workload_of(pods.workload)
        known = pods.namespace in evidence.network.namespaces  # of another namespace REF003 speaks
        if workload and known and workload.spec.get("hostNetwork") is not True:
            free = [one.value for one in Direction if not evidence.network.isolates(pods, one)]
            if free:
                message = f"no NetworkPolicy isolates the pods of {pods} for {' and '.join(free)}"
                yield Problem(message, pods.workload, (*workload.path, "metadata", "labels"))


def _selecting(evidence: EnvironmentEvidence) -> Iterator[Resource]:
    """The Services of this repository's pods, once all of these are rendered."""
    for service in evidence.by_kind.get(_SERVICE, ()) if evidence.rendered.complete else ():
        spec = mapping(service.body.get("spec"))
        if mapping(spec.get("selector")) and spec.get("type") != "ExternalName" and service.namespace not in evidence.elsewhere:
            yield service


def _ports(pods: Pods, protocol: Any) -> Iterator[dict[str, Any]]:
    for container in pods.containers:
        for port in map(mapping, sequence(container.get("ports"))):
            if port.get("protocol", "TCP") == protocol:
                yield port
