"""The connections that manifests ask for: by an address, through an Ingress, or by being measured."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from gitops.models.paths import JsonPath
from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence
from gitops.repository import documents
from gitops.repository.hosts import Address
from gitops.repository.ingresses import backend_service, class_of, controllers, ingress_classes, routes
from gitops.repository.network import Network, Pods
from gitops.repository.scraping import pod_discoveries
from gitops.repository.workloads import workload_of

_MANIFEST = re.compile(r"^apiVersion: [\w.-]+/\w", re.MULTILINE)


class Connection(NamedTuple):
    """Who has to reach whom at which port of the pods, and the value that asks for it."""

    source: Pods
    target: Pods
    port: int
    resource: Resource
    path: JsonPath
    text: str = ""


def by_address(network: Network, addresses: Iterable[Address]) -> Iterator[Connection]:
    """What addresses ask for. Pods that name their own Service say what they are called and connect to nobody."""
    for address in addresses:
        service = network.services.get((address.namespace, address.name))
        if service is None:
            continue
        for source in clients(network, address.resource, address.path):
            for target in network.behind(service):
                if target.workload is not source.workload:
                    for port in _target_ports(service, target, address.port):
                        yield Connection(source, target, port, address.resource, address.path, address.text)


def through_ingresses(network: Network, resources: Iterable[Resource]) -> Iterator[Connection]:
    """What Ingresses ask of the controllers of their classes."""
    listed = list(resources)
    classes = ingress_classes(listed)
    serving = {name: controllers(ingress_class, network) for name, ingress_class in classes.items()}
    for route in routes(listed):
        name, wanted = backend_service(route)
        service = network.services.get((route.resource.namespace, name))
        for source in serving.get(class_of(route.resource), ()) if service else ():
            for target in network.behind(service) if service else ():
                port = _backend_port(service, target, wanted) if service else None
                if port is not None:
                    yield Connection(source, target, port, route.resource, route.where)


def by_measuring(network: Network, resources: Iterable[Resource]) -> Iterator[Connection]:
    """What a Prometheus asks of the pods that say by a label at which port they are measured."""
    for discovery in pod_discoveries(resources):
        sources = list(clients(network, discovery.configured_in, ("data", discovery.key)))
        for target in network.pods if discovery.port_label else ():
            label = discovery.asked_label(target)
            port = target.port_number(target.labels[label]) if label and discovery.finds(target) else None
            for source in sources if port is not None else ():
                if source.workload is not target.workload:
                    yield Connection(source, target, port or 0, target.workload, label_path(target, label or ""))


def label_path(pods: Pods, label: str) -> JsonPath:
    """Where a workload gives its pods a label."""
    workload = workload_of(pods.workload)
    return (*(workload.path if workload else ()), "metadata", "labels", label)


def clients(network: Network, resource: Resource, path: JsonPath) -> Iterator[Pods]:
    """The pods that act on what an object says: those that it makes, or those that take a ConfigMap's data.

    A manifest in a ConfigMap is for pods that an operator makes from it: those that only a policy knows, by a label of the
    domain of the manifest's API.
    """
    if resource.kind != "ConfigMap":
        yield from network.made_by(resource)
    elif manifest := _manifest(resource, path):
        group = str(manifest["apiVersion"]).rpartition("/")[0]
        for pods in network.declared:
            domains = {key.partition("/")[0] for key in pods.labels if "/" in key}
            if pods.namespace == resource.namespace and any(f".{domain}".endswith(f".{group}") for domain in domains):
                yield pods._replace(labels={**_labels(manifest), **pods.labels})
    else:
        yield from network.readers(resource)


def _manifest(resource: Resource, path: JsonPath) -> dict[str, Any]:
    """The object of an API group that an entry of a ConfigMap is; empty where it is none."""
    text = mapping(resource.body.get("data")).get(str(path[1])) if len(path) > 1 else None
    if not isinstance(text, str) or not _MANIFEST.search(text):
        return {}
    try:
        read = [mapping(document) for document in documents.values(text)]
    except ValueError:
        return {}
    return next((body for body in read if "/" in str(body.get("apiVersion"))), {})


def _labels(value: Any) -> dict[str, Any]:
    """The labels that a manifest gives to its pods, wherever its templates are."""
    found: dict[str, Any] = {}
    for key, item in mapping(value).items():
        if key == "template":
            found |= mapping(mapping(mapping(item).get("metadata")).get("labels"))
        else:
            found |= _labels(item)
    return found


def _target_ports(service: Resource, target: Pods, wanted: int | None) -> Iterator[int]:
    """The pods' ports behind a Service's port, all of them where none is wanted; a headless Service changes none."""
    spec = mapping(service.body.get("spec"))
    if spec.get("clusterIP") == "None" and wanted is not None:
        yield wanted
        return
    for port in map(mapping, sequence(spec.get("ports"))):
        number = target.port_number(port.get("targetPort", port.get("port")))
        if number is not None and wanted in (None, port.get("port")):
            yield number


def _backend_port(service: Resource, target: Pods, wanted: Any) -> int | None:
    """The pods' port behind a Service's port that is given by number or name."""
    for port in map(mapping, sequence(mapping(service.body.get("spec")).get("ports"))):
        if wanted is not None and wanted in (port.get("port"), port.get("name")):
            return target.port_number(port.get("targetPort", port.get("port")))
    return None
