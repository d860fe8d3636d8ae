"""What a check has to say, in the one form that every report shows."""

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a finding weighs: an error fails the run, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class ObjectReference:
    """The object that a finding is about, named as a person would look it up."""

    api_version: str
    kind: str
    namespace: str
    name: str

    def __str__(self) -> str:
        place = f"{self.namespace}/" if self.namespace else ""
        return f"{self.kind} {place}{self.name}"


@dataclass(frozen=True, slots=True)
class WaiverNote:
    """Why a finding is silenced, by whom and until when (ISO date)."""

    owner: str
    reason: str
    expires: str
    ticket: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, at the place where a person must edit.

    ``environment`` and ``component`` are None for what concerns the whole tree; ``path`` is a JSON pointer into the
    object (RFC 6901, empty where the object as a whole is meant); ``file`` is relative to the repository's root and
    ``line`` counts from 1; ``image`` is the image that it is about, if it is about one, ``vulnerability`` what of it is wrong
    and ``packages`` in which of its packages (name and package URL).
    """

    rule: str
    level: Level
    message: str
    fix: str
    file: str
    line: int = 1
    environment: str | None = None
    component: str | None = None
    object: ObjectReference | None = None
    path: str = ""
    image: str = ""
    vulnerability: str = ""
    packages: tuple[str, ...] = ()
    waiver: WaiverNote | None = None

    @property
    def fails(self) -> bool:
        """Whether this finding alone makes the run fail."""
        return self.level is Level.ERROR and self.waiver is None

    @property
    def sort_key(self) -> tuple[str, ...]:
        """Files in order, lines in order within them, the same order in every run."""
        about = (self.environment or "", self.component or "", str(self.object), self.path)
        return (self.file, f"{self.line:09}", self.rule, *about, self.message, self.fix, str(self.waiver))


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one step of a run took, in seconds of wall time."""

    step: str
    seconds: float


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """What a report tells of a rule, besides its findings."""

    id: str
    title: str
    level: Level
    why: str
    fix: str


@dataclass(frozen=True, slots=True)
class WaiverUse:
    """A waiver, its line in ``policies/waivers.yaml``, and what it silences.

    ``state`` is ``holds``, ``lapsed``, or why it silences nothing; ``days`` are left of it, the last one not counted.
    """

    rules: tuple[str, ...]
    environments: tuple[str, ...]
    objects: tuple[str, ...]
    images: tuple[str, ...]
    note: WaiverNote
    line: int
    state: str
    days: int
    silenced: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """One run: what was looked at and what was found, sorted; the only thing that reports read."""

    findings: tuple[Finding, ...]
    environments: tuple[str, ...]
    overlays: int
    objects: int
    rules: tuple[RuleInfo, ...]
    timings: tuple[Timing, ...] = ()
    waivers: tuple[WaiverUse, ...] = ()
    files: int = 0
    """How many files were given to be looked at, where it was no repository."""

    @property
    def errors(self) -> int:
        return sum(finding.fails for finding in self.findings)

    @property
    def warnings(self) -> int:
        return sum(finding.level is Level.WARNING and finding.waiver is None for finding in self.findings)

    @property
    def waived(self) -> int:
        return sum(finding.waiver is not None for finding in self.findings)
