"""The files of approvals: written in one way, read at once, and read as YAML where a person touched them."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from gitops.adapters.cache import Cache
from gitops.models.approval import Approval, Approvals
from gitops.repository import approvals, documents
from gitops.repository.facts import FactReader, FileFacts
from tests.unit.repository.trees import SOUND, read_tree

PATH = approvals.path_of("production")
MADE = datetime(2026, 11, 24, 6, tzinfo=UTC)


def approval(number: int = 1, **more: Any) -> Approval:
    digest = f"sha256:{number:064x}"
    told: dict[str, Any] = {
        "image": f"registry.example.org/team/component-{number}",
        "tag": "1.2.3",
        "digest": digest,
        "platforms": {"linux/arm64": digest, "linux/amd64": digest},
        "scanned": MADE,
        "scanner": {"name": "Trivy", "version": "0.76.0", "databaseVersion": 2, "databaseMade": MADE},
        "vulnerabilities": {"low": {"found": 30, "fixable": 1}, "critical": {"found": 1, "fixable": 0}},
        "decisive": [
            {
                "id": f"CVE-2026-{found:04}",
                "package": "p",
                "installed": "1",
                "severity": "critical",
                "firstSeen": date(2026, 2, 1),
            }
            for found in range(3)
        ],
        "verdict": "approved",
        "validUntil": date(2026, 12, 1),
    }
    return Approval.model_validate({**told, **more})


def many(count: int) -> Approvals:
    return Approvals(approvals=tuple(approval(number) for number in range(count)))


def test_what_is_written_is_sorted_and_read_as_it_was() -> None:
    mixed = Approvals(approvals=(approval(2), approval(1, tag=""), approval(1)))
    text = approvals.text_of(mixed)
    found = approvals.read_as_written(text.encode())
    assert found is not None
    assert [one.identity for one in found.approvals] == sorted(one.identity for one in mixed.approvals)
    assert list(found.approvals[0].platforms) == ["linux/amd64", "linux/arm64"]
    assert list(found.approvals[0].vulnerabilities) == ["critical", "low"]
    assert approvals.text_of(found) == text


def test_a_file_is_yaml_that_says_the_same() -> None:
    text = approvals.text_of(many(3))
    (value,) = documents.values(text)
    assert Approvals.model_validate(value) == many(3)
    assert Approvals.model_validate(yaml.safe_load(text)) == many(3)
    assert text.startswith("# yaml-language-server: $schema=../schemas/approvals.json\n")


@given(st.text(min_size=1).filter(str.strip))
def test_any_text_is_read_back_by_both_readers(word: str) -> None:
    one = approval(verdict="refused", refusals=[{"rule": "IMG014", "message": word}])
    text = approvals.text_of(Approvals(approvals=(one,)))
    assert approvals.read_as_written(text.encode()) == Approvals(approvals=(one,))
    (value,) = documents.values(text)
    assert Approvals.model_validate(value) == Approvals(approvals=(one,))


def test_one_verdict_that_changes_changes_its_lines_alone() -> None:
    before = approvals.text_of(many(9)).splitlines()
    changed = tuple(approval(number, validUntil=date(2027, 1, 1)) if number == 4 else approval(number) for number in range(9))
    after = approvals.text_of(Approvals(approvals=changed)).splitlines()
    assert sum(old != new for old, new in zip(before, after, strict=True)) == 1


def test_a_file_that_a_person_touched_is_read_as_yaml() -> None:
    text = approvals.text_of(many(2)).replace('"tag": "1.2.3",', "tag: 1.2.3, # the old one")
    assert approvals.read_as_written(text.encode()) is None
    assert approvals.read(text.encode()) == many(2)


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace('"verdict": "approved"', '"verdict": "refused", "verdict": "approved"', 1),
        lambda text: text.replace('"verdict": "approved"', '"verdict": "fine"', 1),
        lambda text: text.replace('"scanned"', '"scaned"', 1),
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("component-1", "component-0").replace(f"{1:064x}", f"{0:064x}"),
        lambda text: f"{text}---\n{text}",
        lambda text: "",
        lambda text: "# nothing",
        lambda text: "[" * 100_000,
    ],
    ids=["a key twice", "a word", "a field", "half of it", "one image twice", "two documents", "empty", "a comment", "deep"],
)
def test_a_defective_file_approves_nothing_and_is_told(damage: Any, tmp_path: Path) -> None:
    data = damage(approvals.text_of(many(2))).encode()
    assert approvals.read(data) is None
    facts = FactReader(Cache(tmp_path, enabled=False), "tools").read(PATH, data)
    assert facts.data is None
    assert facts.complaints


def test_two_verdicts_on_one_image_are_told_apart_from_two_images_of_one_digest() -> None:
    digest = approval(1).digest
    Approvals(approvals=(approval(1), approval(2, digest=digest), approval(1, tag="other")))
    with pytest.raises(ValueError, match=r"two verdicts on .*/component-1 with the digest sha256:0"):
        Approvals(approvals=(approval(1), approval(1, verdict="refused")))


def test_the_line_of_an_approval_is_where_its_image_stands() -> None:
    text = approvals.text_of(Approvals(approvals=(*many(3).approvals, approval(1, tag=""))))
    lines = text.splitlines()
    found = approvals.lines_of(text.encode())
    assert len(found) == 4
    for (image, _, digest), line in found.items():
        assert lines[line - 1] == f'      "image": "{image}",'
        assert any(digest in each for each in lines[line : line + 2])


def test_the_lines_of_a_file_in_another_style_are_found_too() -> None:
    text = f"approvals:\n  - image: a/b\n    digest: {approval().digest}\n  - digest: {approval(2).digest}\n    image: a/c\n"
    assert approvals.lines_of(text.encode()) == {("a/b", "", approval().digest): 2, ("a/c", "", approval(2).digest): 4}


def test_a_tree_reads_the_approvals_of_an_environment_and_none_where_there_are_none(tmp_path: Path) -> None:
    tree = read_tree(tmp_path, {**SOUND, PATH: approvals.text_of(many(2)), approvals.path_of("testbed"): "approvals: 1\n"})
    assert tree.approvals("production") == many(2)
    assert tree.approvals("testbed") == tree.approvals("local") == Approvals()
    assert tree.files[PATH].complaints == ()


def test_facts_of_approvals_stay_small_in_the_cache(tmp_path: Path) -> None:
    data = approvals.text_of(many(50)).encode()
    first = FactReader(Cache(tmp_path), "tools")
    facts = first.read(PATH, data)
    first.save()
    assert facts == FileFacts(facts.sha256, data="sound")
    assert FactReader(Cache(tmp_path), "tools").read(PATH, data) == facts
    assert sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file()) < 1000


def test_a_file_as_it_is_written_is_never_read_as_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By way of YAML 5,000 approvals would take seconds."""

    def refuse(*_: object) -> None:
        pytest.fail("it was read as YAML")

    monkeypatch.setattr(documents, "parse", refuse)
    monkeypatch.setattr(documents, "parse_text", refuse)
    data = approvals.text_of(many(2)).encode()
    assert FactReader(Cache(tmp_path, enabled=False), "tools").read(PATH, data).complaints == ()
    assert approvals.read(data) == many(2)
    assert len(approvals.lines_of(data)) == 2
