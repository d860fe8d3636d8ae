"""Prometheus' targets: what asks to be measured is found, and has the port that it names."""

from collections.abc import Iterator

from gitops.checks.evidence import EnvironmentEvidence
from gitops.checks.unit import Problem, Scope, check
from gitops.repository.network import Pods
from gitops.repository.scraping import PodDiscovery, pod_discoveries
from gitops.repository.traffic import label_path


@check(
    "NET012",
    "Pod that asks in vain to be measured",
    Scope.ENVIRONMENT,
    why="Its metrics are missing from dashboards, and an alert on a metric that is not there never fires.",
    fix="Let the label name a container port, and give the pod the labels that the scrape configuration looks for.",
    reference="https://prometheus.io/docs/prometheus/latest/configuration/configuration/#kubernetes_sd_config",
    anywhere=True,
)
def not_measured(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Pods with the label that names the port to measure, if no container has such a port or no search for pods finds them.

    Which label that is and which pods are found, the configuration of Prometheus tells. NET007 looks at the connection. Beside
    manifests from anywhere another Prometheus may run that finds the pods: of those only the port is looked for.
    """
    searches = [search for search in pod_discoveries(evidence.resources) if search.port_label]
    for pods in evidence.network.pods if evidence.rendered.complete else ():
        asking = [(search, label) for search in searches if (label := search.asked_label(pods))]
        if asking:
            yield from _in_vain(pods, asking, evidence.closed)


def _in_vain(pods: Pods, asking: list[tuple[PodDiscovery, str]], closed: bool) -> Iterator[Problem]:
    finding = [(search, label) for search, label in asking if search.finds(pods)]
    for search, label in asking[:1] if closed and not finding else ():
        message = f"scrape configuration '{search.job}' does not find the pods: it looks for {' and '.join(search.selectors)}"
        yield Problem(message, pods.workload, label_path(pods, label))
    for _, label in finding[:1]:
        if pods.port_number(pods.labels[label]) is None:
            message = f"no container has a port of the name '{pods.labels[label]}'"
            yield Problem(message, pods.workload, label_path(pods, label))
