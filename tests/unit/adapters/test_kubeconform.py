"""kubeconform's answers, without kubeconform."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitops.adapters import command
from gitops.adapters.kubeconform import Complaint, Kubeconform
from gitops.repository import documents

Answer = Callable[[list[Path]], str]
SERVICE = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"}}
OTHER = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "db"}}


@pytest.fixture
def validate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[list[dict[str, Any]], Answer], list[Complaint]]:
    """Validates objects with a program that answers what the test says."""

    def call(objects: list[dict[str, Any]], answer: Answer) -> list[Complaint]:
        def run(arguments: list[str | Path], **options: object) -> command.Output:
            files = [Path(argument) for argument in arguments if str(argument).endswith(".yaml")]
            return command.Output(0, answer(files), "")

        monkeypatch.setattr(command, "run", run)
        return Kubeconform(tmp_path / "kubeconform", "v0", tmp_path).validate(objects, tmp_path)

    return call


def _entry(file: Path, name: str, status: str = "statusInvalid") -> dict[str, str]:
    return {"filename": str(file), "version": "v1", "kind": "Service", "name": name, "status": status, "msg": f"about {name}"}


def _answer(entries: list[dict[str, str]] | None, valid: int) -> str:
    summary = {"valid": valid, "invalid": len(entries or []), "errors": 0, "skipped": 0}
    return json.dumps({"resources": entries, "summary": summary})


def test_objects_without_a_complaint_are_right(validate: Any) -> None:
    assert validate([SERVICE, OTHER], lambda files: _answer(None, 2)) == []


def test_a_complaint_is_about_the_object_of_its_name(validate: Any) -> None:
    found = validate([SERVICE, OTHER], lambda files: _answer([_entry(files[0], "db")], 1))
    assert found == [Complaint(1, True, "about db")]


def test_an_error_is_no_verdict(validate: Any) -> None:
    found = validate([SERVICE], lambda files: _answer([_entry(files[0], "web", "statusError")], 0))
    assert found == [Complaint(0, False, "about web")]


def test_two_objects_of_one_name_are_told_apart(validate: Any) -> None:
    found = validate([SERVICE, OTHER, SERVICE], lambda files: _answer([_entry(files[1], "web")], 2))
    assert found == [Complaint(2, True, "about web")]


def test_complaints_come_in_the_order_of_the_objects(validate: Any) -> None:
    found = validate([SERVICE, OTHER], lambda files: _answer([_entry(files[0], "db"), _entry(files[0], "web")], 0))
    assert [complaint.index for complaint in found] == [0, 1]


def test_every_character_reaches_the_program(validate: Any) -> None:
    body = {**SERVICE, "data": {"a": "😀 \x7f\x85\u2028\ufeff \\ud83d\\ude00 \t\0"}}
    seen = []

    def answer(files: list[Path]) -> str:
        seen.append(documents.values(files[0].read_text(encoding="utf-8")))
        return _answer(None, 1)

    validate([body], answer)
    assert seen == [[body]]


def test_no_objects_need_no_program(validate: Any) -> None:
    assert validate([], lambda files: pytest.fail("it was called")) == []


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("panic: x", id="no JSON"),
        pytest.param("{}", id="no summary"),
        pytest.param("[]", id="a list"),
        pytest.param(_answer([], 1), id="an object less"),
        pytest.param(_answer([], 3), id="an object more"),
        pytest.param(_answer([_entry(Path("/other.yaml"), "web")], 1), id="a file that was not given"),
    ],
)
def test_an_answer_that_does_not_fit_is_a_failure(validate: Any, text: str) -> None:
    with pytest.raises(command.CommandFailed, match=r"kubeconform: (gave no usable answer|answered for)"):
        validate([SERVICE, OTHER], lambda files: text)
