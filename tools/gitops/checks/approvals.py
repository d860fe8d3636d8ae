"""Approvals: what runs is what was scanned and accepted, under the name that it was accepted by, and not for ever."""

from collections.abc import Iterator
from datetime import date, timedelta

from gitops.checks.approval_evidence import ApprovalEvidence
from gitops.checks.unit import Problem, Scope, check
from gitops.models.approval import Approval, Verdict
from gitops.models.finding import Level
from gitops.models.image import ImageReference

# The pipeline renews approvals daily. One that is this near its end has missed some of these, or waits to be merged.
NOTICE = timedelta(days=3)
_NAMED = 3
_NAMES = "https://kubernetes.io/docs/concepts/containers/images/#image-names"
_RENEW = "Merge what the daily pipeline offers, or renew it: tools/scan.py run, gate and approve (docs/images.md)."


@check(
    "IMG006",
    "Image that is not approved",
    Scope.APPROVAL,
    why="What nobody scanned and accepted may hold anything; and what was accepted once is found to be vulnerable later.",
    fix="Have the image judged: tools/scan.py run, gate and approve; docs/images.md says how.",
    reference=_NAMES,
)
def not_approved(evidence: ApprovalEvidence) -> Iterator[Problem]:
    """Images with a digest that `policies/approvals/<environment>.yaml` does not approve on that day under their name, in
    custom resources and manifests in ConfigMaps too. An image without a digest IMG002 tells."""
    for pinned in evidence.pinned:
        image = pinned.reference
        if image is None or image.digest is None:
            continue
        reason, fix = _refusal(evidence, image)
        if reason:
            message = f"{pinned.text} is not approved: {reason}"
            yield Problem(message, pinned.resource, pinned.path, text=pinned.text, fix=fix, image=pinned.text)


@check(
    "IMG020",
    "Approval lapses soon",
    Scope.APPROVAL,
    level=Level.WARNING,
    why="Then the image fails every merge request, and the cluster makes no pod of it any more.",
    fix=_RENEW,
)
def lapsing(evidence: ApprovalEvidence) -> Iterator[Problem]:
    """Approvals of images that run, in their last three days; told once for each last day."""
    ending: dict[date, dict[str, Approval]] = {}
    for pinned in evidence.pinned:
        image = pinned.reference
        approval = evidence.approval_of(image) if image else None
        if approval and approval.approves_on(evidence.today) and approval.valid_until - evidence.today < NOTICE:
            ending.setdefault(approval.valid_until, {})[approval.name] = approval
    for day, found in sorted(ending.items()):
        names = sorted(found)
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        what = "the approval" if len(names) == 1 else f"{len(names)} approvals"
        ends = "lapses" if len(names) == 1 else "lapse"
        line = evidence.lines().get(found[names[0]].identity, 1)
        message = f"{what} of {', '.join(names[:_NAMED])}{more} {ends} after {day}"
        yield Problem(message, file=evidence.file, line=line, environment=evidence.environment)


def _refusal(evidence: ApprovalEvidence, image: ImageReference) -> tuple[str, str]:
    """Why the image is not approved, and better advice than the rule's own; both empty where it is."""
    approval = evidence.approval_of(image)
    if approval is None:
        others = sorted(one.name for one in evidence.by_digest.get(image.digest or "", ()))
        if others:
            return f"its digest is known as {others[0]}", "Name the image as it was approved, or have this name judged too."
        return f"{evidence.file} has no verdict on its digest", ""
    if approval.verdict is Verdict.REFUSED:
        told = [f"{one.message} ({one.rule})" for one in approval.refusals[:1]]
        more = [f"{len(approval.refusals) - 1} more"] if len(approval.refusals) > 1 else []
        reason = f"it was refused: {' and '.join([*told, *more])}" if told else "it was refused"
        return reason, "Pin a version without it, or waive what is accepted (docs/images.md); then approve again."
    if not approval.approves_on(evidence.today):
        return f"its approval lapsed after {approval.valid_until}", _RENEW
    return "", ""
