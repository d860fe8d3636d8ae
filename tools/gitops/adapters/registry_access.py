"""Asking a registry as somebody: its challenges, tokens, and what its refusals mean.

Source: https://distribution.github.io/distribution/spec/auth/token/ and .../oauth/ (Bearer), RFC 7617 (Basic).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from urllib.parse import urlencode, urlsplit

from gitops.adapters.docker_config import HOST_VARIABLE, PASSWORD_VARIABLE, USER_VARIABLE, Credential, Credentials
from gitops.adapters.http import Answer, Http, HttpFailed, HttpFault, Request, base_url, loopback, place
from gitops.models.errors import UserError
from gitops.models.image import DEFAULT_REGISTRY
from gitops.models.secret import SecretValue
from gitops.models.values import mapping, sequence

CLIENT = "dare-gitops"
# Where Docker's own registry answers (https://docs.docker.com/docker-hub/); its name is that of a web site.
_DOCKER_HUB = "registry-1.docker.io"
_PART = re.compile(r'([A-Za-z]+)\s+(?=[A-Za-z_]+\s*=)|([A-Za-z_]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,]+)')
_CODE = re.compile(r"[A-Z][A-Z_]{2,63}")
_REFUSED = frozenset({401, 403, 412})  # 412: Harbor keeps back what its project's policy forbids
_NETWORK_FAULTS = {HttpFault.TOO_LARGE, HttpFault.ASTRAY}


class Reason(StrEnum):
    """Why a registry gave no answer that can be used."""

    DENIED = "denied"
    ABSENT = "absent"
    BUSY = "busy"
    BROKEN = "broken"
    WRONG = "wrong"


class RegistryFailed(Exception):
    """A registry gave no answer that can be used; the message says what was asked, what came and what to do.

    What could pass was tried several times before.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


@dataclass(frozen=True, slots=True)
class Repository:
    """Where images are really fetched: a host as it is spoken to, and a path on it. ``registry`` is the host's name."""

    registry: str
    path: str

    @classmethod
    def parse(cls, source: str) -> "Repository":
        """From ``registry/path``."""
        registry, _, path = source.partition("/")
        return cls(registry, path)

    @property
    def host(self) -> str:
        return _DOCKER_HUB if self.registry == DEFAULT_REGISTRY else self.registry

    def url(self, tail: str) -> str:
        """An address of the API, below ``/v2/<path>/``."""
        return f"{base_url(self.host)}/v2/{self.path}/{tail}"

    def __str__(self) -> str:
        return f"{self.registry}/{self.path}"


@dataclass(frozen=True, slots=True)
class Question:
    """A request to a repository, in words (``what``: "the manifest of …") and in HTTP; ``push`` where it changes something.

    Answers with a status of ``accept`` are given back; any other is a failure.
    """

    what: str
    request: Request
    push: bool = False
    accept: frozenset[int] = frozenset({200})


@dataclass(frozen=True, slots=True)
class _Challenge:
    scheme: str
    parameters: Mapping[str, str] = field(default_factory=dict)


class Access:
    """Asks registries, as nobody first and with a credential where they ask for one. Several threads may use it."""

    def __init__(self, http: Http, credentials: Credentials) -> None:
        self._http = http
        self._credentials = credentials
        self._known: dict[tuple[Repository, bool], SecretValue] = {}

    def ask(self, repository: Repository, question: Question) -> Answer:
        """The answer; raises ``RegistryFailed``."""
        ours = urlsplit(question.request.url).netloc == repository.host  # an upload may be sent elsewhere: without credential
        key = (repository, question.push)
        answer = self._send(question, question.request, self._known.get(key) if ours else None)
        if answer.status == 401 and ours:
            authorization = self._authorization(repository, question, answer)
            answer = self._send(question, question.request, authorization)
            if answer.status != 401:
                self._known[key] = authorization
        if answer.status not in question.accept:
            raise self._refusal(repository, question, answer)
        return answer

    def _send(self, question: Question, request: Request, authorization: SecretValue | None) -> Answer:
        try:
            return self._http.send(replace(request, authorization=authorization))
        except HttpFailed as failure:
            reason = Reason.WRONG if failure.fault in _NETWORK_FAULTS else Reason.BROKEN
            hint = "try again later" if failure.fault.transient else "see which proxy or mirror is in between"
            raise RegistryFailed(reason, f"{question.what}: {failure}; {hint}") from failure

    def _authorization(self, repository: Repository, question: Question, answer: Answer) -> SecretValue:
        """What a challenge asks for: a token, or user and password."""
        challenges = {one.scheme: one for one in _challenges(answer.header("WWW-Authenticate"))}
        try:
            credential = self._credentials.of(repository.registry)
        except UserError as error:
            raise RegistryFailed(Reason.DENIED, f"{question.what}: {error}") from error
        if "bearer" in challenges:
            return self._token(repository, question, challenges["bearer"].parameters, credential)
        if "basic" in challenges and credential and not credential.is_token:
            return credential.basic
        raise self._refusal(repository, question, answer)

    def _token(
        self, repository: Repository, question: Question, parameters: Mapping[str, str], credential: Credential | None
    ) -> SecretValue:
        """A token for this repository, given for the credential or to anybody."""
        realm = parameters.get("realm", "")
        parts = urlsplit(realm)
        trusted = parts.scheme == "https" or (parts.scheme == "http" and loopback(parts.netloc) and loopback(repository.host))
        if not trusted or "@" in parts.netloc:
            raise RegistryFailed(
                Reason.WRONG,
                f"{question.what}: {repository.registry} sends to {place(realm) if realm else 'no place'} for a token, which "
                "is no address that a credential may go to (https://…); see which proxy is in between",
            )
        wanted = parameters.get("scope") or f"repository:{repository.path}:{'pull,push' if question.push else 'pull'}"
        form = {"service": parameters["service"]} if "service" in parameters else {}
        answer = self._send(question, *_token_request(realm, {**form, "scope": wanted}, credential))
        if answer.status in (400, 401, 403):
            raise RegistryFailed(
                Reason.DENIED,
                f"{question.what}: {answer.place} gives no token ({answer.status}): {_remedy(repository, credential)}",
            )
        if answer.status != 200:
            raise self._refusal(repository, question, answer)
        token = _given_token(answer.data)
        if token is None:
            raise RegistryFailed(
                Reason.WRONG,
                f"{question.what}: {answer.place} answered without a token; see which proxy or sign-in page is in between",
            )
        return SecretValue(b"Bearer " + token)

    def _refusal(self, repository: Repository, question: Question, answer: Answer) -> RegistryFailed:
        """What a status means, and what to do."""
        told = f"{question.what}: {answer.place} answered {answer.status}{_code(answer.data)}"
        if answer.status == 412:
            return RegistryFailed(
                Reason.DENIED, f"{told}: a policy of the registry keeps the image back; see there what it found in the image"
            )
        if answer.status in _REFUSED:
            return RegistryFailed(Reason.DENIED, f"{told}: {_remedy(repository, self._credential(repository))}")
        if answer.status == 404:
            return RegistryFailed(Reason.ABSENT, f"{told}: it is not there; correct name, tag or digest, or push the image")
        if answer.status == 429:
            later = answer.header("Retry-After")
            asks = f" and asks to come back in {later} s" if later.isascii() and later.isdigit() else ""
            return RegistryFailed(
                Reason.BUSY, f"{told}{asks}: too many requests; try later, log in, or name a mirror in policies/images.yaml"
            )
        if answer.status >= 500:
            return RegistryFailed(Reason.BROKEN, f"{told}, several times: the registry or a proxy is not well; try again later")
        return RegistryFailed(Reason.WRONG, f"{told}, which makes no sense here; see which proxy or mirror is in between")

    def _credential(self, repository: Repository) -> Credential | None:
        try:
            return self._credentials.of(repository.registry)
        except UserError:
            return None


def _remedy(repository: Repository, credential: Credential | None) -> str:
    if credential is None:
        return (
            f"no credential for it is known, or there is no such image; 'docker login {repository.registry}' keeps one, or set "
            f"{HOST_VARIABLE}, {USER_VARIABLE} and {PASSWORD_VARIABLE}"
        )
    return (
        "the known credential is wrong, lapsed or not good for this, or there is no such image; log in anew, or ask its owner"
    )


def _token_request(realm: str, form: dict[str, str], credential: Credential | None) -> tuple[Request, SecretValue | None]:
    """The request for a token and its authorization: by a form for an identity token, else as a question."""
    if credential and credential.is_token:
        secret = credential.secret.reveal().decode()
        fields = {**form, "grant_type": "refresh_token", "client_id": CLIENT, "refresh_token": secret}
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return Request("POST", realm, headers, urlencode(fields).encode(), repeat=True), None
    url = f"{realm}{'&' if '?' in realm else '?'}{urlencode(form)}"
    return Request("GET", url), credential.basic if credential else None


def _given_token(data: bytes) -> bytes | None:
    try:
        told = mapping(json.loads(data))
    except (ValueError, RecursionError):
        return None
    token = told.get("token") or told.get("access_token")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or " " in token:
        return None
    return token.encode()


def _challenges(header: str) -> list[_Challenge]:
    """The challenges of ``WWW-Authenticate`` (RFC 9110, 11.6.1): one header may hold several."""
    found: list[tuple[str, dict[str, str]]] = []
    for scheme, name, value in _PART.findall(header):
        if scheme:
            found.append((scheme.lower(), {}))
        elif found:
            text = re.sub(r"\\(.)", r"\1", value[1:-1]) if value.startswith('"') else value
            found[-1][1].setdefault(name.lower(), text)
    return [_Challenge(scheme, parameters) for scheme, parameters in found]


def _code(data: bytes) -> str:
    """The registry's own word for its refusal, if it is one; nothing else of what it says goes into a message."""
    try:
        first = mapping(next(iter(sequence(mapping(json.loads(data)).get("errors"))), None)).get("code")
    except (ValueError, RecursionError):
        return ""
    return f" {first}" if isinstance(first, str) and _CODE.fullmatch(first) else ""
