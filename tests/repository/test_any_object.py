"""Whatever an object of this platform says, the checks answer; what is malformed is for the schema to report."""

import copy
import random

import pytest

from gitops.checks.unit import Scope, all_checks
from gitops.models.difference import Difference
from gitops.models.resource import Resource
from gitops.reports.diff_formats import DIFF_REPORTS
from gitops.repository.declarations import declared
from gitops.repository.images_moved import image_moves
from gitops.repository.masking import Mask
from gitops.repository.tree import Tree
from tests.spoiling import spoiled
from tests.unit.checks.dangers_by_hand import evidence
from tests.unit.checks.evidence_by_hand import environment


@pytest.mark.parametrize("seed", range(120))
def test_a_spoiled_object_is_no_bug_of_ours(seed: int, tree: Tree, rendered: dict[str, list[Resource]]) -> None:
    chance = random.Random(seed)
    name = chance.choice(sorted(rendered))
    objects = list(rendered[name])
    for index in chance.sample(range(len(objects)), 60):
        body = spoiled(copy.deepcopy(objects[index].body), chance)
        if isinstance(body, dict):
            objects[index] = Resource(objects[index].overlay, body, objects[index].origin)
    evidence = environment(*objects, clusters=tree.environments[name].clusters)
    for check in all_checks():
        if check.scope is Scope.ENVIRONMENT:
            list(check.function(evidence))
        elif check.scope is Scope.OBJECT:
            for resource in objects:
                list(check.function(resource))


@pytest.mark.parametrize("seed", range(60))
def test_a_spoiled_object_before_or_after_is_no_bug_of_ours(seed: int, tree: Tree, rendered: dict[str, list[Resource]]) -> None:
    chance = random.Random(seed)
    name = chance.choice(sorted(rendered))
    before, after = [], []
    for resource in chance.sample(rendered[name], 60):
        for side in (before, after):
            body = spoiled(copy.deepcopy(resource.body), chance) if chance.random() < 0.7 else resource.body
            if isinstance(body, dict):
                side.append(Resource(resource.overlay, body, resource.origin))
    found = evidence(before, after, tuple(rendered[name]))
    mask = Mask(declared(tree.components, tree.environments[name]))
    for change in found.changes:
        mask.body(change.subject)
        for field in change.fields:
            if change.old and change.new:
                mask.change(field, change.old, change.new)
    image_moves(found.changes)
    for check in all_checks():
        if check.scope is Scope.DIFF:
            list(check.function(found))
    delivery = found.deliveries[0]
    for report in DIFF_REPORTS.values():
        report.write(Difference("old", "new", (delivery,), (), ()))
