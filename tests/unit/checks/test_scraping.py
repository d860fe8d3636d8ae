"""Pods that ask to be measured, and the Prometheus that looks for them."""

import pytest

from gitops.checks.evidence import EnvironmentEvidence
from gitops.models.resource import Resource
from tests.unit.checks.evidence_by_hand import DB, NAMESPACES, environment, messages, problems
from tests.unit.repository.trees import WEB, made

CONFIG = """\
scrape_configs:
  - job_name: components
    kubernetes_sd_configs:
      - role: pod
        selectors:
          - {role: pod, label: "x.org/part-of=dare,x.org/metrics"}
    relabel_configs:
      - source_labels: [__meta_kubernetes_pod_container_port_name]
        target_label: __meta_kubernetes_pod_label_x_org_metrics
        action: keepequal
  - job_name: nodes
    kubernetes_sd_configs:
      - role: node
"""
NAMESPACE = made("Namespace", "dare", overlay=NAMESPACES)


def workload(name: str, ports: dict[str, int], labels: dict[str, str], **pod: object) -> Resource:
    container = {"name": name, "ports": [{"name": port, "containerPort": number} for port, number in ports.items()]}
    template = {"metadata": {"labels": {"app": name, **labels}}, "spec": {"containers": [container], **pod}}
    overlay = DB if name == "prometheus" else WEB
    placed = {"name": name, "namespace": "dare"}
    return made("Deployment", name, api="apps/v1", overlay=overlay, metadata=placed, spec={"template": template})


def measured(*more: Resource, config: str = CONFIG, port: str = "metrics", part_of: str = "dare") -> EnvironmentEvidence:
    configured = made("ConfigMap", "p", overlay=DB, metadata={"name": "p", "namespace": "dare"}, data={"p.yaml": config})
    prometheus = workload("prometheus", {}, {}, volumes=[{"name": "p", "configMap": {"name": "p"}}])
    web = workload("web", {"metrics": 9100}, {"x.org/metrics": port, "x.org/part-of": part_of})
    return environment(NAMESPACE, configured, prometheus, web, *more)


def test_a_pod_with_the_label_and_the_port_passes() -> None:
    assert messages("NET012", measured()) == []


def test_a_label_that_names_no_port_is_caught() -> None:
    (problem,) = problems("NET012", measured(port="http"))
    assert problem.message == "no container has a port of the name 'http'"
    assert problem.path == ("spec", "template", "metadata", "labels", "x.org/metrics")


def test_a_pod_that_no_search_finds_is_caught() -> None:
    assert messages("NET012", measured(part_of="other")) == [
        "scrape configuration 'components' does not find the pods: it looks for x.org/part-of=dare,x.org/metrics"
    ]


@pytest.mark.parametrize("config", ["scrape_configs: [\n", "scrape_configs: []\n", CONFIG.replace("keepequal", "keep")])
def test_without_a_search_that_goes_by_a_label_nothing_is_asked(config: str) -> None:
    assert messages("NET012", measured(config=config, port="http")) == []
    assert messages("NET007", measured(DENY, config=config)) == []


DENY = made(
    "NetworkPolicy",
    "deny",
    api="networking.k8s.io/v1",
    metadata={"name": "deny", "namespace": "dare"},
    spec={"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
)


def test_being_measured_asks_for_a_way_from_prometheus() -> None:
    way = "from Deployment dare/prometheus to Deployment dare/web at port 9100"
    assert messages("NET007", measured()) == []
    assert messages("NET007", measured(DENY)) == [
        f"no policy of the client lets a connection out {way}",
        f"no policy of the server lets a connection in {way}",
    ]


def test_a_search_in_other_namespaces_does_not_find_the_pod() -> None:
    config = CONFIG.replace("- role: pod\n        sel", "- role: pod\n        namespaces: {names: [other]}\n        sel")
    assert len(messages("NET012", measured(config=config))) == 1
