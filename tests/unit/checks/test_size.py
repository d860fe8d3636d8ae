"""RENDER004: objects that are too large to be stored."""

import pytest

from gitops.checks.size import LARGEST
from tests.unit.checks.evidence_by_hand import problems
from tests.unit.repository.trees import made

_EMPTY = len('{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"},"data":{"a":""}}')


@pytest.mark.parametrize(("more", "caught"), [(0, 0), (1, 1)])
def test_an_object_of_more_than_etcd_takes_is_caught(more: int, caught: int) -> None:
    large = made("ConfigMap", "a", data={"a": "x" * (LARGEST - _EMPTY + more)})
    assert len(problems("RENDER004", large)) == caught


def test_bytes_count_and_not_letters() -> None:
    assert problems("RENDER004", made("ConfigMap", "a", data={"a": "ö" * (LARGEST // 2)}))
