"""What a check is, and the registry that finds them: a new check is a new function and touches nothing else."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from gitops.models.finding import Level, RuleInfo
from gitops.models.paths import JsonPath
from gitops.models.resource import Overlay, Resource


class Scope(StrEnum):
    """What a check is given, and so what it can know."""

    TREE = "tree"  # a repository.tree.Tree: files and references, nothing rendered
    OBJECT = "object"  # one models.resource.Resource; the answer may be kept for an unchanged overlay
    ENVIRONMENT = "environment"  # an evidence.EnvironmentEvidence: everything that one environment renders
    ADMISSION = "admission"  # an admission.evidence.AdmissionEvidence: what policies and CRD rules said of every object
    APPROVAL = "approval"  # an approval_evidence.ApprovalEvidence: pinned images of an environment, what was decided, the day
    WAIVERS = "waivers"  # an evidence.WaiverEvidence: the waivers, and which of them were needed
    IMAGE = "image"  # an image_evidence.ImageEvidence: one image of an environment and what is known of it, for tools/scan.py
    DIFF = "diff"  # a diff_evidence.DiffEvidence: what a merge request changes; lint has nothing to give to these


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that a check found. It says which value is wrong; the line to edit is worked out from that.

    Either ``resource`` (with ``path`` into it) or ``file`` (with ``line``, or with ``path`` into what it says) tells where;
    both where the line of an object's problem has been worked out already. ``text`` is what to look for in a value of several
    lines; ``fix`` is better advice than the check's own, where there is any; ``image``, ``vulnerability`` and ``packages`` are
    what it is about, by which a waiver may know it.
    """

    message: str
    resource: Resource | None = None
    path: JsonPath = ()
    file: str = ""
    line: int = 1
    overlay: Overlay | None = None
    environment: str | None = None
    component: str | None = None
    text: str = ""
    fix: str = ""
    image: str = ""
    vulnerability: str = ""
    packages: tuple[str, ...] = ()


CheckFunction = Callable[[Any], Iterator[Problem]]
_Function = TypeVar("_Function", bound=CheckFunction)


@dataclass(frozen=True, slots=True)
class Check:
    """A rule with its function; ``reference`` is where the rule comes from.

    ``waivable`` is false where what is found keeps other things from being checked, or where no reason could justify it;
    ``anywhere`` is true for a rule about an environment that also holds for manifests from elsewhere, of which nobody knows
    what else runs beside them; one that holds in part asks its evidence whether it is ``closed``.
    """

    id: str
    title: str
    level: Level
    scope: Scope
    why: str
    fix: str
    reference: str
    function: CheckFunction
    waivable: bool = True
    anywhere: bool = False

    @property
    def info(self) -> RuleInfo:
        """What reports tell of the rule."""
        return RuleInfo(self.id, self.title, self.level, self.why, self.fix)


_registry: dict[str, Check] = {}


def check(  # noqa: PLR0913 - a rule is its parts
    id: str,  # noqa: A002 - the field's name everywhere
    title: str,
    scope: Scope,
    *,
    why: str,
    fix: str,
    reference: str = "",
    level: Level = Level.ERROR,
    waivable: bool = True,
    anywhere: bool = False,
) -> Callable[[_Function], _Function]:
    """Registers a function as the check ``id``; raises ``ValueError`` where that id is taken."""

    def register(function: _Function) -> _Function:
        if id in _registry:
            raise ValueError(f"two checks have the id {id}")
        _registry[id] = Check(id, title, level, scope, why, fix, reference, function, waivable, anywhere)
        return function

    return register


@cache
def all_checks() -> tuple[Check, ...]:
    """Every check, sorted by id."""
    package = importlib.import_module(__package__ or "gitops.checks")
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        importlib.import_module(module.name)
    return tuple(_registry[name] for name in sorted(_registry))
