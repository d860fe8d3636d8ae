"""Credentials of registries, from where Docker keeps them, or from the environment.

Source: Docker's ``docker login`` (config.json: auths, credHelpers, credsStore) and the protocol of its credential helpers
(https://github.com/docker/docker-credential-helpers).
"""

import base64
import binascii
import json
import os
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gitops.adapters import command
from gitops.models.errors import UserError
from gitops.models.image import DEFAULT_REGISTRY
from gitops.models.secret import SecretValue
from gitops.models.values import mapping

HOST_VARIABLE = "DARE_REGISTRY"
USER_VARIABLE = "DARE_REGISTRY_USER"
PASSWORD_VARIABLE = "DARE_REGISTRY_PASSWORD"  # noqa: S105 - a name

# What Docker calls its own registry wherever it keeps a credential for it.
_DOCKER_HUB = "https://index.docker.io/v1/"
_TOKEN_USER = "<token>"  # noqa: S105 - a helper's word for: the secret is an identity token
_HELPER = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_HELPER_LIMIT = 60.0
_NOT_FOUND = "credentials not found"


@dataclass(frozen=True, slots=True)
class Credential:
    """Who asks a registry: a user with a password, or an identity token, which is given for tokens of single requests."""

    user: str
    secret: SecretValue
    is_token: bool = False

    @property
    def basic(self) -> SecretValue:
        """The value of the header ``Authorization`` for user and password."""
        return SecretValue(b"Basic " + base64.b64encode(self.user.encode() + b":" + self.secret.reveal()))


class Credentials(Protocol):
    """Where a registry's credential comes from."""

    def of(self, host: str) -> Credential | None: ...


class DockerConfig:
    """The credentials of ``config.json`` in ``DOCKER_CONFIG`` (else ``~/.docker``), else those of the environment for one host.

    A helper is asked once for a host. Raises ``UserError`` where the file or the variables make no sense: asked without the
    credential, a registry would tell of images that are not there.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = os.environ if environment is None else environment
        folder = self._environment.get("DOCKER_CONFIG")
        self._path = (Path(folder) if folder else Path("~/.docker").expanduser()) / "config.json"
        self._config: dict[str, Any] | None = None
        self._known: dict[str, Credential | str | None] = {}
        self._lock = threading.Lock()

    def of(self, host: str) -> Credential | None:
        """The credential for a registry (``quay.io``, ``127.0.0.1:5000``, ``docker.io``); None where there is none."""
        with self._lock:
            if host not in self._known:
                self._known[host] = self._found(host)
            known = self._known[host]
        if isinstance(known, str):
            raise UserError(known)
        return known

    def _found(self, host: str) -> Credential | str | None:
        """The credential, or why it can't be used: a helper that hangs is not asked again for the next image."""
        try:
            if self._config is None:
                self._config = self._read()
            return self._stored(self._config, host) or self._given(host)
        except UserError as error:
            return str(error)

    def _read(self) -> dict[str, Any]:
        try:
            config = json.loads(self._path.read_bytes())
        except (FileNotFoundError, NotADirectoryError):
            return {}
        except OSError as error:
            raise UserError(f"{self._path} can't be read: {error.strerror or error}") from error
        except ValueError:  # JSON's own message would hang the file's text on to the error
            config = None
        if not isinstance(config, dict):
            raise UserError(f"{self._path} is no JSON object; mend it, or have 'docker login' write it anew")
        return config

    def _stored(self, config: dict[str, Any], host: str) -> Credential | None:
        """A helper of this host's own, else the helper for all, else what stands in the file itself; as Docker looks for it."""
        helper = _own(mapping(config.get("credHelpers")), host) or config.get("credsStore")
        found = self._from_helper(helper, host) if helper else None
        return found or self._from_entry(_own(mapping(config.get("auths")), host), host)

    def _from_helper(self, helper: object, host: str) -> Credential | None:
        if not isinstance(helper, str) or not _HELPER.fullmatch(helper):
            raise UserError(
                f"{self._path} names no credential helper for {host} that could be a program: only A-Z a-z 0-9 . _ -"
            )
        program = f"docker-credential-{helper}"
        server = _DOCKER_HUB if host == DEFAULT_REGISTRY else host
        try:
            output = command.run([program, "get"], limit=_HELPER_LIMIT, accept=None, given=server.encode())
        except command.CommandFailed as error:
            raise UserError(f"{program}, which {self._path} names for {host}, {error.message}") from error
        if output.returncode != 0:
            if _NOT_FOUND in output.stdout:
                return None
            # What it said is not shown: nobody knows what a helper says.
            raise UserError(f"{program} failed for {host} (exit code {output.returncode}); 'docker login {host}' may mend it")
        try:
            told = json.loads(output.stdout)
        except ValueError:
            told = None
        user, secret = mapping(told).get("Username"), mapping(told).get("Secret")
        if not isinstance(user, str) or not isinstance(secret, str):
            raise UserError(f"{program} did not answer as a credential helper does for {host}: no Username and Secret")
        return self._credential(user, secret, host, is_token=user == _TOKEN_USER)

    def _from_entry(self, entry: object, host: str) -> Credential | None:
        told = mapping(entry)
        token, user, password, auth = (told.get(key) for key in ("identitytoken", "username", "password", "auth"))
        if isinstance(auth, str) and auth:
            user, password = self._decoded(auth, host)
        if isinstance(token, str) and token:
            return self._credential(user if isinstance(user, str) else "", token, host, is_token=True)
        if isinstance(user, str) and user and isinstance(password, str):
            return self._credential(user, password, host)
        return None

    def _decoded(self, auth: str, host: str) -> tuple[str, str]:
        try:
            text = base64.b64decode(auth, validate=True).decode()
        except (binascii.Error, ValueError):
            text = ""
        user, colon, password = text.partition(":")
        if not colon:
            raise UserError(f"{self._path}: the 'auth' of {host} is no base64 of user:password; 'docker login {host}' sets it")
        return user, password.strip("\0")  # Docker pads it

    def _given(self, host: str) -> Credential | None:
        ours, user, password = (self._environment.get(name) for name in (HOST_VARIABLE, USER_VARIABLE, PASSWORD_VARIABLE))
        if not user and not password:
            return None
        if not ours or not user or not password:
            raise UserError(
                f"{HOST_VARIABLE}, {USER_VARIABLE} and {PASSWORD_VARIABLE} are only good together: set all, or none"
            )
        return self._credential(user, password, host) if _normal(ours) == host else None

    def _credential(self, user: str, secret: str, host: str, *, is_token: bool = False) -> Credential:
        if not secret.isprintable() or not user.isprintable():
            raise UserError(f"the credential for {host} has a line break or another control character in it")
        return Credential(user, SecretValue(secret.encode()), is_token)


def _own(entries: dict[str, Any], host: str) -> Any:
    """The entry of one host; Docker also takes the key with a scheme and a path of its API."""
    return next((value for key, value in entries.items() if _normal(key) == host), None)


def _normal(key: str) -> str:
    """The host that a key of ``config.json`` speaks of."""
    host = key.removeprefix("https://").removeprefix("http://").rstrip("/").removesuffix("/v1").removesuffix("/v2")
    return DEFAULT_REGISTRY if host in ("index.docker.io", "registry-1.docker.io") else host
