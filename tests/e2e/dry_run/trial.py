"""One environment against one empty cluster: what its API server says of every object and of every pod."""

import json
import re
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from gitops.adapters.command import Output, killed_on_interrupt
from gitops.models.environment import Environment
from gitops.models.errors import UserError
from gitops.models.paths import JsonPath
from gitops.models.resource import Resource
from gitops.models.values import mapping, sequence
from gitops.repository import documents
from gitops.repository.catalogue import ARGO_CD
from gitops.repository.crds import ServedKind
from gitops.repository.rendering import RenderedEnvironment
from tests.e2e.control_plane.api import Answer, Endpoint, collection
from tests.e2e.control_plane.cluster import Cluster
from tests.e2e.control_plane.policies import wait_until_in_force
from tests.e2e.dry_run import fields
from tests.e2e.dry_run.plan import Plan, Pod, claims, numbered, pods, replicas

MANAGER = "argocd-controller"  # the name under which Argo CD applies
_AT_ONCE = 4
_PATIENCE = 60.0  # seconds; on an idle machine it takes one
_PAUSE = 0.2
_WARNING = "Warning: "
_FILE = re.compile(r'"[^"]*/(\d{4})\.json"')
_ACCEPTED = frozenset({0, 1})


class Ground(StrEnum):
    """Why something is said: the rules of the dry run."""

    REFUSED = "SERVER001"
    WARNED = "SERVER002"
    POD_REFUSED = "SERVER003"
    NO_ROOM = "SERVER004"
    KUBECTL = "SERVER005"


@dataclass(frozen=True, slots=True)
class Remark:
    """What was said, of which object and field; ``resource`` is None where kubectl did not tell."""

    ground: Ground
    message: str
    resource: Resource | None = None
    path: JsonPath = ()


@dataclass
class Outcome:
    """A trial's counts and what was said."""

    environment: str
    installed: int = 0
    tried: int = 0
    pods: int = 0
    given: list[str] = field(default_factory=list)
    not_in_force: list[str] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    seconds: float = 0.0


def run(cluster: Cluster, rendered: RenderedEnvironment) -> Outcome:
    """Installs what others need, tries the rest; raises ``UserError`` where the cluster does not settle."""
    started = time.monotonic()
    trial = _Trial(cluster, Outcome(rendered.environment.name))
    trial.run(rendered)
    trial.outcome.seconds = time.monotonic() - started
    return trial.outcome


@dataclass
class _Trial:
    cluster: Cluster
    outcome: Outcome
    kinds: dict[ServedKind, Endpoint] = field(default_factory=dict)
    refused: set[int] = field(default_factory=set)
    pods_refused: set[tuple[int, JsonPath]] = field(default_factory=set)
    warned: set[str] = field(default_factory=set)

    def run(self, rendered: RenderedEnvironment) -> None:
        plan = Plan.of(rendered.resources)
        self.kinds = self.cluster.api.kinds()
        self._give(rendered.environment, plan)
        self._apply(plan.places, dry_run=False)
        self._expect(plan.places, "is not served", self._undefined)
        self._apply(plan.admission, dry_run=False)
        self._expect(plan.admission, "is not counted", self._uncounted)
        self._settle("default service accounts", self._without_account)
        self._apply(plan.rules, dry_run=False)
        if plan.rules:
            wait_until_in_force(self.cluster.api)
            # Once more, since some rules are about places, which were there before them.
            self._note_all(plan.places, self._send_all(plan.places, dry_run=True))
        self._apply(plan.others, dry_run=True)
        self._try_pods([pod for resource in (*plan.admission, *plan.others) for pod in pods(resource)])
        self._try_kubectl([resource for resource in plan.others if resource.name])
        self._fill(plan, max((cluster.facts.node_count for cluster in rendered.environment.clusters), default=1))
        self.outcome.not_in_force = sorted(str(resource.identity) for resource in plan.not_in_force)

    def _give(self, environment: Environment, plan: Plan) -> None:
        """What a real cluster has of its Argo CD, which an operator installs: its namespace and its kinds."""
        rendered = {(resource.kind, resource.name) for resource in plan.places}
        bodies: list[dict[str, Any]] = [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
            for name in sorted(environment.argocd_namespaces)
        ]
        bodies += documents.values(ARGO_CD.read_text(encoding="utf-8"))
        for body in bodies:
            name = str(body["metadata"]["name"])
            if (body["kind"], name) not in rendered:
                kind = _served(body)
                answer = self.cluster.api.create(collection(kind, self.kinds[kind], ""), body, manager="e2e", dry_run=False)
                if not answer.ok:
                    raise UserError(f"{kind.kind} {name} can't be given: {answer.message}")
                self.outcome.given.append(f"{kind.kind} {name}")
        self._settle("Argo CD's kinds", lambda: [str(bodies[index]["metadata"]["name"]) for index in self._undefined(bodies)])

    def _apply(self, resources: Sequence[Resource], *, dry_run: bool) -> None:
        self._note_all(resources, self._send_all(resources, dry_run=dry_run))
        if dry_run:
            self.outcome.tried += len(resources)
        else:
            self.outcome.installed += len(resources)

    def _send_all(self, resources: Sequence[Resource], *, dry_run: bool) -> list[Answer | str]:
        with ThreadPoolExecutor(_AT_ONCE) as pool, killed_on_interrupt():
            return list(pool.map(lambda resource: self._send(resource, dry_run=dry_run), resources))

    def _note_all(self, resources: Sequence[Resource], answers: Sequence[Answer | str]) -> None:
        for resource, answer in zip(resources, answers, strict=True):
            if isinstance(answer, str):
                self._remark(Remark(Ground.REFUSED, answer, resource))
            else:
                self._note(answer, Ground.REFUSED, resource, (), resource.body)

    def _send(self, resource: Resource, *, dry_run: bool) -> Answer | str:
        """The API server's answer, or why it was not asked."""
        kind = _served(resource.body)
        endpoint = self.kinds.get(kind)
        if endpoint is None:
            return f"the API server has no kind {resource.kind} of {resource.api_version}"
        if endpoint.namespaced and not resource.namespace:
            return "names no namespace"
        place = collection(kind, endpoint, resource.namespace)
        if not resource.name:  # generateName: Argo CD creates such an object with every sync
            return self.cluster.api.create(place, resource.body, manager=MANAGER, dry_run=dry_run)
        return self.cluster.api.apply(f"{place}/{resource.name}", resource.body, manager=MANAGER, dry_run=dry_run)

    def _fill(self, plan: Plan, nodes: int) -> None:
        """For real and all together, where a quota counts: each alone may fit, and the last one finds no room.

        Nothing comes of it here: no controller runs that would make more of an object, and no node that would run a pod.
        """
        counted = {resource.namespace for resource in plan.admission if resource.kind == "ResourceQuota"}
        for resource in plan.others:
            if resource.namespace in counted and id(resource) not in self.refused:
                answer = self._send(resource, dry_run=False)
                if isinstance(answer, Answer) and not answer.ok:
                    self._remark(Remark(Ground.NO_ROOM, answer.message, resource))
                else:
                    self._fill_with(resource, nodes)

    def _fill_with(self, resource: Resource, nodes: int) -> None:
        """The claims and pods that a workload's controller would ask for."""
        count = replicas(resource, nodes)
        made: list[tuple[JsonPath, dict[str, Any]]] = [((), claim) for claim in claims(resource, nodes)]
        for pod in pods(resource):
            if (id(resource), pod.path) not in self.pods_refused:
                made += [(pod.path, body) for body in numbered(pod, count)]
        for path, body in made:
            kind = _served(body)
            place = collection(kind, self.kinds[kind], resource.namespace)
            answer = self.cluster.api.create(place, body, manager="kube-controller-manager", dry_run=False)
            if not answer.ok:
                self._remark(Remark(Ground.NO_ROOM, answer.message, resource, path))
                return

    def _try_pods(self, tried: Sequence[Pod]) -> None:
        kind = ServedKind("", "v1", "Pod")

        def create(pod: Pod) -> Answer:
            place = collection(kind, self.kinds[kind], pod.workload.namespace)
            return self.cluster.api.create(place, pod.body, manager="kube-controller-manager", dry_run=True)

        with ThreadPoolExecutor(_AT_ONCE) as pool, killed_on_interrupt():
            answers = list(pool.map(create, tried))
        for pod, answer in zip(tried, answers, strict=True):
            self._note(answer, Ground.POD_REFUSED, pod.workload, pod.path, pod.body)
            if not answer.ok:
                self.pods_refused.add((id(pod.workload), pod.path))
        self.outcome.pods += len(tried)

    def _note(self, answer: Answer, ground: Ground, resource: Resource, prefix: JsonPath, body: dict[str, Any]) -> None:
        """Remarks for an answer about an object, or about a pod whose template is at ``prefix`` in it."""
        self.warned.update(answer.warnings)
        for text in answer.warnings:
            self._remark(Remark(Ground.WARNED, text, resource))
        if answer.ok:
            return
        for path, message in fields.causes(answer.body, body) or [((), answer.message)]:
            self._remark(Remark(ground, message, resource, (*prefix, *path)))

    def _remark(self, remark: Remark) -> None:
        if remark.resource is not None and remark.ground is Ground.REFUSED:
            self.refused.add(id(remark.resource))
        if remark not in self.outcome.remarks:  # a template's warning comes from the workload and from its pod
            self.outcome.remarks.append(remark)

    def _try_kubectl(self, resources: Sequence[Resource]) -> None:
        """The same by kubectl's own, client-side way, which a person would take; what it says beyond the above counts too."""
        folder = self.cluster.folder / "objects"
        folder.mkdir()
        for index, resource in enumerate(resources):
            (folder / f"{index:04}.json").write_text(json.dumps(resource.body, indent=1), encoding="utf-8")
        if not resources:
            return
        output = self.cluster.kubectl.run("apply", "--dry-run=server", "--filename", folder, accept=_ACCEPTED)
        self.outcome.remarks += [remark for remark in heard(output, resources) if not self._known(remark)]

    def _known(self, remark: Remark) -> bool:
        """Whether the API server told the same of an object by itself."""
        return remark.message in self.warned or (remark.resource is not None and id(remark.resource) in self.refused)

    def _expect(self, resources: Sequence[Resource], what: str, missing: Callable[[list[dict[str, Any]]], list[int]]) -> None:
        """Waits for what becomes of installed objects; ``missing`` gives the indexes of those that are not there yet."""
        taken = [resource for resource in resources if id(resource) not in self.refused]
        for index in _patiently(lambda: missing([resource.body for resource in taken])):
            self._remark(Remark(Ground.REFUSED, f"taken, but {what} after {_PATIENCE:g} s", taken[index]))

    def _settle(self, what: str, missing: Callable[[], Sequence[str]]) -> None:
        """Waits for what every cluster has, whatever is in it."""
        left = _patiently(missing)
        if left:
            raise UserError(f"{self.cluster.name}: {what} not there after {_PATIENCE:g} s: {', '.join(left)}")

    def _undefined(self, bodies: Sequence[dict[str, Any]]) -> list[int]:
        """The definitions whose kinds are not served yet; looks anew at what is."""
        wanted = [(index, kind) for index, body in enumerate(bodies) for kind in _defined(body)]
        if any(kind not in self.kinds for _, kind in wanted):
            self.kinds = self.cluster.api.kinds()
        return sorted({index for index, kind in wanted if kind not in self.kinds})

    def _uncounted(self, bodies: Sequence[dict[str, Any]]) -> list[int]:
        """The quotas without a status, which refuse everything that they are about."""
        listed = sequence(self.cluster.api.call("GET", "/api/v1/resourcequotas").body.get("items"))
        counted = {
            (quota["metadata"]["namespace"], quota["metadata"]["name"])
            for quota in listed
            if mapping(quota.get("status")).get("hard") == mapping(quota.get("spec")).get("hard")
        }
        names = [(body["metadata"].get("namespace"), body["metadata"]["name"]) for body in bodies]
        return [index for index, body in enumerate(bodies) if body["kind"] == "ResourceQuota" and names[index] not in counted]

    def _without_account(self) -> list[str]:
        accounts = self._listed("/api/v1/serviceaccounts")
        having = {account["namespace"] for account in accounts if account["name"] == "default"}
        return sorted({namespace["name"] for namespace in self._listed("/api/v1/namespaces")} - having)

    def _listed(self, path: str) -> list[dict[str, str]]:
        return [item["metadata"] for item in sequence(self.cluster.api.call("GET", path).body.get("items"))]


_Missing = TypeVar("_Missing", bound=Sequence[object])


def _patiently(missing: Callable[[], _Missing]) -> _Missing:
    """Asks until nothing is missing, or for as long as we wait; returns what still is."""
    until = time.monotonic() + _PATIENCE
    while (left := missing()) and time.monotonic() < until:
        time.sleep(_PAUSE)
    return left


def heard(output: Output, resources: Sequence[Resource]) -> Iterator[Remark]:
    """What kubectl printed besides one line for each object."""
    entries: list[str] = []
    for line in output.stderr.splitlines():
        if line.startswith((_WARNING, "Error", "error")) or not entries:
            entries.append(line)
        else:
            entries[-1] += f"\n{line}"
    refused: set[str] = set()
    for entry in entries:
        named = _FILE.search(entry)
        refused.update([named[1]] if named else [])
        yield Remark(Ground.KUBECTL, entry.removeprefix(_WARNING), resources[int(named[1])] if named else None)
    answered = output.stdout.count("(server dry run)") + len(refused)
    if answered != len(resources):
        yield Remark(Ground.KUBECTL, f"kubectl answered for {answered} of {len(resources)} objects")


def _served(body: dict[str, Any]) -> ServedKind:
    group, _, version = str(body.get("apiVersion", "")).rpartition("/")
    return ServedKind(group, version, str(body.get("kind", "")))


def _defined(body: dict[str, Any]) -> Iterator[ServedKind]:
    """The kinds that a CustomResourceDefinition brings; none for anything else."""
    if body.get("kind") != "CustomResourceDefinition":
        return
    spec = mapping(body.get("spec"))
    for version in map(mapping, sequence(spec.get("versions"))):
        if version.get("served"):
            yield ServedKind(str(spec.get("group")), str(version.get("name")), str(mapping(spec.get("names")).get("kind")))
