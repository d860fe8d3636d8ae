"""Lint for manifests from anywhere: a Helm render, another repository, standard input.

Nobody knows what else runs beside them. So only those rules about an environment are asked that hold without the rest of it
(``Check.anywhere``), by evidence that is not ``closed``, and every rule about one object. Levels and waivers are those of a
repository, and not asked.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from gitops.adapters.cache import Pack, digest
from gitops.checks.evidence import EnvironmentEvidence
from gitops.checks.unit import Check, Problem, Scope, all_checks
from gitops.models.environment import Environment
from gitops.models.errors import UserError
from gitops.models.finding import Finding, ObjectReference, Result
from gitops.models.paths import format_pointer
from gitops.models.resource import Origin, Overlay, Resource
from gitops.repository import documents, positions
from gitops.repository.admission import PolicySet, read_policies
from gitops.repository.catalogue import Catalogue
from gitops.repository.documents import Defect, DefectKind, Node
from gitops.repository.rendering import RenderedEnvironment, RenderedOverlay
from gitops.services.admission_verdicts import AdmissionJudge
from gitops.services.schema_verdicts import SchemaJudge
from gitops.services.workspace import Workspace

STANDARD_INPUT = "-"
_SHOWN = "standard-input"
_UNREADABLE, _DUPLICATE = "TREE001", "TREE002"


@dataclass(frozen=True, slots=True)
class Given:
    """One input: its name as findings show it, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True)
class ManifestsRequest:
    """What to look at and by what: ``kubernetes`` is a full version, the newest of the repository's clusters unless given, and
    ``policies`` a folder of admission policies and bindings."""

    given: tuple[Given, ...]
    today: date
    kubernetes: str | None = None
    policies: Path | None = None


def read_folder(folder: Path) -> PolicySet:
    """The admission policies in the YAML files of a folder, at any depth, with their bindings and parameters; one without a
    binding refuses.

    Raises ``UserError`` for a folder that can't be read or has none.
    """
    texts = {}
    for path in sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml")):
        try:
            texts[str(path)] = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UserError(f"{path} can't be read: {getattr(error, 'strerror', None) or error}") from error
    try:
        found = read_policies(texts)
    except ValueError as error:
        raise UserError(f"--policies {folder}: {error}") from error
    if not found.policies and not found.mistakes:
        raise UserError(f"--policies: there is no ValidatingAdmissionPolicy in {folder}")
    return found


def read_given(names: Iterable[str], standard_input: Iterable[bytes]) -> tuple[Given, ...]:
    """The inputs by their names, ``-`` for standard input; raises ``UserError`` for one that can't be read, or comes twice."""
    found: dict[str, Given] = {}
    for name in names:
        if name in found:
            raise UserError(f"{name} is given twice")
        try:
            data = b"".join(standard_input) if name == STANDARD_INPUT else Path(name).read_bytes()
        except OSError as error:
            raise UserError(f"{name} can't be read: {error.strerror or error}") from error
        found[name] = Given(_SHOWN if name == STANDARD_INPUT else name, data)
    if not found:
        raise UserError("--manifests needs files, or - for standard input")
    return tuple(found.values())


def lint_manifests(workspace: Workspace, request: ManifestsRequest) -> Result:
    """Checks what is given and returns sorted findings, each at file and line of what was given.

    Raises ``UserError`` for a Kubernetes version that there are no schemas for.
    """
    return _Run(workspace, request).result()


@dataclass
class _Run:
    workspace: Workspace
    request: ManifestsRequest
    nodes: dict[int, tuple[str, Node]] = field(default_factory=dict)
    """File and document of each object, by the object's ``id``."""

    def result(self) -> Result:
        kubernetes = self._kubernetes()
        problems: list[tuple[Check, Problem]] = []
        overlays = [self._read(given, problems) for given in self.request.given]
        resources = [resource for overlay in overlays for resource in overlay.resources]
        # A version that there are no schemas for is the caller's mistake here, and no finding.
        Catalogue(kubernetes, (), self.workspace.schemas)
        environment = Environment("", tuple(overlay.overlay for overlay in overlays), (), (kubernetes,))
        rendered = RenderedEnvironment(environment, tuple(overlays), (), ())
        problems += self._verdicts(rendered)
        judge = self._admission()
        if judge:
            evidence, refusals = judge.judge([rendered])
            problems += refusals
            for check in all_checks():
                if check.scope is Scope.ADMISSION:
                    problems += [(check, problem) for problem in check.function(evidence)]
        findings = {self._finding(check, problem) for check, problem in problems}
        return Result(
            findings=tuple(sorted(findings, key=lambda finding: finding.sort_key)),
            environments=(),
            overlays=0,
            objects=len(resources),
            rules=tuple(check.info for check in (*all_checks(), *(judge.checks.values() if judge else ()))),
            files=len(self.request.given),
        )

    def _admission(self) -> AdmissionJudge | None:
        folder = self.request.policies
        pack = Pack(self.workspace.cache, "manifests", self.workspace.tools_digest)
        return AdmissionJudge(self.workspace.tree, pack, self.request.today, read_folder(folder)) if folder else None

    def _kubernetes(self) -> str:
        if self.request.kubernetes:
            return self.request.kubernetes
        environments = self.workspace.tree.environments.values()
        versions = [version for environment in environments for version in environment.kubernetes_versions]
        if not versions:
            raise UserError("no cluster of this repository names a Kubernetes version; give one with --kubernetes")
        return max(versions, key=lambda version: [int(part) for part in version.split(".")])

    def _read(self, given: Given, problems: list[tuple[Check, Problem]]) -> RenderedOverlay:
        """The objects of an input; what keeps it from being read is added to the problems."""
        parsed = documents.parse(given.data)
        overlay = Overlay("", "", given.name)
        resources = []
        faults = [(_rule(defect), defect.line, defect.message) for defect in parsed.defects]
        for node in _objects(parsed.documents if not faults else ()):  # what a defective file leaves out can't be told
            if fault := _no_object(node.value):
                faults.append((_UNREADABLE, node.line, fault))
                continue
            resource = Resource(overlay, node.value, Origin(given.name))
            self.nodes[id(resource)] = (given.name, node)
            resources.append(resource)
        if not resources and not faults:
            faults.append((_UNREADABLE, 1, "there is no object in it"))
        problems += [(_check(rule), Problem(message, file=given.name, line=line)) for rule, line, message in faults]
        return RenderedOverlay(overlay, digest([given.name, given.data]), tuple(resources))

    def _verdicts(self, rendered: RenderedEnvironment) -> Iterator[tuple[Check, Problem]]:
        pack = Pack(self.workspace.cache, "manifests", self.workspace.tools_digest)
        (outcome,) = SchemaJudge(self.workspace, pack).judge([rendered])
        pack.save()
        engine = tuple(replace(failure, file=self.request.given[0].name) for failure in outcome.engine)
        evidence = EnvironmentEvidence(rendered, tuple(outcome.verdicts), engine, (), (), closed=False)
        for check in all_checks():
            if check.scope is Scope.OBJECT:
                yield from ((check, problem) for resource in rendered.resources for problem in check.function(resource))
            elif check.scope is Scope.ENVIRONMENT and check.anywhere:
                yield from ((check, problem) for problem in check.function(evidence))

    def _finding(self, check: Check, problem: Problem) -> Finding:
        file, line, target, resource = problem.file, problem.line, None, problem.resource
        if resource is not None:
            file, node = self.nodes[id(resource)]
            line = positions.find(node, problem.path, resource.body).line
            target = ObjectReference(resource.api_version, resource.kind, resource.namespace, resource.name)
        return Finding(
            rule=check.id,
            level=check.level,
            message=problem.message,
            fix=problem.fix or check.fix,
            file=file,
            line=line,
            object=target,
            path=format_pointer(problem.path),
            image=problem.image,
        )


def _check(rule: str) -> Check:
    return next(check for check in all_checks() if check.id == rule)


def _rule(defect: Defect) -> str:
    return _DUPLICATE if defect.kind is DefectKind.DUPLICATE_KEY else _UNREADABLE


def _objects(given: Iterable[Node]) -> Iterator[Node]:
    """The documents, with the items of a List in its place, as kubectl takes them."""
    for node in given:
        items = node.items.get("items") if isinstance(node.value, dict) else None
        if items and node.value.get("kind") == "List" and isinstance(items.value, list):
            yield from items.items.values()
        else:
            yield node


def _no_object(value: object) -> str:
    """Why a document is no object, empty for one."""
    if not isinstance(value, dict):
        what = "a list" if isinstance(value, list) else "a single value"
        return f"the document is {what}, and no object"
    lacking = [name for name in ("apiVersion", "kind") if not isinstance(value.get(name), str) or not value[name]]
    return f"the document has no {' and no '.join(lacking)}: it is no object" if lacking else ""
