"""Writes down what was decided about an environment's images, for lint, promotion and the cluster to go by."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from gitops.adapters.cache import write_atomically
from gitops.models.approval import Approval, Approvals, Counts, ScannerFacts, Verdict
from gitops.models.errors import UserError
from gitops.models.image_decision import ApprovalRun, ImageDecision
from gitops.models.vulnerability import ScanReport, Severity
from gitops.repository.approvals import Identity, path_of, read, text_of
from gitops.repository.policy_rules import COMPONENT
from gitops.repository.tree import Tree
from gitops.services.bindings import APPROVALS_FILE, approval_parameters

_DIGESTS = "sha256:"
LONGEST = timedelta(days=30)
"""How long a verdict holds where the image policy sets no limit of its own: nothing is approved for ever."""


def approve(tree: Tree, environment: str, decisions: Iterable[ImageDecision], today: date) -> ApprovalRun:
    """What is to be written for an environment; nothing is written yet.

    Raises ``UserError`` where the file as it is can't be read: the days since which vulnerabilities are known would be lost.
    """
    if environment not in tree.environments:
        raise UserError(f"there is no environment '{environment}'; there are {', '.join(tree.environments)}")
    before = {one.identity: one for one in _before(tree, environment).approvals}
    made: dict[Identity, Approval] = {}
    unpinned: set[str] = set()
    for decision in decisions:
        if not (decision.image.digest or "").startswith(_DIGESTS):
            unpinned.add(str(decision.image))
            continue
        one = _approval(decision, today)
        if one.verdict is Verdict.REFUSED or one.identity not in made:  # of one image in two spellings the refusal counts
            made[one.identity] = one
    after = Approvals(approvals=tuple(made.values()))
    files = {path_of(environment): text_of(after), **_parameters(tree, environment, after)}
    listed = [made[identity] for identity in sorted(made)]
    approved = [one for one in listed if one.verdict is Verdict.APPROVED]
    holding = [one for one in approved if one.approves_on(today)]
    return ApprovalRun(
        environment=environment,
        files=files,
        differing=tuple(path for path, text in files.items() if _text(tree.root / path) != text),
        approved=tuple(approved),
        lapsed=tuple(one for one in approved if not one.approves_on(today)),
        refused=tuple(one for one in listed if one.verdict is Verdict.REFUSED),
        renewed=tuple(one for one in holding if _was(before, one) and before[one.identity].valid_until != one.valid_until),
        withdrawn=tuple(one for one in listed if one.verdict is Verdict.REFUSED and _was(before, one)),
        new=tuple(one for one in holding if not _was(before, one)),
        dropped=tuple(before[identity] for identity in sorted(before.keys() - made.keys())),
        unpinned=tuple(sorted(unpinned)),
    )


def write(root: Path, result: ApprovalRun) -> None:
    """Writes what differs; each file whole or not at all. Raises ``UserError`` where that can't be done."""
    for path in result.differing:
        try:
            write_atomically(root / path, result.files[path].encode())
        except OSError as error:
            raise UserError(f"{path} can't be written: {error.strerror or error}") from error


def _before(tree: Tree, environment: str) -> Approvals:
    try:
        data = (tree.root / path_of(environment)).read_bytes()
    except FileNotFoundError:
        return Approvals()
    found = read(data)
    if found is None:
        path = path_of(environment)
        raise UserError(f"{path} is defective; 'tools/lint.py' tells what is wrong. Take it from git, and run this again")
    return found


def _parameters(tree: Tree, environment: str, approvals: Approvals) -> dict[str, str]:
    """What the cluster goes by, where admission policies are brought into it."""
    folder = f"overlays/{environment}/{COMPONENT}"
    if folder not in {overlay.path for overlay in tree.environments[environment].overlays}:
        return {}
    return {f"{folder}/{APPROVALS_FILE}": approval_parameters(approvals, environment, tree.waivers.waivers)}


def _was(before: dict[Identity, Approval], now: Approval) -> bool:
    """Whether it was approved, lapsed or not."""
    known = before.get(now.identity)
    return known is not None and known.verdict is Verdict.APPROVED


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def _approval(decision: ImageDecision, today: date) -> Approval:
    oldest = min(decision.reports, key=lambda report: (report.scanned, report.platform), default=None)
    since = oldest.scanned.date() if oldest else today
    ends = [since + LONGEST, *([decision.valid_until] if decision.valid_until else [])]
    return Approval(
        image=decision.image.repository,
        tag=decision.image.tag or "",
        digest=decision.image.digest or "",
        platforms=dict(decision.platforms),
        scanned=oldest.scanned if oldest else None,
        scanner=_scanner(oldest) if oldest else None,
        vulnerabilities=_counts(decision.reports),
        decisive=tuple(sorted(decision.decisive, key=lambda one: (-one.severity.rank, one.id, one.package, one.installed))),
        waivers=decision.waivers,
        key=decision.key,
        verdict=decision.verdict,
        refusals=decision.refusals,
        validUntil=min(ends),
    )


def _scanner(report: ScanReport) -> ScannerFacts:
    scanner = report.scanner
    return ScannerFacts(
        name=scanner.name,
        version=scanner.version,
        databaseVersion=scanner.database_version,
        databaseMade=scanner.database_made,
    )


def _counts(reports: Iterable[ScanReport]) -> dict[Severity, Counts]:
    """By severity; what is in several platforms counts once."""
    found: dict[Severity, dict[tuple[str, str, str], bool]] = defaultdict(dict)
    for report in reports:
        for one in report.vulnerabilities:
            found[one.severity][one.id, one.package, one.installed] = one.fixable
    return {severity: Counts(found=len(those), fixable=sum(those.values())) for severity, those in found.items()}
