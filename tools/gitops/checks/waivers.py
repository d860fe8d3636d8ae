"""The waivers themselves: a promise that has an owner, a date and bounds, and is still needed."""

from collections.abc import Iterator
from functools import cache

from gitops.checks.evidence import WaiverEvidence
from gitops.checks.unit import Problem, Scope, all_checks, check
from gitops.models.finding import Level
from gitops.models.globs import GlobIndex
from gitops.models.levels import family_of
from gitops.models.waiver import Waiver
from gitops.models.waiver_rules import NOTICE
from gitops.repository.complaints import close_names
from gitops.repository.policy_rules import COMPONENT as ADMISSION
from gitops.repository.policy_rules import is_carried, policy_rules
from gitops.repository.tree import WAIVERS

DANGER = "DANGER"  # the family of what only tools/diff.py finds


@check(
    "WAIVER001",
    "Waiver has lapsed",
    Scope.WAIVERS,
    why="A waiver is a promise with a date; after it, what it silenced counts again.",
    fix="Correct what it was for, or renew it with a new reason and date in a merge request of its own.",
    waivable=False,
)
def lapsed(evidence: WaiverEvidence) -> Iterator[Problem]:
    """Waivers whose last day is past."""
    for index, waiver in enumerate(evidence.waivers):
        if not waiver.holds_on(evidence.today):
            yield _problem(evidence, index, f"lapsed on {waiver.expires}, owner {waiver.owner}")


@check(
    "WAIVER002",
    "Waiver lapses soon",
    Scope.WAIVERS,
    level=Level.WARNING,
    why="In two weeks what it silences fails every merge request.",
    fix="Correct what it is for now, or renew it.",
    waivable=False,
)
def lapsing(evidence: WaiverEvidence) -> Iterator[Problem]:
    """Waivers in their last 14 days."""
    for index, waiver in enumerate(evidence.waivers):
        if waiver.holds_on(evidence.today) and waiver.expires - evidence.today <= NOTICE:
            yield _problem(evidence, index, f"lapses on {waiver.expires}, owner {waiver.owner}")


@check(
    "WAIVER003",
    "Waiver silences nothing",
    Scope.WAIVERS,
    why="A waiver that nothing needs silences the next real finding that happens to look like it.",
    fix="Remove it, or correct its rules, environments, objects and images.",
    waivable=False,
)
def unused(evidence: WaiverEvidence) -> Iterator[Problem]:
    """Waivers that hold and cover no finding; only a run over the whole repository can tell.

    Vulnerabilities and dangers are found by other tools: whether a waiver for one is needed is not for the linter to say.
    """
    for index, waiver in enumerate(evidence.waivers if evidence.whole else ()):
        elsewhere = all(rule.startswith(("CVE-", DANGER)) or _can_not_be_waived(evidence, rule) for rule in waiver.rules)
        if _counts(evidence, waiver) and index not in evidence.used and not elsewhere:
            yield _problem(evidence, index, "there is nothing to silence")


@check(
    "WAIVER004",
    "Waiver lives too long",
    Scope.WAIVERS,
    why="A waiver of more than 400 days is a rule that was given up without saying so.",
    fix="Choose an earlier day, or change the rule's level.",
    waivable=False,
)
def too_long(evidence: WaiverEvidence) -> Iterator[Problem]:
    """Waivers that end more than 400 days ahead, or than longestLife in `policies/waiver-rules.yaml`; they silence nothing."""
    for index, waiver in enumerate(evidence.waivers):
        if evidence.rules.too_long(waiver, evidence.today):
            yield _problem(evidence, index, f"until {waiver.expires}, more than {evidence.rules.longest_life} days ahead")


@check(
    "WAIVER005",
    "Waiver that another one covers",
    Scope.WAIVERS,
    why="What it says has no effect: when it lapses or is removed nothing changes, and its reason is not the one that counts.",
    fix="Remove it, or narrow the other one so that each has something of its own.",
    waivable=False,
)
def shadowed(evidence: WaiverEvidence) -> Iterator[Problem]:
    """Waivers all of whose rules, environments, objects and images one other waiver covers for at least as long."""
    waivers = evidence.waivers
    counting = [index for index, waiver in enumerate(waivers) if _counts(evidence, waiver)]
    objects, images = GlobIndex(), GlobIndex()
    for index in counting:
        (objects if waivers[index].objects else images).add(waivers[index].objects or waivers[index].images, index)
    for index in counting:
        waiver = waivers[index]
        others = {
            *(other for glob in waiver.objects[:1] for other in objects.containing(glob)),
            *(other for glob in waiver.images[:1] for other in images.containing(glob)),
        }
        for other in sorted(others - {index}):
            alike = waiver.contains(waivers[other])
            if waivers[other].contains(waiver) and not (alike and index < other):
                yield _problem(evidence, index, f"the one in line {evidence.lines[other]} covers all of it")
                break


@check(
    "WAIVER006",
    "Waiver of what can't be waived",
    Scope.WAIVERS,
    why="What the rule finds keeps other things from being checked, or no reason could justify it: it stays a finding.",
    fix="Take the rule out of the waiver and correct what it finds.",
    waivable=False,
)
def not_waivable(evidence: WaiverEvidence) -> Iterator[Problem]:
    """Waivers that name a rule, or a family of rules, none of which can be waived; each rule's page says whether it can."""
    for index, waiver in enumerate(evidence.waivers):
        for rule in waiver.rules:
            if _can_not_be_waived(evidence, rule):
                yield _problem(evidence, index, f"{rule} can't be waived")


@check(
    "WAIVER007",
    "Waiver is too broad",
    Scope.WAIVERS,
    why="A waiver for everything is a rule that was given up, for objects that nobody has written yet too.",
    fix="Name the objects or the rules that it is for; for a whole environment change the level in policies/levels.yaml.",
    waivable=False,
)
def too_broad(evidence: WaiverEvidence) -> Iterator[Problem]:
    """Waivers for every object that name no single rules, or broader than `policies/waiver-rules.yaml`; without effect."""
    for index, waiver in enumerate(evidence.waivers):
        if fault := evidence.rules.too_broad(waiver):
            yield _problem(evidence, index, fault)


@check(
    "WAIVER008",
    "Waiver that nobody answers for",
    Scope.WAIVERS,
    why="A promise of somebody who is not there is renewed for ever, since nobody can be asked.",
    fix="Name an owner that a component.yaml names too.",
    waivable=False,
)
def ownerless(evidence: WaiverEvidence) -> Iterator[Problem]:
    """Waivers whose owner is no owner of a component."""
    known = sorted({component.owner for component in evidence.tree.components.values()})
    for index, waiver in enumerate(evidence.waivers if known else ()):
        if waiver.owner not in known:
            near = close_names(waiver.owner, known)
            advice = f"did you mean '{near[0]}'?" if near else f"there are {', '.join(known)}"
            yield _problem(evidence, index, f"no component has the owner '{waiver.owner}'; {advice}")


@check(
    "WAIVER009",
    "Waiver that the cluster does not know",
    Scope.WAIVERS,
    level=Level.WARNING,
    why="Lint lets the object pass, and then the API server refuses it: it is merged, and never runs.",
    fix="Lower the rule to a warning there (policies/levels.yaml), name the object in the policy, or correct what is found.",
    waivable=False,
)
def unknown_to_the_cluster(evidence: WaiverEvidence) -> Iterator[Problem]:
    """Waivers for objects of rules that an environment's admission policies refuse. Only images are looked up in a cluster."""
    rules = policy_rules(evidence.tree)
    for index, waiver in enumerate(evidence.waivers):
        if not _counts(evidence, waiver):
            continue
        alone = [rule for rule in sorted(rules) if waiver.is_about(rule) and not is_carried(waiver, rule)]
        told = [
            f"{', '.join(refusing)} in {name}"
            for name in _environments(evidence, waiver)
            if (refusing := [rule for rule in alone if evidence.tree.levels.of(name, rule) is Level.ERROR])
        ]
        if told:
            yield _problem(evidence, index, f"the API server goes on refusing by {' and by '.join(told)}")


def _environments(evidence: WaiverEvidence, waiver: Waiver) -> list[str]:
    """Where a waiver is to hold and where admission policies do."""
    return [
        name
        for name, environment in evidence.tree.environments.items()
        if waiver.holds_in(name) and any(overlay.component == ADMISSION for overlay in environment.overlays)
    ]


def _can_not_be_waived(evidence: WaiverEvidence, rule: str) -> bool:
    return evidence.rules.forbid(rule) or rule in _held()


@cache
def _held() -> frozenset[str]:
    """The rules that the tools never let be waived, and the families that have no others."""
    units = all_checks()
    able = {name for unit in units if unit.waivable for name in (unit.id, family_of(unit.id))}
    return frozenset(name for unit in units for name in (unit.id, family_of(unit.id))) - able


def _counts(evidence: WaiverEvidence, waiver: Waiver) -> bool:
    """Whether a waiver has any effect."""
    rules = evidence.rules
    return waiver.holds_on(evidence.today) and not rules.too_long(waiver, evidence.today) and not rules.too_broad(waiver)


def _problem(evidence: WaiverEvidence, index: int, what: str) -> Problem:
    return Problem(f"{_name(evidence.waivers[index])}: {what}", file=WAIVERS, line=evidence.lines[index])


def _name(waiver: Waiver) -> str:
    return f"waiver of {', '.join(waiver.rules)} for {', '.join((*waiver.objects, *waiver.images))}"
