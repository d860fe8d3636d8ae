"""kustomize's paths, made relative to the root."""

import json
from pathlib import Path

import pytest

from gitops.adapters import command
from gitops.adapters.kustomize import Kustomize


@pytest.fixture
def kustomize(tmp_path: Path) -> Kustomize:
    (tmp_path / "repository").mkdir()
    (tmp_path / "scratch").mkdir()
    return Kustomize(tmp_path / "kustomize", "v0", tmp_path / "repository", tmp_path / "scratch")


@pytest.mark.parametrize("path", ["base/web/service.yaml", "overlays/test/web/kustomization.yaml"])
def test_an_origin_is_told_from_the_root(kustomize: Kustomize, path: str) -> None:
    assert kustomize.origin_path(f"../../repository/overlays/../{path}") == path


def test_a_folder_is_rendered_through_a_kustomization_that_asks_for_origins(
    kustomize: Kustomize, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = {}

    def run(arguments: list[str | Path], **options: object) -> command.Output:
        asked.update(json.loads((Path(arguments[2]) / "kustomization.yaml").read_text(encoding="utf-8")))
        asked["folder"] = str((Path(arguments[2]) / asked["resources"][0]).resolve())
        return command.Output(0, "kind: Service\n", "")

    monkeypatch.setattr(command, "run", run)
    top = {"buildMetadata": ["managedByLabel"], "sortOptions": {"order": "fifo"}}
    assert kustomize.render("overlays/test/web", top) == "kind: Service\n"
    assert asked["buildMetadata"] == ["managedByLabel", "originAnnotations"]
    assert asked["sortOptions"] == {"order": "fifo"}
    assert asked["folder"] == str(tmp_path / "repository/overlays/test/web")
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_message_names_no_absolute_path_and_no_wrapper(kustomize: Kustomize, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(arguments: list[str | Path], **options: object) -> command.Output:
        text = (Path(arguments[2]) / "kustomization.yaml").read_text(encoding="utf-8")
        target = json.loads(text)["resources"][0]
        root = Path(arguments[2]).parents[1] / "repository"
        raise command.CommandFailed(
            "kustomize",
            f"accumulating resources from '{target}': path '{root}/base/web' of '{arguments[2]}/kustomization.yaml'",
        )

    monkeypatch.setattr(command, "run", run)
    with pytest.raises(command.CommandFailed) as caught:
        kustomize.render("overlays/test/web", {})
    expected = "accumulating resources from 'overlays/test/web': path 'base/web' of 'kustomization.yaml'"
    assert caught.value.message == expected
