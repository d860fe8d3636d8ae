"""Every namespace is bounded: by quotas that hold what runs there and are no larger than the cluster."""

from collections import defaultdict
from decimal import Decimal

from gitops.models.quantity import parse_quantity
from gitops.models.resource import Resource
from gitops.repository.capacity import demand_by_namespace, supply
from gitops.repository.tree import Tree

BOUNDED = {"requests.cpu", "requests.memory", "limits.memory"}


def quotas_of(listed: list[Resource]) -> dict[str, list[dict[str, Decimal]]]:
    """Of each namespace, the quotas that bound what pods ask for."""
    found: dict[str, list[dict[str, Decimal]]] = defaultdict(list)
    for resource in listed:
        if resource.kind == "ResourceQuota" and resource.body["spec"]["hard"].keys() >= BOUNDED:
            hard = resource.body["spec"]["hard"]
            found[resource.namespace].append({name: parse_quantity(text) for name, text in hard.items()})
    return found


def bounds_pods(hard: dict[str, str]) -> bool:
    return hard.keys() >= BOUNDED or hard.get("pods") == "0"


def test_every_namespace_has_bounds_for_all_its_pods(rendered: dict[str, list[Resource]]) -> None:
    for environment, listed in rendered.items():
        namespaces = {one.name for one in listed if one.kind == "Namespace"}
        scopes = defaultdict(set)
        for one in listed:
            if one.kind == "ResourceQuota" and bounds_pods(one.body["spec"]["hard"]):
                scopes[one.namespace] |= set(one.body["spec"].get("scopes", ["Terminating", "NotTerminating"]))
        assert scopes == {name: {"Terminating", "NotTerminating"} for name in namespaces}, environment
        assert {one.namespace for one in listed if one.kind == "LimitRange"} == namespaces, environment


def test_no_quota_promises_more_than_the_cluster_has(tree: Tree, rendered: dict[str, list[Resource]]) -> None:
    for environment, listed in rendered.items():
        for cluster in tree.environments[environment].clusters:
            there = supply(cluster.facts)
            for namespace, quotas in quotas_of(listed).items():
                for quota in quotas:
                    assert quota["requests.cpu"] <= there.cpu, (cluster.name, namespace)
                    assert quota["requests.memory"] <= there.memory, (cluster.name, namespace)


def test_a_quota_leaves_room_beside_what_runs(tree: Tree, rendered: dict[str, list[Resource]]) -> None:
    """A fifth at least, for the second pod of a roll-out and solvers; users' jobs and notebooks are not there yet."""
    for environment, listed in rendered.items():
        quotas = quotas_of(listed)
        for cluster in tree.environments[environment].clusters:
            for namespace, demand in demand_by_namespace(listed, cluster.facts).items():
                if len(quotas[namespace]) == 1:
                    (quota,) = quotas[namespace]
                    room = Decimal("1.2")
                    assert demand.cpu * room <= quota["requests.cpu"], (cluster.name, namespace)
                    assert demand.memory * room <= quota["requests.memory"], (cluster.name, namespace)
                    assert demand.memory_limit * room <= quota["limits.memory"], (cluster.name, namespace)
