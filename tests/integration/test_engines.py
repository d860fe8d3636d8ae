"""kustomize and kubeconform that fail, hang or lie: a finding, and everything else is still checked."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gitops.repository.rendering import Renderer
from gitops.services.workspace import Workspace
from tests.integration.conftest import Lint

FakeProgram = Callable[[str, str], None]


def lines(result) -> list[str]:
    return [f"{finding.file}:{finding.line} {finding.rule} {finding.message}" for finding in result.findings]


def spoil_a_label(platform: Path) -> None:
    """Something else that is wrong, to see that it is still found."""
    service = platform / "base" / "other" / "service.yaml"
    service.write_text(service.read_text(encoding="utf-8").replace("spec:", "  labels: {a b: c}\nspec:", 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("kill -SEGV $$", "killed by signal 11"),
        ("exit 0", "gave no usable answer; it printed: nothing"),
        ('echo \'{"resources": [], "summary": {"valid": 0, "invalid": 0, "errors": 0, "skipped": 0}}\'', "answered for 0 of"),
        ('echo \'{"resources": [{"filename": "x"}]}\'', "gave no usable answer"),
        ("echo no schemas today >&2; exit 1", "it printed: no schemas today"),
        ("exit 7", "it said nothing (exit code 7)"),
    ],
    ids=["crashes", "prints nothing", "answers for nothing", "answers for others", "fails", "fails in silence"],
)
def test_kubeconform_that(script: str, said: str, platform: Path, run_lint: Lint, fake_program: FakeProgram) -> None:
    fake_program("DARE_KUBECONFORM", script)
    spoil_a_label(platform)
    result = run_lint(platform)
    engine = [finding for finding in result.findings if finding.rule == "SCHEMA004"]
    assert [finding.environment for finding in engine] == ["production", "testbed"]
    assert all(said in finding.message for finding in engine)
    assert {finding.rule for finding in result.findings} == {"SCHEMA004", "META002"}


def test_kubeconform_is_asked_again_after_a_failure(
    platform: Path, run_lint: Lint, fake_program: FakeProgram, programs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_program("DARE_KUBECONFORM", "exit 0")
    assert run_lint(platform, use_cache=True).errors == 2
    monkeypatch.setenv("DARE_KUBECONFORM", programs["DARE_KUBECONFORM"])
    assert run_lint(platform, use_cache=True).findings == ()


def test_kustomize_that_hangs_is_stopped(
    platform: Path, run_lint: Lint, fake_program: FakeProgram, programs: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DARE_TIME_LIMIT", "0.5")
    real = programs["DARE_KUSTOMIZE"]
    fake_program("DARE_KUSTOMIZE", f'grep -q testbed/web "$2/kustomization.yaml" && sleep 600; exec {real} "$@"')
    spoil_a_label(platform)
    result = run_lint(platform)
    assert "overlays/testbed/web/kustomization.yaml:1 RENDER001 did not end within 0.5 s" in lines(result)
    assert {finding.rule for finding in result.findings} == {"RENDER001", "META002"}


def test_kustomize_that_prints_half_a_document(platform: Path, run_lint: Lint, fake_program: FakeProgram) -> None:
    fake_program("DARE_KUSTOMIZE", "echo 'apiVersion: [v1'")
    result = run_lint(platform)
    assert len(result.findings) == 6
    assert all("kustomize printed what can't be read" in finding.message for finding in result.findings)


def test_kustomize_that_prints_nothing(platform: Path, run_lint: Lint, fake_program: FakeProgram) -> None:
    fake_program("DARE_KUSTOMIZE", "exit 0")
    result = run_lint(platform)
    assert {finding.rule for finding in result.findings} == {"RENDER002", "RENDER003"}
    assert result.errors


def test_what_only_the_built_kustomization_may_say_is_heeded(platform: Path, run_lint: Lint) -> None:
    file = platform / "overlays" / "testbed" / "web" / "kustomization.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "buildMetadata: [managedByLabel]\n", encoding="utf-8")
    workspace = Workspace(platform, use_cache=False)
    renderer = Renderer(workspace.tree, workspace.kustomize, workspace.cache, 2)
    (environment,) = renderer.render([workspace.tree.environments["testbed"]], lambda: None)
    labels = {resource.overlay.component: resource.metadata.get("labels", {}) for resource in environment.resources}
    assert labels["web"]["app.kubernetes.io/managed-by"] == "kustomize-v5.8.1"
    assert "app.kubernetes.io/managed-by" not in labels["other"]


def test_a_name_prefix_makes_no_patch_useless(platform: Path, run_lint: Lint) -> None:
    file = platform / "overlays" / "production" / "web" / "kustomization.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "namePrefix: my-\n", encoding="utf-8")
    assert run_lint(platform).findings == ()
