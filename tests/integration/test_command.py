"""tools/lint.py as a person or a pipeline runs it."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.integration.conftest import FIXTURES, ROOT, lay_over

LINT = ROOT / "tools" / "lint.py"


def run(*arguments: str, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, LINT, *arguments],
        cwd=cwd,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def broken(platform: Path) -> Path:
    lay_over(platform, FIXTURES / "defects" / "misspelt-field")
    return platform


def test_clean_is_0(platform: Path) -> None:
    done = run(DARE_ROOT=str(platform))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "clean: 6 overlays, 14 objects in production, testbed\n"


def test_findings_are_1(broken: Path) -> None:
    done = run(DARE_ROOT=str(broken))
    assert done.returncode == 1
    assert "base/web/deployment.yaml\n" in done.stdout
    assert "Did you mean 'image'?" in done.stdout


def test_warnings_alone_are_0(platform: Path) -> None:
    lay_over(platform, FIXTURES / "defects" / "api-deprecated")
    done = run(DARE_ROOT=str(platform))
    assert done.returncode == 0
    assert "2 warnings" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--environment", "testbet"], "error: unknown environment 'testbet'; did you mean 'testbed'?"),
        (["--output", "xml"], "'xml' is no format; there are text, json, sarif, junit, codequality"),
        (["--output", "json="], "names no file"),
        (["--output", "json", "--output", "sarif"], "only one report can go to standard output"),
        (["--output", "json=a", "--output", "sarif=./a"], "two reports are to go into one file"),
        (["--now", "tomorrow"], "'tomorrow' does not match the format '%Y-%m-%d'"),
        (["--jobs", "0"], "0 is not in the range 1<=x<=64"),
        (["--colour"], "No such option"),
        (["overlays"], "files, --policies and --kubernetes go with --manifests only"),
        (["--changed-since", "nope"], "no git work tree"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_in_the_call_is_2(arguments: list[str], said: str, platform: Path) -> None:
    done = run(*arguments, cwd=platform, DARE_ROOT=str(platform))
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == ""


def test_no_repository_is_2(tmp_path: Path) -> None:
    done = run(DARE_ROOT=str(tmp_path))
    assert done.returncode == 2
    assert "is no GitOps repository: it has no folder 'overlays'" in done.stderr


def test_a_program_that_is_not_there_is_2(platform: Path) -> None:
    done = run(DARE_ROOT=str(platform), DARE_KUSTOMIZE="/nowhere/kustomize")
    assert done.returncode == 2
    assert "DARE_KUSTOMIZE names '/nowhere/kustomize', which is no program that can be run" in done.stderr


def test_programs_that_are_not_built_are_2(platform: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DARE_KUSTOMIZE")
    done = run(DARE_ROOT=str(platform), DARE_CACHE=str(tmp_path / "empty"), PATH="/usr/bin:/bin")
    assert done.returncode == 2
    assert "kustomize v5.8.1 is not installed; run 'make setup'" in done.stderr


def test_a_bug_is_3_and_keeps_its_traceback(platform: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import sys; sys.modules['gitops.services.selection'] = None\n", encoding="utf-8"
    )
    done = run(DARE_ROOT=str(platform), PYTHONPATH=str(tmp_path))
    assert done.returncode == 3
    assert "Traceback" in done.stderr
    assert "this is a bug in the tool" in done.stderr


def test_several_reports_from_one_run(broken: Path, tmp_path: Path) -> None:
    formats = ("json", "sarif", "junit", "codequality")
    outputs = [part for name in formats for part in ("--output", f"{name}={tmp_path / 'new' / name}")]
    done = run("--output", "text", *outputs, DARE_ROOT=str(broken))
    assert done.returncode == 1
    assert "2 errors" in done.stdout
    report = json.loads((tmp_path / "new" / "json").read_text(encoding="utf-8"))
    assert set(report) == {"summary", "findings", "timings"}
    assert report["summary"]["errors"] == 2
    first = report["findings"][0]
    assert (first["file"], first["line"], first["rule"]) == ("base/web/deployment.yaml", 19, "SCHEMA001")
    assert first["object"] == {"apiVersion": "apps/v1", "kind": "Deployment", "namespace": "apps", "name": "web"}
    assert all((tmp_path / "new" / name).stat().st_size for name in formats)


def test_a_report_that_cannot_be_written_is_2_and_leaves_nothing(broken: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = run("--output", f"json={tmp_path / 'file' / 'report'}", DARE_ROOT=str(broken))
    assert done.returncode == 2
    assert "the report can't be written to" in done.stderr
    assert [path.name for path in tmp_path.iterdir() if path.name != "repository"] == ["file"]


def test_timings_go_to_standard_error(platform: Path) -> None:
    done = run("--output", "json", "--timings", DARE_ROOT=str(platform))
    assert json.loads(done.stdout)["summary"]["errors"] == 0
    assert "render" in done.stderr
    assert "total" in done.stderr


def test_a_reader_that_goes_away_is_no_bug(broken: Path) -> None:
    done = subprocess.run(
        ["/bin/sh", "-c", f"'{sys.executable}' '{LINT}' | true"],
        env={**os.environ, "DARE_ROOT": str(broken)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr


def test_it_runs_from_any_folder_with_any_python(tmp_path: Path) -> None:
    done = subprocess.run([LINT, "--help"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert "--changed-since REV" in done.stdout


def test_without_a_venv_it_says_what_to_do(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "tools", tmp_path / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run([tmp_path / "tools" / "lint.py"], cwd="/", capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert done.stderr == f"error: {tmp_path} has no .venv; run 'make setup' there\n"


def test_runs_at_once_share_one_cache(platform: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "DARE_ROOT": str(platform), "DARE_CACHE": str(tmp_path / "cache")}
    runs = [
        subprocess.Popen([sys.executable, LINT], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        for _ in range(4)
    ]
    ends = [(*one.communicate(timeout=120), one.returncode) for one in runs]
    assert ends == [("clean: 6 overlays, 14 objects in production, testbed\n", "", 0)] * 4
    left = [path for path in (tmp_path / "cache").rglob("*") if path.name.startswith((".new-", "render-", "objects-"))]
    assert left == []


def test_a_cache_that_cannot_be_written_is_no_failure(platform: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert run(DARE_ROOT=str(platform), DARE_CACHE=str(cache)).returncode == 0
    shutil.rmtree(cache / "results")
    (cache / "results").write_text("in the way", encoding="utf-8")
    assert run(DARE_ROOT=str(platform), DARE_CACHE=str(cache)).returncode == 0


def test_a_damaged_cache_entry_is_made_anew(broken: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    before = run(DARE_ROOT=str(broken), DARE_CACHE=str(cache))
    for path in (cache / "results").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[:-2])
    after = run(DARE_ROOT=str(broken), DARE_CACHE=str(cache))
    assert (after.returncode, after.stdout) == (before.returncode, before.stdout)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("program", ["DARE_KUSTOMIZE", "DARE_KUBECONFORM"])
def test_an_interrupted_run_leaves_no_process_behind(
    program: str, number: signal.Signals, platform: Path, tmp_path: Path, fake_program, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = f"{time.time_ns() % 10**9}"
    fake_program(program, f"exec sleep {marker}")
    monkeypatch.setenv("DARE_CACHE", str(tmp_path / "cache"))
    environment = {**os.environ, "DARE_ROOT": str(platform)}
    with subprocess.Popen([sys.executable, LINT], env=environment, stderr=subprocess.PIPE, text=True) as one:
        deadline = time.monotonic() + 20
        while not _running(marker) and time.monotonic() < deadline:
            time.sleep(0.05)
        assert _running(marker)
        one.send_signal(number)
        _, said = one.communicate(timeout=20)
    assert (one.returncode, said.strip()) == (130, "interrupted")
    assert not _running(marker)


def _running(marker: str) -> bool:
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if process.read_bytes().split(b"\0")[:2] == [b"sleep", marker.encode()]:
                return True
        except OSError:
            continue
    return False


NO_NETWORK = pytest.mark.skipif(
    subprocess.run(["unshare", "-rn", "true"], capture_output=True, check=False).returncode != 0,
    reason="this machine makes no network namespaces (unshare -rn)",
)


@NO_NETWORK
def test_it_needs_no_network(broken: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        ["unshare", "-rn", sys.executable, LINT],
        env={**os.environ, "DARE_ROOT": str(broken), "DARE_CACHE": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    assert "Did you mean 'image'?" in done.stdout


@NO_NETWORK
def test_make_check_needs_no_network_once_everything_is_set_up() -> None:
    done = subprocess.run(
        ["unshare", "-rn", "make", "--no-print-directory", "check", f"PYTHON={sys.executable}"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "\nclean" in done.stdout


def test_a_rule_is_explained() -> None:
    done = run("--explain", "img002")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == (ROOT / "docs/rules/IMG002.md").read_text(encoding="utf-8")


def test_an_unknown_rule_is_2_and_says_which_there_are() -> None:
    done = run("--explain", "META02")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: unknown rule 'META02'; did you mean 'META002'")
    assert "The rules are API001, " in done.stderr


def test_what_is_silenced_is_listed(broken: Path, tmp_path: Path) -> None:
    waiver = "{rules: [SCHEMA001], objects: [Deployment/web], owner: platform, reason: r, ticket: '#7', expires: 2026-12-31}"
    (broken / "policies/waivers.yaml").write_text(f"waivers:\n  - {waiver}\n", encoding="utf-8")
    outputs = ["--output", "text", "--output", f"json={tmp_path / 'waivers.json'}"]
    done = run("--waivers", "--now", "2026-12-01", *outputs, DARE_ROOT=str(broken))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("SCHEMA001, until 2026-12-31 (30 days left), owner platform\n")
    assert done.stdout.endswith("1 waiver: 2 findings silenced\n")
    (listed,) = json.loads((tmp_path / "waivers.json").read_text(encoding="utf-8"))["waivers"]
    assert (listed["ticket"], len(listed["silenced"])) == ("#7", 2)


def test_a_list_of_waivers_has_no_other_format(platform: Path) -> None:
    done = run("--waivers", "--output", "junit", DARE_ROOT=str(platform))
    assert (done.returncode, done.stderr) == (2, "error: --waivers has no format 'junit'; there are text, json\n")
