"""The globs of waivers as regular expressions, and approvals as the parameters that the admission policies read."""

import re
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

import pytest
import yaml

from gitops.models.approval import Approval, Approvals
from gitops.models.errors import UserError
from gitops.models.waiver import Waiver
from gitops.services.bindings import approval_parameters, regular_expression
from tests.unit.repository.test_approvals import approval

NAMES = [
    "quay.io/dare/web",
    "quay.io/dare/web:v1",
    "quayxio/dare/web",
    "web:1",
    "web:-",
    "web:]",
    "web:^",
    "web:a",
    "a\\b",
    "[a]",
    "",
]


@pytest.mark.parametrize(
    "glob",
    [
        "quay.io/dare/*",
        "*:[v0-9]*",
        "web:?",
        "web:[!a]",
        "web:[]^]",
        "web:[^a]",
        "web:[0-9-]",
        "[a",
        "[[]a]",
        "*",
        "a\\b",
        "web:[",
    ],
)
def test_a_glob_and_its_expression_match_the_same(glob: str) -> None:
    expression = regular_expression(glob)
    assert [bool(re.search(expression, name)) for name in NAMES] == [fnmatchcase(name, glob) for name in NAMES]


def parameters(*approvals: Approval, waivers: tuple[Waiver, ...] = ()) -> dict[str, str]:
    data: dict[str, str] = yaml.safe_load(approval_parameters(Approvals(approvals=approvals), "production", waivers))["data"]
    return data


def waiver(**told: Any) -> Waiver:
    common = {"rules": ["IMG006"], "owner": "platform", "reason": "It is tried.", "expires": date(2027, 1, 31)}
    return Waiver.model_validate({**common, **told})


def test_an_approved_digest_is_told_with_its_last_day_and_each_of_its_names() -> None:
    digest = approval(1).digest
    told = parameters(approval(1), approval(2, digest=digest, tag=""), approval(3, validUntil=date(2020, 1, 1)))
    assert told == {
        digest.replace(":", "-"): (
            "2026-12-01 registry.example.org/team/component-1:1.2.3\n2026-12-01 registry.example.org/team/component-2\n"
        ),
        approval(3).digest.replace(":", "-"): "2020-01-01 registry.example.org/team/component-3:1.2.3\n",
    }


def test_a_refused_digest_is_not_told() -> None:
    assert parameters(approval(1, verdict="refused")) == {}


def test_a_waiver_is_carried_with_its_last_day_where_it_names_images_alone_and_holds_there() -> None:
    told = parameters(
        waivers=(
            waiver(images=["quay.io/dare/*"]),
            waiver(images=["a/*", "b/?"], rules=["IMG"], environments=["production"], expires=date(2027, 2, 1)),
            waiver(images=["c"], environments=["testbed"]),
            waiver(images=["d"], objects=["Deployment/web"]),
            waiver(images=["e"], packages=["openssl"]),
            waiver(images=["f"], rules=["IMG002"]),
        )
    )
    assert told == {
        "withoutApproval": "2027-01-31 ^quay\\.io/dare/.*$\n2027-02-01 ^a/.*$\n2027-02-01 ^b/.$\n",
    }


def test_five_thousand_digests_of_long_names_fit_into_a_config_map_and_more_are_refused() -> None:
    long = "registry.example.org/a-team-with-a-name/a-component-with-a-longer-name-than-most/program"
    many = [approval(number, image=long) for number in range(5000)]
    assert len(parameters(*many)) == 5000
    with pytest.raises(UserError, match=r"approved digests of production are [0-9,]+ bytes .* holds 1,048,576"):
        parameters(*(approval(number, image=long * 2) for number in range(5000)))
