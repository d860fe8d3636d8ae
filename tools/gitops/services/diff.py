"""Diff: what a merge request changes on each cluster, when it gets there, and what is dangerous about it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from gitops.adapters import git
from gitops.checks.diff_evidence import DiffEvidence, is_a
from gitops.checks.unit import Check, Problem, Scope, all_checks
from gitops.models.difference import (
    Arrival,
    Delivery,
    Difference,
    ObjectChange,
    Pin,
    SideFailure,
)
from gitops.models.environment import ClusterFolder, Environment
from gitops.models.errors import unknown_name
from gitops.models.finding import Finding, ObjectReference
from gitops.models.paths import format_pointer
from gitops.models.resource import Overlay, Resource
from gitops.repository.declarations import declared
from gitops.repository.field_changes import field_changes
from gitops.repository.images_moved import image_moves
from gitops.repository.masking import Mask
from gitops.repository.pairing import pairs, stem
from gitops.services.diff_amounts import capacity_changes, replica_changes
from gitops.services.diff_pins import is_branch, pins
from gitops.services.diff_sides import Comparison, Repository, Side
from gitops.services.gate import Gate, gate_of
from gitops.services.lint import Progress
from gitops.services.waiving import apply_waivers
from gitops.services.workspace import Workspace


@dataclass(frozen=True)
class DiffRequest:
    """``base`` is the branch that is merged into (None: main), ``head`` what is merged (None: the work tree as it is)."""

    today: date
    jobs: int
    base: str | None = None
    head: str | None = None
    environments: tuple[str, ...] = ()


def diff(workspace: Workspace, request: DiffRequest, progress: Progress) -> Difference:
    """Compares both sides of the merge base.

    Raises ``UserError`` for environments and revisions that do not exist, and for missing programs.
    """
    progress.start("rendering", 0)
    repository = Repository(workspace, request.jobs, progress.advance)
    return _Run(repository, request, *repository.sides(request.base, request.head)).result()


@dataclass
class _Run:
    repository: Repository
    request: DiffRequest
    old: Side
    new: Side
    target: str  # the tip of the branch that is merged into: what a pin may point to without bringing something new
    failures: list[SideFailure] = field(default_factory=list)
    homes: dict[int, Side] = field(default_factory=dict)  # by the id of an object: the side that rendered it

    def result(self) -> Difference:
        names = self._environments()
        found = pins(self.repository, self.old, self.new, self.target)
        wanted = tuple(pin for pin in found if pin.cluster.facts.environment in names)
        deliveries = [delivery for name in names for delivery in self._deliveries(name, wanted)]
        deliveries = [each for each in deliveries if each.objects or each.gone or each.fresh]
        evidence = DiffEvidence(tuple(deliveries), wanted, self._in_use(deliveries, wanted))
        gate = gate_of(self.new.tree, self.target, self.repository.root)
        dangers = {finding for check, problem in _dangers(evidence) if (finding := self._finding(gate, check, problem))}
        waivers = self.new.tree.waivers.waivers
        waived = apply_waivers(list(dangers), waivers, self.request.today, refuses=gate.refuses, waivable=gate.waivable)
        self.repository.workspace.cache.prune()
        return Difference(
            self.old.name,
            self.new.name,
            tuple(deliveries),
            tuple(dict.fromkeys(self.failures)),
            tuple(sorted(waived.findings, key=lambda finding: (finding.level, *finding.sort_key))),
        )

    def _environments(self) -> list[str]:
        known = {**self.old.tree.environments, **self.new.tree.environments}
        for name in self.request.environments:
            if name not in known:
                raise unknown_name("environment", name, known)
        return sorted(name for name in known if not self.request.environments or name in self.request.environments)

    def _deliveries(self, name: str, found: Iterable[Pin]) -> Iterator[Delivery]:
        change = self._compare(self.old, self.new, name)
        environment = self.new.tree.environments.get(name) or self.old.tree.environments[name]
        here = [pin for pin in found if pin.cluster.facts.environment == name]
        folders = frozenset(pin.cluster.path for pin in here)
        sides = (self.old.name, self.new.name)
        for pin in here:
            way = _Way(environment, pin.cluster, Arrival.MERGE, sides)
            components = {overlay for overlay in _all(change) if overlay.path not in folders}
            own = {overlay for overlay in _all(change) if overlay.path == pin.cluster.path}
            repinned = pin.moved and pin.old is not None
            if pin.follows and not repinned:
                yield self._delivery(way, change, own | components)
                continue
            # The root application takes Argo CD's own objects from main, whatever the pin says.
            yield self._delivery(way, change, own)
            if repinned:
                yield from self._pin_moved(way, pin, folders)
            if not (repinned and pin.fresh):
                yield self._delivery(way._replace(arrival=Arrival.RELEASE), change, components)
        if not here:
            yield self._delivery(_Way(environment, None, Arrival.RELEASE, sides), change, _all(change))

    def _pin_moved(self, way: "_Way", pin: Pin, folders: frozenset[str]) -> Iterator[Delivery]:
        """What a cluster gets when its pin moves: all that lies between the two revisions."""
        before = self._at(pin, pin.old, self.old)
        after = self._at(pin, pin.new, self.new)
        if before and after:
            change = self._compare(before, after, way.environment.name)
            components = {overlay for overlay in _all(change) if overlay.path not in folders}
            yield self._delivery(way._replace(sides=(before.name, after.name)), change, components)

    def _at(self, pin: Pin, revision: str | None, branch: Side) -> Side | None:
        """The state that a pin names: ``branch`` for a branch, and for a release that is to be cut from this very change."""
        if revision is None or is_branch(self.repository, revision):
            return branch
        if git.commit_of(self.repository.root, revision):
            return self.repository.at(revision, revision)
        if branch is self.new:
            return branch
        place = Overlay(pin.cluster.facts.environment, pin.cluster.path, pin.cluster.path)
        message = f"git knows no {revision}, from which the pin moves; fetch the tags"
        self.failures.append(SideFailure(place, revision, message))
        return None

    def _compare(self, old: Side, new: Side, name: str) -> Comparison:
        comparison = self.repository.compare(old, new, name)
        self.failures += comparison.failures
        for side, rendered in ((old, comparison.old), (new, comparison.new)):
            self.homes.update((id(resource), side) for resource in (rendered.resources if rendered else ()))
        return comparison

    def _delivery(self, way: "_Way", change: Comparison, overlays: set[Overlay]) -> Delivery:
        """What differs in these overlays."""
        before, after = change.resources(overlays)
        had, has = change.overlays(overlays)
        objects = self._objects(way.environment.name, before, after)
        return Delivery(
            way.environment,
            way.cluster,
            way.arrival,
            way.sides,
            objects,
            image_moves(objects),
            replica_changes(objects),
            capacity_changes(before, after, way.cluster.facts) if way.cluster else (),
            tuple(sorted(had - has)),
            tuple(sorted(has - had)),
        )

    def _objects(self, environment: str, before: list[Resource], after: list[Resource]) -> tuple[ObjectChange, ...]:
        mask = self._mask(environment)
        changes = []
        for old, new in pairs(before, after):
            if old and new:
                generated = old.name != new.name and stem(old) == stem(new)
                fields = tuple(
                    mask.change(change, old, new)
                    for change in field_changes(old.body, new.body)
                    if not (generated and change.new_path == ("metadata", "name"))
                )
                if fields or old.overlay != new.overlay:
                    changes.append(ObjectChange(old, new, fields, generated=generated))
            elif one := old or new:
                changes.append(ObjectChange(old, new, body=mask.body(one)))
        return tuple(sorted(changes, key=lambda change: change.sort_key))

    def _mask(self, environment: str) -> Mask:
        return Mask(
            each
            for side in (self.old, self.new)
            if environment in side.tree.environments
            for each in declared(side.tree.components, side.tree.environments[environment])
        )

    def _in_use(self, deliveries: Iterable[Delivery], found: Iterable[Pin]) -> dict[str, tuple[Resource, ...]]:
        """What the clusters run whose projects change. Projects come from main at once, the objects from what the pin names."""
        used = {}
        for delivery in deliveries:
            pin = next((pin for pin in found if delivery.cluster and pin.cluster.name == delivery.cluster.name), None)
            if pin and any(is_a(change.subject, "argoproj.io", "AppProject") for change in delivery.objects):
                side = self.new
                if pin.new and not pin.follows:
                    known = git.commit_of(self.repository.root, pin.new)
                    side = self.repository.at(pin.new, pin.new) if known else self.new if pin.moved else self.old
                name = pin.cluster.facts.environment
                own = {cluster.path for cluster in side.tree.clusters.values()}
                used[pin.cluster.name] = tuple(
                    resource for resource in self.repository.whole(side, name) if resource.overlay.path not in own
                )
        return used

    def _finding(self, gate: Gate, check: Check, problem: Problem) -> Finding | None:
        """None where nobody wants to know of the danger."""
        environment = problem.resource.overlay.environment if problem.resource else problem.environment
        level = gate.level(check, environment)
        if level is None:
            return None
        resource, file, line, target = problem.resource, problem.file, problem.line, None
        if resource is not None:
            side = self.homes.get(id(resource), self.new)
            file, line = side.provenance.locate(resource, problem.path)
            target = ObjectReference(resource.api_version, resource.kind, resource.namespace, resource.name)
        elif problem.path:
            line = self.new.tree.line(file, problem.path)
        return Finding(
            rule=check.id,
            level=level,
            message=problem.message,
            fix=problem.fix or check.fix,
            file=file,
            line=line,
            environment=environment,
            component=resource.overlay.component if resource else problem.component,
            object=target,
            path=format_pointer(problem.path),
        )


class _Way(NamedTuple):
    """Where a change goes, when, and which two states it lies between."""

    environment: Environment
    cluster: ClusterFolder | None
    arrival: Arrival
    sides: tuple[str, str]


def _all(change: Comparison) -> set[Overlay]:
    """Every overlay that either side has."""
    return {each.overlay for rendered in (change.old, change.new) if rendered for each in rendered.overlays}


def _dangers(evidence: DiffEvidence) -> Iterator[tuple[Check, Problem]]:
    for check in all_checks():
        if check.scope is Scope.DIFF:
            for problem in check.function(evidence):
                yield check, problem
