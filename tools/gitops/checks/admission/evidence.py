"""What admission policies said of everything that was rendered. A service gathers it."""

from dataclasses import dataclass
from typing import NamedTuple

from gitops.checks.unit import Problem


class FileRemark(NamedTuple):
    """Something about a policy's file."""

    file: str
    line: int
    message: str
    environment: str | None = None


@dataclass(frozen=True, slots=True)
class AdmissionEvidence:
    """``defects`` of policies, ``failures`` of their expressions on objects, what stays ``undecided``, and CRD rules."""

    defects: tuple[FileRemark, ...] = ()
    failures: tuple[Problem, ...] = ()
    undecided: tuple[FileRemark, ...] = ()
    broken_rules: tuple[Problem, ...] = ()
    undecided_rules: tuple[Problem, ...] = ()
