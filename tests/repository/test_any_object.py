"""Whatever an object of this platform says, the checks answer; what is malformed is for the schema to report."""

import copy
import random

import pytest

from gitops.checks.unit import Scope, all_checks
from gitops.models.resource import Resource
from gitops.repository.tree import Tree
from tests.spoiling import spoiled
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
