"""The programs that Harbor's pods run, as they run them, against a small Harbor on loopback."""

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.conftest import ROOT
from tests.integration.fake_harbor import FakeHarbor

FILES = ROOT / "base" / "harbor"
COMMON = FILES / "policy" / "files" / "harbor.toml"
ADMIN = "Administrator1"
PASSWORDS = {"pull": "PullsImages1", "push": "PushesImages1"}


@pytest.fixture
def harbor() -> Iterator[FakeHarbor]:
    with FakeHarbor(ADMIN) as running:
        yield running


class Policy:
    """apply.py with the files of one environment, or with others."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.files = [COMMON, ROOT / "overlays" / "production" / "harbor" / "files" / "policy.toml"]
        self.passwords = dict(PASSWORDS)
        self.admin = ADMIN

    def apply(self) -> "subprocess.CompletedProcess[str]":
        (self.folder / "admin").write_text(self.admin, encoding="utf-8")
        for name, password in self.passwords.items():
            (self.folder / name).write_text(password, encoding="utf-8")
        environment = {
            **os.environ,
            "HARBOR_URL": self.url,
            "HARBOR_PASSWORD_FILE": str(self.folder / "admin"),
            "HARBOR_ROBOTS_FOLDER": str(self.folder),
        }
        call = [sys.executable, str(FILES / "policy" / "files" / "apply.py"), *map(str, self.files)]
        return subprocess.run(call, env=environment, capture_output=True, text=True, timeout=60, check=False)

    def applied(self) -> str:
        done = self.apply()
        assert done.returncode == 0, done.stderr
        return done.stdout

    def other(self, text: str) -> None:
        """Takes this text for the environment's own file."""
        own = self.folder / "policy.toml"
        own.write_text(text, encoding="utf-8")
        self.files = [COMMON, own]


@pytest.fixture
def policy(tmp_path: Path, harbor: FakeHarbor) -> Policy:
    return Policy(tmp_path, harbor.url)


@pytest.mark.parametrize("environment", ["production", "testbed"])
def test_an_empty_harbor_becomes_what_the_files_say(environment: str, harbor: FakeHarbor, policy: Policy) -> None:
    policy.files[1] = ROOT / "overlays" / environment / "harbor" / "files" / "policy.toml"
    policy.applied()
    metadata = harbor.projects["dare"]["metadata"]
    assert metadata["public"] == "false"
    assert metadata["prevent_vul"] == metadata["auto_scan"] == "true"
    assert metadata["severity"] == {"production": "high", "testbed": "critical"}[environment]
    assert metadata["enable_content_trust_cosign"] == {"production": "true", "testbed": "false"}[environment]
    assert [rule["tag_selectors"][0]["pattern"] for rule in harbor.rules.values()] == ["v*"]
    assert {robot["name"]: harbor.secrets[number] for number, robot in harbor.robots.items()} == {
        "robot$dare+pull": PASSWORDS["pull"],
        "robot$dare+push": PASSWORDS["push"],
    }
    actions = [[one["action"] for one in robot["permissions"][0]["access"]] for robot in harbor.robots.values()]
    assert actions == [["pull"], ["pull", "push"]]
    assert harbor.schedules["/system/scanAll/schedule"] == {"schedule": {"type": "Custom", "cron": "0 0 3 * * *"}}
    assert harbor.schedules["/system/gc/schedule"]["parameters"] == {"delete_untagged": True}


def test_a_second_run_changes_nothing(harbor: FakeHarbor, policy: Policy) -> None:
    policy.applied()
    harbor.writes.clear()
    assert policy.applied() == "Harbor is as described\n"
    assert harbor.writes == []


def test_what_somebody_changed_in_the_portal_is_changed_back(harbor: FakeHarbor, policy: Policy) -> None:
    policy.applied()
    harbor.projects["dare"]["metadata"].update(prevent_vul="false", public="true")
    harbor.projects["dare"]["cve_allowlist"]["items"] = [{"cve_id": "CVE-2021-44228"}]
    harbor.rules[1]["disabled"] = True
    harbor.robots[1]["permissions"][0]["access"].append({"resource": "repository", "action": "push"})
    harbor.robots[2]["disable"] = True
    harbor.secrets[2] = "Somebody's own 1"
    harbor.schedules["/system/scanAll/schedule"]["schedule"] = {"type": "None", "cron": ""}
    harbor.writes.clear()
    policy.applied()
    assert harbor.writes == [
        "PUT /api/v2.0/projects/dare",
        "PUT /api/v2.0/projects/dare/immutabletagrules/1",
        "PUT /api/v2.0/robots/1",
        "PUT /api/v2.0/robots/2",
        "PATCH /api/v2.0/robots/2",
        "PUT /api/v2.0/system/scanAll/schedule",
    ]
    harbor.writes.clear()
    policy.applied()
    assert harbor.writes == []


def test_a_new_password_in_the_secret_reaches_the_robot(harbor: FakeHarbor, policy: Policy) -> None:
    policy.applied()
    harbor.writes.clear()
    policy.passwords["push"] = "PushesImages2"
    assert "robot push: password set" in policy.applied()
    assert harbor.writes == ["PATCH /api/v2.0/robots/2"]
    assert harbor.secrets[2] == "PushesImages2"


def test_what_the_files_do_not_know_stays(harbor: FakeHarbor, policy: Policy) -> None:
    policy.applied()
    harbor.projects["dare"]["metadata"]["auto_sbom_generation"] = "true"
    harbor.robots[3] = {**harbor.robots[1], "id": 3, "name": "robot$dare+scanner"}
    harbor.secrets[3] = "Scanner1"
    before = dict(harbor.robots)
    policy.applied()
    assert harbor.robots == before
    assert harbor.projects["dare"]["metadata"]["auto_sbom_generation"] == "true"


def test_vulnerabilities_are_let_through_until_a_day_ends(harbor: FakeHarbor, policy: Policy) -> None:
    policy.other(
        '[project.metadata]\nseverity = "low"\n[allowlist]\ncves = ["CVE-2026-1", "CVE-2025-2"]\nlast_day = 2026-12-31\n'
    )
    policy.applied()
    kept = harbor.projects["dare"]["cve_allowlist"]
    assert kept["items"] == [{"cve_id": "CVE-2025-2"}, {"cve_id": "CVE-2026-1"}]
    assert kept["expires_at"] == 1798761600  # 2027-01-01 00:00 UTC
    harbor.writes.clear()
    policy.applied()
    assert harbor.writes == []


def test_a_vulnerability_without_a_last_day_is_refused(harbor: FakeHarbor, policy: Policy) -> None:
    policy.other('[allowlist]\ncves = ["CVE-2026-1"]\n')
    done = policy.apply()
    assert done.returncode == 1
    assert "without allowlist.last_day" in done.stderr
    assert harbor.writes == []


def test_a_value_in_both_files_is_refused(harbor: FakeHarbor, policy: Policy) -> None:
    policy.other("[project.metadata]\nprevent_vul = false\n")
    done = policy.apply()
    assert done.returncode == 1
    assert done.stderr == "project.metadata.prevent_vul stands in both files\n"
    assert harbor.writes == []


@pytest.mark.parametrize(
    ("admin", "push", "words"),
    [("Wrong1", "PushesImages1", "401"), (ADMIN, "alllowercase", "at least 1 uppercase letter")],
)
def test_what_harbor_refuses_is_said_in_its_words(admin: str, push: str, words: str, policy: Policy) -> None:
    policy.admin = admin
    policy.passwords["push"] = push
    done = policy.apply()
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_a_harbor_that_is_away_is_one_line(policy: Policy) -> None:
    policy.url = "http://127.0.0.1:1"
    done = policy.apply()
    assert done.returncode == 1
    assert done.stderr.startswith("error: http://127.0.0.1:1 does not answer")
    assert done.stderr.count("\n") == 1


def test_the_registrys_password_file_holds_the_password(tmp_path: Path) -> None:
    try:
        library = ctypes.CDLL("libcrypt.so.1")
    except OSError:
        pytest.skip("this machine has no libcrypt.so.1, which the image has")
    library.crypt.argtypes = [ctypes.c_char_p, ctypes.c_char_p]
    library.crypt.restype = ctypes.c_char_p
    (tmp_path / "password").write_text("RegistryPassword1\n", encoding="utf-8")
    lines = []
    for number in range(2):
        target = tmp_path / f"htpasswd-{number}"
        call = [sys.executable, str(FILES / "registry/files/htpasswd.py"), "harbor", str(tmp_path / "password"), str(target)]
        subprocess.run(call, timeout=60, check=True)
        lines.append(target.read_bytes())
    user, _, kept = lines[0].strip().partition(b":")
    assert user == b"harbor"
    assert kept.startswith(b"$2b$04$")
    assert library.crypt(b"RegistryPassword1", kept) == kept
    assert library.crypt(b"RegistryPassword2", kept) != kept
    assert lines[0] != lines[1]
