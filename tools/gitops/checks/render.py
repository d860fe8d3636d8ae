"""Rendering: every overlay renders, and everything in it does something."""

from collections import defaultdict
from collections.abc import Iterator

from gitops.checks.evidence import EnvironmentEvidence
from gitops.checks.unit import Problem, Scope, check
from gitops.models.resource import Overlay

_KUSTOMIZE = "https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/"


@check(
    "RENDER001",
    "kustomize fails",
    Scope.ENVIRONMENT,
    why="An overlay that does not render is one that Argo CD can't sync: what runs stays as it was.",
    fix="Correct what kustomize names; 'kustomize build <overlay>' shows its whole message.",
    reference=_KUSTOMIZE,
    waivable=False,
)
def failed(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Overlays that kustomize could not render; those that fail on one line of a shared file are one finding."""
    causes: dict[tuple[str, int, str], list[Overlay]] = defaultdict(list)
    for failure in evidence.render_failures:
        causes[failure.file, failure.line, failure.message].append(failure.overlay)
    for (file, line, message), overlays in causes.items():
        name = evidence.environment.name
        if len(overlays) == 1:
            yield Problem(message, file=file, line=line, overlay=overlays[0])
        else:
            yield Problem(f"{message} (in {len(overlays)} overlays)", file=file, line=line, environment=name)


@check(
    "RENDER002",
    "Overlay renders nothing",
    Scope.ENVIRONMENT,
    why="With pruning on, Argo CD takes an empty render for the wish to delete everything that the overlay had.",
    fix="Reference the base or at least one resource, or remove the overlay.",
    reference="https://argo-cd.readthedocs.io/en/stable/user-guide/auto_sync/#automatic-pruning",
    waivable=False,
)
def nothing(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Overlays without a single object."""
    for rendered in evidence.rendered.overlays:
        if not rendered.resources:
            overlay = rendered.overlay
            yield Problem(f"{overlay.path} renders no object", file=overlay.kustomization, overlay=overlay)


@check(
    "RENDER003",
    "Change that changes nothing",
    Scope.ENVIRONMENT,
    why="kustomize says nothing of a patch or an image pin whose target is not there: the object runs without it.",
    fix="Correct the target's kind and name (for an image: the name that the base uses), or remove the entry.",
    reference="https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/patches/",
)
def unused_override(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Patches, pins and counts that match no object in any overlay that they take part in."""
    uses: dict[tuple[str, int, str], list[tuple[Overlay, bool]]] = defaultdict(list)
    for overlay, use in evidence.override_uses:
        uses[use.file, use.line, use.description].append((overlay, use.used))
    for (file, line, description), tried in uses.items():
        if any(used for _, used in tried):
            continue
        if len(tried) > 1 and not evidence.rendered.complete:
            continue  # what several overlays share may be meant for the one that did not render, which is reported
        alone = tried[0][0] if len(tried) == 1 else None
        name = evidence.environment.name
        yield Problem(f"{description} matches nothing", file=file, line=line, overlay=alone, environment=name)
