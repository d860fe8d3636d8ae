"""``scan.py resolve`` on a small repository whose images lie in a real registry on loopback."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gitops.adapters.docker_config import DockerConfig
from gitops.adapters.http import Http
from gitops.adapters.registry import Registry
from gitops.adapters.resolution_store import ResolutionStore
from gitops.cli.scan import main
from gitops.models.oci import digest_of
from gitops.repository.pins import read_pins
from tests.support.images import ARM64, Contents, Image, image, index
from tests.support.registry import registry

NOW = "2026-11-24T12:00:00Z"
WEB = "overlays/testbed/web/kustomization.yaml"
OTHER_CONTENTS = Contents(release="3.21.0")

Resolve = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with registry(tmp_path_factory.mktemp("registry")) as running:
        yield running


@pytest.fixture
def path(request: pytest.FixtureRequest) -> str:
    """A folder of the registry for this test alone."""
    name: str = request.node.name
    return "".join(letter for letter in name.lower() if letter.isalnum())[:60]


@pytest.fixture
def push(host: str, path: str, tmp_path: Path) -> Callable[[Image, str, str], str]:
    client = Registry(Http(), DockerConfig({"DOCKER_CONFIG": str(tmp_path)}), lambda repository: repository)

    def put(pushed: Image, name: str, tag: str) -> str:
        return pushed.push(client, f"{host}/{path}/{name}", tag)

    return put


@pytest.fixture
def repository(platform: Path, host: str, path: str) -> Path:
    """The small repository, whose images come from registry.example.org: in truth the registry on loopback."""
    policy = {
        "severity": "critical",
        "unscanned": "refuse",
        "signature": {"required": False},
        "registries": ["registry.example.org"],
    }
    content = {
        "mirrors": {"registry.example.org": f"{host}/{path}"},
        "environments": {"testbed": policy, "production": policy},
    }
    (platform / "policies" / "images.yaml").write_text(json.dumps(content), encoding="utf-8")
    for environment in ("testbed", "production"):
        pin(platform, "newTag: '1.0'  # the first\n", environment=environment)
    return platform


def pin(root: Path, version: str, environment: str = "testbed") -> None:
    """Puts other lines in the place of the version of the overlay's only pin."""
    file = root / "overlays" / environment / "web" / "kustomization.yaml"
    text = re.sub(r"(    newName: .*\n)(    (newTag|digest|#).*\n)+", rf"\1    {version}", file.read_text(encoding="utf-8"))
    file.write_text(text, encoding="utf-8")


@pytest.fixture
def resolve(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Resolve:
    monkeypatch.setenv("DARE_ROOT", str(repository))
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path / "docker"))

    def run(*arguments: str) -> tuple[int, str]:
        code = main(["resolve", "--now", NOW, *arguments])
        told = capsys.readouterr()
        return code, told.out + told.err

    return run


def described(text: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(text)
    return read


def text_of(root: Path, file: str = WEB) -> str:
    return (root / file).read_text(encoding="utf-8")


def test_digests_go_into_the_overlays_and_a_second_run_changes_nothing(
    repository: Path, resolve: Resolve, push: Callable[..., str]
) -> None:
    digest = push(image(), "web", "1.0")
    files = (WEB, WEB.replace("testbed", "production"))
    before = {file: text_of(repository, file) for file in files}
    code, told = resolve("--write")
    assert code == 0, told
    assert told.endswith("1 image: 1 resolved; 2 digests put into 2 files\n")
    tag = "    newTag: '1.0'  # the first\n"
    for file, text in before.items():
        assert text_of(repository, file) == text.replace(tag, f"{tag}    digest: {digest}\n")
    after = text_of(repository)
    code, told = resolve("--write")
    assert (code, told) == (0, "1 image: 1 checked\n")
    assert text_of(repository) == after
    kept = ResolutionStore(repository / "build" / "images").resolution("registry.example.org/web:1.0")
    assert kept is not None
    assert (kept.digest, kept.when.isoformat()) == (digest, "2026-11-24T12:00:00+00:00")


def test_a_dry_run_shows_what_git_would_apply(
    repository: Path, resolve: Resolve, push: Callable[..., str], tmp_path: Path
) -> None:
    digest = push(image(), "web", "1.0")
    before = text_of(repository)
    code, told = resolve("--environment", "testbed", "--dry-run", "--output", f"json={tmp_path / 'told.json'}")
    assert (code, told) == (0, "")
    result = described((tmp_path / "told.json").read_text(encoding="utf-8"))
    assert text_of(repository) == before
    assert [edit["file"] for edit in result["edits"]] == [WEB]
    assert result["written"] is False
    subprocess.run(["git", "apply", "-"], cwd=repository, input=result["diff"].encode(), check=True)
    assert [one.digest for one in read_pins(text_of(repository), WEB)] == [digest]


def test_one_image_that_is_not_there_does_not_stop_the_others(
    repository: Path, resolve: Resolve, push: Callable[..., str]
) -> None:
    push(image(), "web", "1.0")
    pin(repository, "newTag: '2.0'\n", environment="production")
    code, told = resolve("--write")
    assert code == 1
    assert "failed    registry.example.org/web:2.0" in told
    assert "answered 404" in told
    assert "it is not there; correct name, tag or digest" in told
    assert "overlays/production/web/kustomization.yaml:9  production: Deployment apps/web" in told
    assert told.endswith("2 images: 1 resolved, 1 failed; 1 digest put into 1 file\n")
    assert "digest" not in text_of(repository, "overlays/production/web/kustomization.yaml")


def test_a_tag_that_moved_is_told_and_the_pin_stays(repository: Path, resolve: Resolve, push: Callable[..., str]) -> None:
    old = push(image(), "web", "1.0")
    assert resolve("--write")[0] == 0
    new = push(image(OTHER_CONTENTS), "web", "1.0")
    before = text_of(repository)
    code, told = resolve("--write")
    assert code == 0
    assert f"moved     registry.example.org/web:1.0@{old}" in told
    assert f"registry.example.org/web:1.0 leads to {new} by now. What is pinned stays" in told
    assert text_of(repository) == before
    result = described(resolve("--output", "json")[1])
    assert [(one["outcome"], one["digest"], one["now"]) for one in result["images"]] == [("moved", old, new)]


def test_a_digest_that_is_not_there_is_a_failure(repository: Path, resolve: Resolve, push: Callable[..., str]) -> None:
    push(image(), "web", "1.0")
    lost = digest_of(b"lost")
    for environment in ("testbed", "production"):
        pin(repository, f"newTag: '1.0'\n    digest: {lost}\n", environment=environment)
    code, told = resolve()
    assert code == 1
    assert f"failed    registry.example.org/web:1.0@{lost}" in told


@pytest.mark.parametrize("pushed", [index(image(platform=ARM64)), image(platform=ARM64), index()])
def test_an_image_without_our_platform_is_a_failure(
    pushed: Image, repository: Path, resolve: Resolve, push: Callable[..., str]
) -> None:
    push(pushed, "web", "1.0")
    before = text_of(repository)
    code, told = resolve("--write")
    assert code == 1
    assert "nothing in it runs on linux/amd64, as policies/images.yaml asks; choose another image" in told
    assert text_of(repository) == before


def test_the_manifest_of_each_platform_is_told(repository: Path, resolve: Resolve, push: Callable[..., str]) -> None:
    several = index(image(), image(platform=ARM64))
    digest = push(several, "web", "1.0")
    (told,) = described(resolve("--output", "json")[1])["images"]
    assert (told["digest"], told["platforms"]) == (digest, {"linux/amd64": several.children[0].digest})
    assert told["namedBy"][0] == {
        "environment": "production",
        "component": "web",
        "object": "Deployment apps/web",
        "file": "overlays/production/web/kustomization.yaml",
        "line": 9,
    }


def add(root: Path, name: str, text: str) -> None:
    """One more object for the component web."""
    (root / "base" / "web" / name).write_text(text, encoding="utf-8")
    file = root / "base" / "web" / "kustomization.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("  - ingress.yaml\n", f"  - ingress.yaml\n  - {name}\n"), encoding="utf-8"
    )


JOB = """\
apiVersion: v1
kind: ConfigMap
metadata:
  name: job
data:
  job.yaml: |
    apiVersion: batch/v1
    kind: Job
    metadata:
      name: job
    spec:
      template:
        spec:
          containers:
            - name: job
              image: {image}
"""


def test_an_image_in_a_text_is_told_with_the_line_to_edit(repository: Path, resolve: Resolve, push: Callable[..., str]) -> None:
    push(image(), "web", "1.0")
    digest = push(image(OTHER_CONTENTS), "job", "7")
    add(repository, "configmap.yaml", JOB.format(image="registry.example.org/job:7"))
    code, told = resolve("--environment", "testbed", "--write")
    assert code == 0, told
    assert f"by hand   registry.example.org/job:7@{digest}" in told
    assert (
        "base/web/configmap.yaml:16: no entry of images in overlays/testbed/web gives ConfigMap apps/job this image; add one, "
        "or write the digest here" in told
    )
    assert "registry.example.org/job:7\n" in text_of(repository, "base/web/configmap.yaml")


@pytest.mark.parametrize(
    ("named", "code", "says"),
    [
        ("environment", 0, "told      environment\n          it stands for an image, and no overlay says for which"),
        ("registry.example.org/job", 1, "failed    registry.example.org/job\n          it has neither tag nor digest"),
        ("registry.example.org/Job:1", 1, "failed    registry.example.org/Job:1\n          it is no image reference"),
    ],
)
def test_a_name_that_leads_to_no_image_is_told_and_not_asked_for(
    named: str, code: int, says: str, repository: Path, resolve: Resolve, push: Callable[..., str]
) -> None:
    push(image(), "web", "1.0")
    add(repository, "configmap.yaml", JOB.format(image=named))
    result = resolve("--environment", "testbed")
    assert result[0] == code
    assert says in result[1]
    assert "base/web/configmap.yaml:16  testbed: ConfigMap apps/job" in result[1]


def test_an_entry_without_a_tag_is_left_to_a_person(repository: Path, resolve: Resolve, push: Callable[..., str]) -> None:
    push(image(), "web", "1.0")
    deployment = repository / "base" / "web" / "deployment.yaml"
    deployment.write_text(
        text_of(repository, "base/web/deployment.yaml").replace("image: web", "image: web:1.0"), encoding="utf-8"
    )
    for environment in ("testbed", "production"):
        pin(repository, "# none\n", environment=environment)
    code, told = resolve("--environment", "testbed", "--write")
    assert code == 0, told
    assert f"{WEB}:8: the entry 'web' has no newTag; a digest alone would take the tag away, so set both" in told


def test_an_overlay_that_does_not_render_is_a_failure(repository: Path, resolve: Resolve, push: Callable[..., str]) -> None:
    push(image(), "web", "1.0")
    (repository / "overlays" / "production" / "web" / "ingress-patch.yaml").write_text("kind: [", encoding="utf-8")
    code, told = resolve()
    assert code == 1
    assert "failed    overlays/production/web\n          its images are not known" in told
    assert "1 overlay not rendered" in told


def test_without_the_mirrors_nothing_is_asked(repository: Path, resolve: Resolve) -> None:
    (repository / "policies" / "images.yaml").write_text("mirrors: [", encoding="utf-8")
    assert resolve() == (2, "error: policies/images.yaml is defective; 'tools/lint.py' tells what is wrong\n")


def test_a_mistake_in_the_call_is_told(resolve: Resolve) -> None:
    assert resolve("--environment", "testbet")[0] == 2
    assert resolve("--now", "yesterday")[0] == 2


def test_a_registry_that_nobody_runs_leaves_everything_as_it_is(
    repository: Path, resolve: Resolve, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies = repository / "policies" / "images.yaml"
    content = json.loads(policies.read_text(encoding="utf-8"))
    content["mirrors"] = {"registry.example.org": "127.0.0.1:9"}
    policies.write_text(json.dumps(content), encoding="utf-8")
    before = text_of(repository)
    code, told = resolve("--write")
    assert code == 1
    assert "can't be reached: Connection refused; try again later" in told
    assert text_of(repository) == before
    assert not (repository / "build").exists()


def test_a_file_that_cannot_be_written_leaves_all_as_they_were(
    repository: Path, resolve: Resolve, push: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    push(image(), "web", "1.0")
    before = {path: path.read_bytes() for path in repository.rglob("kustomization.yaml")}
    renamed: list[Path] = []
    rename = Path.replace

    def fail_at_the_second(self: Path, target: Path) -> Path:
        if target.name == "kustomization.yaml":
            renamed.append(target)
            if len(renamed) == 2:
                raise PermissionError(13, "Permission denied", str(target))
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", fail_at_the_second)
    code, told = resolve("--write")
    assert code == 2
    assert "can't be written: Permission denied; nothing was changed" in told
    assert len(renamed) == 3  # the first is put back
    assert {path: path.read_bytes() for path in before} == before
    assert not list(repository.rglob(".new-*"))


def test_the_rights_of_a_file_stay(repository: Path, resolve: Resolve, push: Callable[..., str]) -> None:
    push(image(), "web", "1.0")
    (repository / WEB).chmod(0o640)
    assert resolve("--write")[0] == 0
    assert (repository / WEB).stat().st_mode & 0o777 == 0o640
