"""tools/secrets.py as a person runs it, with a kubectl that is a small program, and with a folder."""

import base64
import json
import os
import pty
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.conftest import ROOT

SECRETS = ROOT / "tools" / "secrets.py"
GIVEN = "https://chat.example.org/RECOGNISABLE-given"
FORBIDDEN = 'Error from server (Forbidden): secrets is forbidden: User "me" cannot list resource "secrets"'

COMPONENT = """\
title: The web
description: A component for tests.
owner: platform
dependsOn: [namespaces]
secrets:
  - name: web
    namespace: apps
    why: For tests.
    keys:
      - name: password
        generate: {length: 32}
      - name: htpasswd
        htpasswd: {user: web, key: password}
      - name: webhook
        given: The chat's page.
  - name: copied
    namespace: default
    why: For tests.
    keys:
      - name: password
        copy: {secret: web, namespace: apps, key: password}
"""


class Cluster:
    """What the fake kubectl keeps."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.change(secrets={}, namespaces=["apps", "default"], faults={}, version=1)

    @property
    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads((self.folder / "state").read_text(encoding="utf-8"))
        return state

    @property
    def calls(self) -> str:
        return (self.folder / "calls").read_text(encoding="utf-8")

    def change(self, **parts: Any) -> None:
        state = self.state if (self.folder / "state").exists() else {}
        (self.folder / "state").write_text(json.dumps({**state, **parts}), encoding="utf-8")

    def value(self, name: str, key: str) -> str:
        return base64.b64decode(self.state["secrets"][name]["data"][key]).decode()

    @property
    def values(self) -> list[str]:
        bodies = self.state["secrets"].values()
        return [base64.b64decode(value).decode() for body in bodies for value in body["data"].values()]


Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def repository(platform: Path) -> Path:
    (platform / "base/web/component.yaml").write_text(COMPONENT, encoding="utf-8")
    return platform


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path / "cluster")


@pytest.fixture
def environment(repository: Path, cluster: Cluster, tmp_path: Path) -> dict[str, str]:
    program = tmp_path / "bin" / "kubectl"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\nexec '{sys.executable}' -IS '{ROOT}/tests/integration/fake_kubectl.py' \"$@\"\n")
    program.chmod(0o755)
    own = {"DARE_ROOT": str(repository), "FAKE_KUBECTL": str(cluster.folder)}
    return {**os.environ, **own, "PATH": f"{program.parent}:{os.environ['PATH']}"}


@pytest.fixture
def run(environment: dict[str, str]) -> Run:
    def call(*arguments: str | Path, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, SECRETS, *arguments],
            env={**environment, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return call


@pytest.fixture
def given(tmp_path: Path) -> Path:
    file = tmp_path / "given" / "apps" / "web" / "webhook"
    file.parent.mkdir(parents=True)
    file.write_text(f"{GIVEN}\n", encoding="utf-8")
    return tmp_path / "given"


HERE = ("--environment", "testbed", "--context", "testbed")


def test_generate_makes_all_and_a_second_run_does_nothing(run: Run, cluster: Cluster, given: Path) -> None:
    done = run("generate", *HERE, "--given", given)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "writing to the cluster https://cluster.example.org:6443 (context testbed)\n"
    assert "made  apps/web:password\n" in done.stdout
    assert cluster.value("apps/web", "webhook") == GIVEN
    assert cluster.value("default/copied", "password") == cluster.value("apps/web", "password")
    before = cluster.state
    again = run("generate", *HERE)
    assert again.returncode == 0
    assert again.stdout.startswith("0 keys made or rotated, 4 kept, 0 left to do")
    assert cluster.state == before


def test_what_the_operator_did_not_bring_is_missing_and_the_rest_is_made(run: Run, cluster: Cluster) -> None:
    done = run("generate", *HERE)
    assert done.returncode == 1
    assert "missing  apps/web:webhook" in done.stdout
    assert "to be given: The chat's page." in done.stdout
    assert set(cluster.state["secrets"]["apps/web"]["data"]) == {"password", "htpasswd"}


def test_no_value_reaches_output_arguments_environment_or_cache(
    run: Run, cluster: Cluster, given: Path, shared_cache: Path
) -> None:
    said, values = "", set()
    for arguments in (
        ("generate", *HERE, "--given", given),
        ("generate", *HERE, "--given", given, "--rotate", "apps/web", "--output", "json"),
        ("generate", *HERE, "--dry-run"),
        ("plan", *HERE, "--output", "json"),
        ("audit", *HERE, "--max-age", "1"),
        ("audit", *HERE, "--output", "json"),
    ):
        done = run(*arguments)
        assert done.returncode in (0, 1), done.stderr
        said += done.stdout + done.stderr
        values |= set(cluster.values)
    assert "apps/web:password" in said
    kept = b"".join(path.read_bytes() for path in (shared_cache / "results").rglob("*") if path.is_file())
    assert kept
    for value in values:
        for form in (value, base64.b64encode(value.encode()).decode()):
            assert form not in said
            assert form not in cluster.calls
            assert form.encode() not in kept


@pytest.mark.parametrize("verb", ["create", "replace", "get"])
def test_a_kubectl_that_says_what_it_was_given_is_masked(verb: str, run: Run, cluster: Cluster, given: Path) -> None:
    if verb == "replace":
        run("generate", *HERE)
    known = cluster.values
    cluster.change(faults={verb: "The Secret is invalid: {stdin} and https://chat.example.org/RECOGNISABLE-given"})
    done = run("generate", *HERE, "--given", given, "--rotate", "apps/web")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert f"error: kubectl {verb} failed: The Secret is invalid:" in done.stderr
    if verb != "get":
        for value in (GIVEN, *known):
            assert value not in done.stderr
            assert base64.b64encode(value.encode()).decode() not in done.stderr
        assert '"data": {"' in done.stderr
        assert '": "***"' in done.stderr


def test_a_bug_keeps_its_traceback_and_no_value(run: Run, cluster: Cluster, given: Path, tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import gitops.adapters.kubectl as k\n"
        "def write(self, change): raise RuntimeError(f'a bug with {change} {change.data}')\n"
        "k.Kubectl.write = write\n",
        encoding="utf-8",
    )
    done = run("generate", *HERE, "--given", given, PYTHONPATH=str(tmp_path))
    assert done.returncode == 3
    assert "RuntimeError: a bug with SecretChange" in done.stderr
    assert "RECOGNISABLE" not in done.stderr + done.stdout


def test_two_runs_at_once_agree(run: Run, cluster: Cluster, given: Path) -> None:
    ends: list[int] = []
    threads = [
        threading.Thread(target=lambda: ends.append(run("generate", *HERE, "--given", given).returncode)) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ends == [0, 0, 0]
    assert run("audit", *HERE).returncode == 0


def test_audit_tells_what_is_wrong(run: Run, cluster: Cluster, given: Path) -> None:
    assert run("generate", *HERE, "--given", given).returncode == 0
    clean = run("audit", *HERE, "--max-age", "30")
    assert (clean.returncode, clean.stdout.splitlines()[-1].split(":")[0]) == (0, "clean")
    secrets = cluster.state["secrets"]
    secrets["apps/web"]["data"]["extra"] = "eA=="
    secrets["default/copied"]["data"]["password"] = "eA=="
    gone = {**secrets["apps/web"], "metadata": {**secrets["apps/web"]["metadata"], "name": "gone"}}
    cluster.change(secrets={**secrets, "apps/gone": gone})
    done = run("audit", *HERE, "--output", "json")
    assert done.returncode == 1
    found = [(one["fault"], one["secret"], one["key"]) for one in json.loads(done.stdout)["findings"]]
    assert found == [("undeclared", "gone", None), ("extra-key", "web", "extra"), ("differs", "copied", "password")]


def test_plan_says_who_reads_what_and_needs_no_cluster(run: Run, repository: Path) -> None:
    deployment = repository / "base/web/deployment.yaml"
    text = deployment.read_text(encoding="utf-8")
    deployment.write_text(text.replace("envFrom:\n", "envFrom:\n            - secretRef:\n                name: web\n"))
    done = run("plan", "--environment", "testbed", PATH="/usr/bin:/bin", DARE_KUBECTL="")
    assert done.returncode == 0, done.stderr
    assert "  declared by web; read by web\n  password  32 random letters and digits\n" in done.stdout
    assert "htpasswd entry of the user web with the password in password" in done.stdout
    assert done.stdout.endswith("2 Secrets, 4 keys in testbed\n")


def test_plan_compares_with_a_cluster(run: Run) -> None:
    run("generate", *HERE)
    plan = json.loads(run("plan", *HERE, "--output", "json").stdout)
    states = {f"{secret['name']}:{key['name']}": key["state"] for secret in plan["secrets"] for key in secret["keys"]}
    assert states == {
        "web:password": "present",
        "web:htpasswd": "present",
        "web:webhook": "missing",
        "copied:password": "present",
    }


@pytest.mark.parametrize(
    ("arguments", "changes", "said"),
    [
        (["generate", "--environment", "testbed"], {}, "name either --context or --directory"),
        (["generate", "--environment", "testbet", "--context", "testbed"], {}, "did you mean 'testbed'?"),
        (["audit", "--environment", "testbed", "--context", "tested"], {}, "unknown context of the kubeconfig 'tested'"),
        (["generate", *HERE], {"namespaces": ["default"]}, "has no namespace apps; make them as Argo CD would"),
        (["generate", *HERE, "--rotate", "apps/wep"], {}, "unknown Secret 'apps/wep'; did you mean 'apps/web'?"),
        (["audit", *HERE], {"faults": {"get": FORBIDDEN}}, "context 'testbed' has not the rights for this: Error from"),
        (
            ["audit", *HERE],
            {"faults": {"get": "E1125 01:41:36.355466 21286 memcache.go:381] x\nThe connection to the server x was refused"}},
            "error: the cluster of context 'testbed' does not answer: The connection to the server x was refused\n",
        ),
    ],
)
def test_a_mistake_is_told(arguments: list[str], changes: dict[str, Any], said: str, run: Run, cluster: Cluster) -> None:
    cluster.change(**changes)
    done = run(*arguments)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert cluster.state["secrets"] == {}


def test_without_kubectl_it_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    done = run("audit", *HERE, PATH=str(tmp_path / "empty"))
    assert done.returncode == 2
    assert "error: kubectl is not on PATH" in done.stderr


def test_a_folder_gets_manifests_for_its_owner_alone(run: Run, tmp_path: Path, given: Path) -> None:
    folder = tmp_path / "vault" / "new"
    call = ("generate", "--environment", "testbed", "--directory", folder, "--given", given)
    assert run(*call, "--dry-run").returncode == 0
    assert not folder.exists()
    assert run(*call).returncode == 0
    modes = {path.relative_to(folder).as_posix(): stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}
    assert modes == {
        ".lock": 0o600,
        "apps": 0o700,
        "apps/web.yaml": 0o600,
        "default": 0o700,
        "default/copied.yaml": 0o600,
    }
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    body = yaml.safe_load((folder / "apps/web.yaml").read_text(encoding="utf-8"))
    assert (body["kind"], body["metadata"]["name"], body["metadata"]["namespace"]) == ("Secret", "web", "apps")
    assert base64.b64decode(body["data"]["webhook"]).decode() == GIVEN
    before = {path: path.read_bytes() for path in folder.rglob("*.yaml")}
    again = run(*call)
    assert again.stdout.startswith("0 keys made or rotated, 4 kept")
    assert {path: path.read_bytes() for path in folder.rglob("*.yaml")} == before
    run(*call, "--rotate", "apps/web:webhook")
    changed = {path.name for path, data in before.items() if path.read_bytes() != data}
    assert changed == {"web.yaml"}


@pytest.mark.parametrize("damage", ["kind: [RECOGNISABLE", "data: {password: RECOGNISABLE}", "- RECOGNISABLE"])
def test_a_file_that_is_no_secret_is_told_and_not_shown(damage: str, run: Run, tmp_path: Path) -> None:
    file = tmp_path / "vault" / "apps" / "web.yaml"
    file.parent.mkdir(parents=True)
    file.parent.parent.chmod(0o700)
    file.write_text(damage, encoding="utf-8")
    done = run("generate", "--environment", "testbed", "--directory", tmp_path / "vault")
    assert done.returncode == 2
    assert "web.yaml is no manifest of" in done.stderr
    assert "RECOGNISABLE" not in done.stderr
    assert file.read_text(encoding="utf-8") == damage


def test_no_folder_in_a_work_tree_and_none_that_others_read(run: Run, tmp_path: Path) -> None:
    inside = ROOT / "build" / "secrets"
    for options in (("--directory", inside), ("--directory", tmp_path / "vault", "--given", ROOT / "docs")):
        done = run("generate", "--environment", "testbed", *options)
        assert done.returncode == 2
        assert "lies in the Git work tree" in done.stderr
    assert not inside.exists()
    (tmp_path / "open").mkdir(mode=0o755)
    done = run("generate", "--environment", "testbed", "--directory", tmp_path / "open")
    assert done.returncode == 2
    assert "others may read or change" in done.stderr
    (tmp_path / "link").symlink_to(ROOT / "build")
    done = run("generate", "--environment", "testbed", "--directory", tmp_path / "link" / "x")
    assert "lies in the Git work tree" in done.stderr


def test_of_two_runs_into_one_folder_one_waits(run: Run, tmp_path: Path) -> None:
    import fcntl

    (tmp_path / "vault").mkdir(mode=0o700)
    with (tmp_path / "vault" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = run("generate", "--environment", "testbed", "--directory", tmp_path / "vault")
    assert done.returncode == 2
    assert "another run is writing to" in done.stderr


def test_a_terminal_is_asked_without_echo(environment: dict[str, str], cluster: Cluster) -> None:
    main, side = pty.openpty()
    command = [sys.executable, str(SECRETS), "generate", *HERE]
    with subprocess.Popen(command, env=environment, stdin=side, stdout=side, stderr=side, start_new_session=True) as process:
        os.close(side)
        said, deadline = "", time.monotonic() + 30
        while "leave it out" not in said and time.monotonic() < deadline:
            said += os.read(main, 1000).decode()
        time.sleep(0.3)  # getpass turns the echo off after it has asked
        os.write(main, f"{GIVEN}\n".encode())
        while True:
            try:
                read = os.read(main, 1000)
            except OSError:  # the other end is closed
                break
            if not read:
                break
            said += read.decode()
        code = process.wait(30)
    os.close(main)
    assert code == 0, said
    assert "apps/web:webhook (The chat's page.)" in said
    assert "RECOGNISABLE" not in said
    assert cluster.value("apps/web", "webhook") == GIVEN


def test_help_answers_at_once(run: Run) -> None:
    run("--help")
    started = time.perf_counter()
    assert run("generate", "--help").returncode == 0
    assert time.perf_counter() - started < 3  # 0.3 s on a machine that has nothing else to do
