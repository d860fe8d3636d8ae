"""What a Prometheus measures, by its own configuration: a file with ``scrape_configs`` in a ConfigMap.

Source: https://prometheus.io/docs/prometheus/latest/configuration/configuration/ (kubernetes_sd_config, relabel_config). Of the
discovery of pods the label selectors count, and the one form of relabelling by which a label of the pod names the port:
``action: keepequal`` of ``__meta_kubernetes_pod_container_port_name`` and ``__meta_kubernetes_pod_label_…``.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence
from gitops.repository import documents
from gitops.repository.matching import label_selector_matches
from gitops.repository.network import Pods

_PORT_NAME = "__meta_kubernetes_pod_container_port_name"
_LABEL = "__meta_kubernetes_pod_label_"
_UNSAFE = re.compile(r"[^a-zA-Z0-9_]")


class PodDiscovery(NamedTuple):
    """The pods that one scrape configuration looks for; ``port_label`` is the meta label that names their port, if one does."""

    configured_in: Resource
    key: str
    job: str
    namespaces: tuple[str, ...]
    selectors: tuple[str, ...]
    port_label: str

    def finds(self, pods: Pods) -> bool:
        """Whether the pods are looked for."""
        if self.namespaces and pods.namespace not in self.namespaces:
            return False
        return all(label_selector_matches(selector, pods.labels) for selector in self.selectors)

    def asked_label(self, pods: Pods) -> str | None:
        """The label of the pods that names the port to measure; its key is told apart as Prometheus writes it."""
        return next((key for key in pods.labels if self.port_label == _LABEL + _UNSAFE.sub("_", key)), None)


def pod_discoveries(resources: Iterable[Resource]) -> Iterator[PodDiscovery]:
    """Every search for pods in the configurations of Prometheus among these objects."""
    for resource in resources:
        if (resource.group, resource.kind) == ("", "ConfigMap"):
            for key, text in mapping(resource.body.get("data")).items():
                if isinstance(text, str) and "scrape_configs" in text:
                    for scrape in _scrape_configs(text):
                        yield from _discoveries(resource, key, scrape)


def _scrape_configs(text: str) -> list[dict[str, Any]]:
    try:
        read = documents.values(text)
    except ValueError:
        return []
    return [mapping(scrape) for document in read for scrape in sequence(mapping(document).get("scrape_configs"))]


def _discoveries(resource: Resource, key: str, scrape: dict[str, Any]) -> Iterator[PodDiscovery]:
    for discovery in map(mapping, sequence(scrape.get("kubernetes_sd_configs"))):
        if discovery.get("role") == "pod":
            selectors = [mapping(selector) for selector in sequence(discovery.get("selectors"))]
            yield PodDiscovery(
                resource,
                key,
                str(scrape.get("job_name")),
                tuple(map(str, sequence(mapping(discovery.get("namespaces")).get("names")))),
                tuple(str(one.get("label") or "") for one in selectors if one.get("role") == "pod"),
                _port_label(scrape),
            )


def _port_label(scrape: dict[str, Any]) -> str:
    for relabelling in map(mapping, sequence(scrape.get("relabel_configs"))):
        if relabelling.get("action") == "keepequal" and sequence(relabelling.get("source_labels")) == [_PORT_NAME]:
            return str(relabelling.get("target_label"))
    return ""
