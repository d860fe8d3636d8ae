"""What all tests share: the update switch for golden files, and a cache folder of their own."""

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis.configuration import set_hypothesis_home_dir

ROOT = Path(__file__).resolve().parents[1]

Golden = Callable[[str, str], None]

# The same examples in every run, no time limit for any, and no folder of found ones beside the sources.
settings.register_profile("repository", database=None, deadline=None, derandomize=True)
settings.load_profile("repository")
set_hypothesis_home_dir(Path(__file__).resolve().parents[1] / "build" / "hypothesis")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write golden files anew instead of comparing with them")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Compares a text with ``golden/<name>`` beside the test file; ``--update-golden`` writes it."""
    folder = request.path.parent / "golden"
    update = request.config.getoption("--update-golden")

    def compare(name: str, text: str) -> None:
        file = folder / name
        if update:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            return
        kept = file.read_text(encoding="utf-8") if file.exists() else ""
        if kept != text:
            lines = difflib.unified_diff(kept.splitlines(), text.splitlines(), "golden", "now", lineterm="")
            pytest.fail("\n".join([f"{file.relative_to(ROOT)} differs (pytest --update-golden accepts it):", *lines]))

    return compare


@pytest.fixture(autouse=True)
def _quiet_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the user's own set-up may decide a test."""
    ours = ("DARE_ROOT", "DARE_TIME_LIMIT", "DARE_KUSTOMIZE", "DARE_KUBECONFORM", "DARE_TARGET_BRANCH")
    registries = ("DOCKER_CONFIG", "DARE_REGISTRY", "DARE_REGISTRY_USER", "DARE_REGISTRY_PASSWORD", "DARE_CRANE", "DARE_TRIVY")
    network = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "http_proxy", "https_proxy", "no_proxy", "NO_PROXY")
    for name in (*ours, *registries, *network, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
