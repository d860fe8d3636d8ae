"""Credentials of registries: every form in which Docker keeps one, with helpers that are small scripts."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gitops.adapters.docker_config import Credential, DockerConfig
from gitops.models.errors import UserError
from gitops.models.secret import SecretValue

USER, PASSWORD = "reader", "s3cr3t-Passw0rd"
AUTH = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

Configured = Callable[..., DockerConfig]


@pytest.fixture
def configured(tmp_path: Path) -> Configured:
    def make(content: Any, **environment: str) -> DockerConfig:
        text = content if isinstance(content, str) else json.dumps(content)
        (tmp_path / "config.json").write_text(text, encoding="utf-8")
        return DockerConfig({"DOCKER_CONFIG": str(tmp_path), **environment})

    return make


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a script on PATH as ``docker-credential-test``; what it is called with goes to the file that is returned."""

    def put(script: str) -> Path:
        program = tmp_path / "docker-credential-test"
        told = tmp_path / "told"
        program.write_text(f'#!/bin/sh\necho "$* $(cat)" >> {told}\n{script}\n', encoding="utf-8")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
        return told

    return put


def shown(credential: Credential | None) -> tuple[str, str, bool] | None:
    return (credential.user, credential.secret.reveal().decode(), credential.is_token) if credential else None


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"auth": AUTH}, (USER, PASSWORD, False)),
        ({"username": USER, "password": PASSWORD}, (USER, PASSWORD, False)),
        ({"auth": AUTH, "identitytoken": "token"}, (USER, "token", True)),
        ({"auth": base64.b64encode(f"{USER}:a:b\0\0".encode()).decode()}, (USER, "a:b", False)),
        ({"auth": ""}, None),
        ({}, None),
    ],
)
def test_an_entry_of_the_file(entry: dict[str, str], expected: object, configured: Configured) -> None:
    assert shown(configured({"auths": {"quay.io": entry}}).of("quay.io")) == expected


@pytest.mark.parametrize(
    ("key", "host"),
    [
        ("quay.io", "quay.io"),
        ("https://quay.io/v2/", "quay.io"),
        ("http://127.0.0.1:5000", "127.0.0.1:5000"),
        ("https://index.docker.io/v1/", "docker.io"),
        ("docker.io", "docker.io"),
    ],
)
def test_a_key_may_have_a_scheme_and_a_path(key: str, host: str, configured: Configured) -> None:
    config = configured({"auths": {key: {"auth": AUTH}}})
    assert shown(config.of(host)) == (USER, PASSWORD, False)
    assert config.of(f"x{host}") is None


def test_a_helper_gets_the_host_on_its_standard_input_and_is_asked_once(
    configured: Configured, helper: Callable[[str], Path]
) -> None:
    told = helper(f'echo \'{{"ServerURL":"x","Username":"{USER}","Secret":"{PASSWORD}"}}\'')
    config = configured({"credHelpers": {"quay.io": "test"}, "credsStore": "absent"})
    for _ in range(2):
        assert shown(config.of("quay.io")) == (USER, PASSWORD, False)
    assert told.read_text(encoding="utf-8") == "get quay.io\n"


def test_a_store_for_all_hosts_knows_docker_hub_by_its_old_name(configured: Configured, helper: Callable[[str], Path]) -> None:
    told = helper('echo \'{"Username":"<token>","Secret":"identity"}\'')
    assert shown(configured({"credsStore": "test"}).of("docker.io")) == ("<token>", "identity", True)
    assert told.read_text(encoding="utf-8") == "get https://index.docker.io/v1/\n"


def test_what_a_helper_does_not_know_may_stand_in_the_file(configured: Configured, helper: Callable[[str], Path]) -> None:
    helper("echo credentials not found in native keychain; exit 1")
    config = configured({"credsStore": "test", "auths": {"quay.io": {"auth": AUTH}}})
    assert shown(config.of("quay.io")) == (USER, PASSWORD, False)
    assert config.of("docker.io") is None


@pytest.mark.parametrize(
    ("script", "says"),
    [
        (f"echo {PASSWORD}; echo {PASSWORD} >&2; exit 1", r"docker-credential-test failed for quay.io \(exit code 1\)"),
        (f"echo {PASSWORD}", "did not answer as a credential helper does"),
        (f'echo \'{{"Secret":"{PASSWORD}"}}\'', "no Username and Secret"),
        (f'echo \'{{"Username":"u","Secret":"{PASSWORD}\\nX-More: 1"}}\'', "a line break or another control character"),
    ],
)
def test_a_helper_that_fails_is_told_without_what_it_said(
    script: str, says: str, configured: Configured, helper: Callable[[str], Path]
) -> None:
    told = helper(script.replace("\\n", "\\\\n"))
    config = configured({"credsStore": "test"})
    for _ in range(2):
        with pytest.raises(UserError, match=says) as caught:
            config.of("quay.io")
        assert PASSWORD not in str(caught.value)
        assert PASSWORD not in repr(vars(config))
    assert told.read_text(encoding="utf-8").count("get") == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (f'{{"auths": {{"quay.io": {PASSWORD}', "is no JSON object"),
        ("[]", "is no JSON object"),
        ({"credsStore": "../../bin/sh"}, "names no credential helper for quay.io that could be a program"),
        ({"credHelpers": {"quay.io": "absent"}}, "docker-credential-absent.*can't be started"),
        ({"auths": {"quay.io": {"auth": PASSWORD}}}, "no base64 of user:password"),
    ],
)
def test_a_file_that_makes_no_sense_is_told_without_what_it_says(content: Any, says: str, configured: Configured) -> None:
    config = configured(content)
    with pytest.raises(UserError, match=says) as caught:
        config.of("quay.io")
    assert PASSWORD not in str(caught.value)
    assert PASSWORD not in repr(caught.value.__cause__)


def test_the_environment_gives_a_credential_for_one_host_alone(configured: Configured) -> None:
    ours = {"DARE_REGISTRY": "quay.io", "DARE_REGISTRY_USER": USER, "DARE_REGISTRY_PASSWORD": PASSWORD}
    config = configured({"auths": {"docker.io": {"auth": AUTH}}}, **ours)
    assert shown(config.of("quay.io")) == (USER, PASSWORD, False)
    assert config.of("registry.k8s.io") is None


@pytest.mark.parametrize("left_out", ["DARE_REGISTRY", "DARE_REGISTRY_USER", "DARE_REGISTRY_PASSWORD"])
def test_half_a_credential_in_the_environment_is_a_mistake(left_out: str, configured: Configured) -> None:
    ours = {"DARE_REGISTRY": "quay.io", "DARE_REGISTRY_USER": USER, "DARE_REGISTRY_PASSWORD": PASSWORD}
    del ours[left_out]
    with pytest.raises(UserError, match="only good together"):
        configured({}, **ours).of("quay.io")


def test_without_a_file_nothing_is_known(tmp_path: Path) -> None:
    assert DockerConfig({"DOCKER_CONFIG": str(tmp_path / "none")}).of("quay.io") is None


def test_a_credential_shows_itself_nowhere() -> None:
    credential = Credential(USER, SecretValue(PASSWORD.encode()))
    for text in (repr(credential), str(credential), f"{credential}", repr(credential.basic)):
        assert PASSWORD not in text
        assert AUTH not in text
    assert credential.basic.reveal().decode() == f"Basic {AUTH}"
