"""A request to an API server, as admission sees it, and what a policy says to it."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from gitops.models.resource import JsonObject


class ApiResource(NamedTuple):
    """Where objects of a kind live: ``apps``, ``v1``, ``deployments``."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool


@dataclass(frozen=True, slots=True)
class AdmissionRequest:
    """One request. ``body`` and ``old_body`` are what the server would hand to policies: defaulted, see ``repository.stored``.

    ``namespace`` is the Namespace object that the request is in, None for objects of the cluster.
    ``equivalents`` are the same objects at their API's other versions (``matchPolicy: Equivalent``).
    """

    resource: ApiResource
    body: JsonObject | None
    old_body: JsonObject | None = None
    namespace: JsonObject | None = None
    operation: str = "CREATE"
    subresource: str = ""
    user: JsonObject | None = None
    dry_run: bool = False
    equivalents: tuple[ApiResource, ...] = field(default=())

    @property
    def _metadata(self) -> JsonObject:
        metadata = (self.body or self.old_body or {}).get("metadata")
        return metadata if isinstance(metadata, dict) else {}

    @property
    def name(self) -> str:
        return str(self._metadata.get("name") or "")

    @property
    def namespace_name(self) -> str:
        """The request's namespace; a Namespace is in itself, as the API server has it."""
        if (self.resource.group, self.resource.plural) == ("", "namespaces"):
            return self.name
        return str(self._metadata.get("namespace") or "") if self.resource.namespaced else ""

    @property
    def labels(self) -> dict[str, Any] | None:
        labels = self._metadata.get("labels")
        return labels if isinstance(labels, dict) else {}


class Outcome(StrEnum):
    """What came of a policy and a request."""

    NOT_MATCHED = "not matched"
    ALLOWED = "allowed"
    DENIED = "denied"
    ERROR = "error"  # an expression failed: the failure policy says what the server makes of that
    UNDECIDABLE = "undecidable"


class Denial(NamedTuple):
    """A validation that refuses: its message as the server words it, its reason, and its place in the policy."""

    message: str
    reason: str
    validation: int


class Trouble(NamedTuple):
    """Why something could not be evaluated: in which expression of the policy (``/spec/validations/0``), and how."""

    pointer: str
    message: str

    @property
    def validation(self) -> int:
        """The index of the validation that it is, -1 for anything else."""
        last = self.pointer.rpartition("/")[2]
        return int(last) if self.pointer.startswith("/spec/validations/") and last.isdigit() else -1


@dataclass(frozen=True, slots=True)
class Verdict:
    """All that a policy says. ``errors`` refuse where ``fails_closed``; ``unknown`` is what nobody can say offline."""

    matched: bool = False
    denials: tuple[Denial, ...] = ()
    errors: tuple[Trouble, ...] = ()
    unknown: tuple[Trouble, ...] = ()
    fails_closed: bool = True

    @property
    def outcome(self) -> Outcome:
        """The gravest of it; a refusal stands whatever else is unknown."""
        if not self.matched and not self.errors and not self.unknown:
            return Outcome.NOT_MATCHED
        if self.denials:
            return Outcome.DENIED
        if self.errors:
            return Outcome.ERROR
        return Outcome.UNDECIDABLE if self.unknown else Outcome.ALLOWED

    @property
    def messages(self) -> tuple[str, ...]:
        """What the server would refuse with, in its order; empty where it would admit."""
        failed = self.errors if self.fails_closed else ()
        told = [(denial.validation, denial.message) for denial in self.denials]
        told += [(error.validation, error.message) for error in failed]
        return tuple(message for _, message in sorted(told, key=lambda each: each[0]))

    @property
    def text(self) -> str:
        """The first message of whatever kind."""
        return next(iter([*self.messages, *(trouble.message for trouble in (*self.errors, *self.unknown))]), "")
