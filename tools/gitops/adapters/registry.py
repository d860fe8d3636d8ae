"""Registries of images: manifests, blobs and what refers to them.

Source: OCI distribution specification 1.1 (https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md). Who asks,
and what a refusal means, is in ``registry_access.py``.
"""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote, urljoin, urlsplit

from gitops.adapters.docker_config import Credentials
from gitops.adapters.http import MEBIBYTE, Answer, Http, Request, place
from gitops.adapters.registry_access import Access, Question, Reason, RegistryFailed, Repository
from gitops.models.image import ImageReference
from gitops.models.oci import (
    CONFIG_TYPES,
    MANIFEST_TYPES,
    OCI_INDEX,
    Descriptor,
    MalformedManifest,
    Manifest,
    digest_of,
    has_digest,
    is_digest,
    platform_of,
)

__all__ = ["Reason", "Registry", "RegistryFailed", "referrers_tag"]

MANIFEST_LIMIT = 4 * MEBIBYTE  # what the specification has registries take at least; none is near it
BLOB_LIMIT = 32 * MEBIBYTE  # of what is read here: configurations, signatures; layers are the scanner's
_SLOWEST_START, _SLOWEST = 300.0, 50_000.0  # seconds, and bytes a second: what comes slower does not come to an end
_ACCEPT = ", ".join(MANIFEST_TYPES)
_DIGEST_HEADER = "Docker-Content-Digest"
_MOST_PAGES = 100
_UPLOADS = 3
_NEXT = re.compile(r'<([^<>]+)>\s*;[^,]*\brel="?next"?')
_OK_OR_ABSENT = frozenset({200, 404})


class Registry:
    """Images by their names in the overlays; ``source`` says where those of ``registry/path`` are really fetched (a mirror).

    What is fetched by digest is held against it. All methods raise ``RegistryFailed``; several threads may call them.
    """

    def __init__(self, http: Http, credentials: Credentials, source: Callable[[str], str]) -> None:
        self._http = http
        self._access = Access(http, credentials)
        self._source = source

    def stop(self) -> None:
        """Ends all waiting between tries, for a run that was interrupted."""
        self._http.stop()

    def manifest(self, image: ImageReference) -> Manifest:
        """The manifest or index that a reference leads to: by its digest if it has one, else by its tag."""
        repository = self._repository(image.repository)
        request = Request("GET", self._address(repository, image), {"Accept": _ACCEPT}, limit=MANIFEST_LIMIT)
        answer = self._access.ask(repository, Question(str(image), request))
        return _manifest(str(image), answer, image.digest)

    def digest(self, image: ImageReference) -> str:
        """Where the tag leads now, without fetching it: Docker Hub counts what is fetched, not what is asked."""
        tagged = replace(image, digest=None)
        repository = self._repository(tagged.repository)
        request = Request("HEAD", self._address(repository, tagged), {"Accept": _ACCEPT})
        told = self._access.ask(repository, Question(str(tagged), request)).header(_DIGEST_HEADER)
        return told if is_digest(told) else self.manifest(tagged).digest

    def tag_exists(self, image: ImageReference) -> bool:
        """Whether the tag of a reference is there."""
        tagged = replace(image, digest=None)
        repository = self._repository(tagged.repository)
        request = Request("HEAD", self._address(repository, tagged), {"Accept": _ACCEPT})
        return self._access.ask(repository, Question(str(tagged), request, accept=_OK_OR_ABSENT)).status == 200

    def children(self, manifest: Manifest) -> tuple[Descriptor, ...]:
        """The manifests of an index, each with its platform; nothing for an image."""
        return manifest.children

    def platforms(self, image: ImageReference, manifest: Manifest) -> tuple[Descriptor, ...]:
        """What runs on which platform: the children of an index; else the image itself, whose configuration tells."""
        if manifest.is_index:
            return manifest.children
        config = manifest.config
        if config.media_type not in CONFIG_TYPES:
            raise RegistryFailed(
                Reason.WRONG,
                f"{image}: it is no image but something else that lies in a registry ({config.media_type}); correct its name",
            )
        try:
            platform = platform_of(json.loads(self.blob(image.repository, config.digest)))
        except (ValueError, RecursionError, MalformedManifest):
            raise RegistryFailed(
                Reason.WRONG, f"{image}: its configuration is not JSON that names a platform; push it anew"
            ) from None
        return (Descriptor(manifest.media_type, manifest.digest, len(manifest.data), platform),)

    def blob(self, repository: str, digest: str, limit: int = BLOB_LIMIT) -> bytes:
        """A blob of ``registry/path``."""
        fetched = self._repository(repository)
        what = f"{repository}@{digest}"
        answer = self._access.ask(fetched, Question(what, Request("GET", fetched.url(f"blobs/{digest}"), limit=limit)))
        if not has_digest(answer.data, digest):
            raise _mismatch(what, answer)
        return answer.data

    def save_blob(self, repository: str, blob: Descriptor, path: Path) -> None:
        """A blob of ``registry/path`` into a file, however large it is."""
        fetched = self._repository(repository)
        what = f"{repository}@{blob.digest}"
        whole = _SLOWEST_START + blob.size / _SLOWEST
        request = Request("GET", fetched.url(f"blobs/{blob.digest}"), limit=blob.size, into=path, whole=whole)
        answer = self._access.ask(fetched, Question(what, request))
        if not _file_has_digest(path, blob.digest):
            path.unlink()
            raise _mismatch(what, answer)

    def referrers(self, image: ImageReference, digest: str) -> tuple[Descriptor, ...]:
        """What says of itself that it belongs to a manifest (signatures, SBOMs): from the registry's list, else from the tag
        that stands in for it where a registry keeps no such list."""
        repository = self._repository(image.repository)
        what = f"what belongs to {image.repository}@{digest}"
        found: list[Descriptor] = []
        url = repository.url(f"referrers/{digest}")
        for _ in range(_MOST_PAGES):
            request = Request("GET", url, {"Accept": OCI_INDEX}, limit=MANIFEST_LIMIT)
            answer = self._access.ask(repository, Question(what, request, accept=_OK_OR_ABSENT))
            if answer.status == 404:
                return self._tagged_referrers(image, digest)
            found += _index(what, _manifest(what, answer, None)).children
            after = _NEXT.search(answer.header("Link"))
            if after is None:
                return tuple(found)
            url = urljoin(url, after[1])
            if urlsplit(url).netloc != repository.host:
                raise RegistryFailed(Reason.WRONG, f"{what}: the list goes on at {place(url)}, which is another host")
        raise RegistryFailed(Reason.WRONG, f"{what}: the list has more than {_MOST_PAGES} pages; nobody can have made so many")

    def put_blob(self, repository: str, data: bytes, media_type: str = "application/octet-stream") -> Descriptor:
        """Stores a blob, unless it is there, and gives a reference to it."""
        target = self._repository(repository)
        blob = Descriptor(media_type, digest_of(data), len(data))
        for left in reversed(range(_UPLOADS)):
            try:
                self._upload(target, f"a blob for {repository}", blob.digest, data)
                break
            except RegistryFailed as failure:
                # The last part of an upload can't be asked twice: its address is gone after the first time.
                if failure.reason is not Reason.BROKEN or not left:
                    raise
        return blob

    def put_manifest(self, repository: str, reference: str, media_type: str, data: bytes) -> str:
        """Stores a manifest under a tag or its digest; returns its digest.

        If it says that it belongs to another one (``subject``), ``referrers`` finds it afterwards, also at a registry that
        keeps no list of its own.
        """
        target = self._repository(repository)
        what = f"{repository}{'@' if is_digest(reference) else ':'}{reference}"
        try:
            manifest = Manifest.read(media_type, digest_of(data), data)
        except MalformedManifest as error:
            raise RegistryFailed(Reason.WRONG, f"{what}: not pushed, since it is malformed: {error}") from None
        request = Request("PUT", target.url(f"manifests/{reference}"), {"Content-Type": media_type}, data)
        answer = self._access.ask(target, Question(what, request, push=True, accept=frozenset({201})))
        told = answer.header(_DIGEST_HEADER)
        if told and not has_digest(data, told):
            raise _mismatch(what, answer)
        if "subject" in manifest.content and not answer.header("OCI-Subject"):
            self._list_by_tag(repository, manifest)
        return manifest.digest

    def _list_by_tag(self, repository: str, manifest: Manifest) -> None:
        """Adds to the tag's index what the registry did not note by itself; the specification asks this of clients."""
        subject = Descriptor.read(manifest.content["subject"])
        image = ImageReference.parse(repository)
        listed = self._tagged_referrers(image, subject.digest)
        artifact = manifest.content.get("artifactType") or ("" if manifest.is_index else manifest.config.media_type)
        annotations = manifest.content.get("annotations") or {}
        ours = Descriptor(manifest.media_type, manifest.digest, len(manifest.data), "", artifact, annotations)
        if ours.digest in {one.digest for one in listed}:
            return
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": [one.written() for one in (*listed, ours)]}
        self.put_manifest(repository, referrers_tag(subject.digest), OCI_INDEX, json.dumps(index).encode())

    def _tagged_referrers(self, image: ImageReference, digest: str) -> tuple[Descriptor, ...]:
        tagged = replace(image, tag=referrers_tag(digest), digest=None)
        try:
            return _index(str(tagged), self.manifest(tagged)).children
        except RegistryFailed as failure:
            if failure.reason is Reason.ABSENT:
                return ()
            raise

    def _upload(self, target: Repository, what: str, digest: str, data: bytes) -> None:
        there = Question(what, Request("HEAD", target.url(f"blobs/{digest}")), push=True, accept=_OK_OR_ABSENT)
        if self._access.ask(target, there).status == 200:
            return
        start = Request("POST", target.url("blobs/uploads/"), {"Content-Length": "0"}, repeat=True)
        begun = self._access.ask(target, Question(what, start, push=True, accept=frozenset({202})))
        url = urljoin(start.url, begun.header("Location"))
        if not begun.header("Location") or (urlsplit(start.url).scheme, urlsplit(url).scheme) == ("https", "http"):
            raise RegistryFailed(Reason.WRONG, f"{what}: {begun.place} names no place for it that is as safe as its own")
        url += f"{'&' if '?' in url else '?'}digest={quote(digest, safe='')}"
        put = Request("PUT", url, {"Content-Type": "application/octet-stream"}, data, repeat=False)
        self._access.ask(target, Question(what, put, push=True, accept=frozenset({201})))

    def _repository(self, repository: str) -> Repository:
        return Repository.parse(self._source(repository))

    @staticmethod
    def _address(repository: Repository, image: ImageReference) -> str:
        return repository.url(f"manifests/{image.digest or image.effective_tag}")


def referrers_tag(digest: str) -> str:
    """The tag of the index that lists what belongs to a manifest, at registries without a list of their own."""
    return digest.replace(":", "-", 1)


def _manifest(what: str, answer: Answer, digest: str | None) -> Manifest:
    """The manifest in an answer, held against the digest that was asked for, or that the registry tells."""
    media_type = answer.header("Content-Type").partition(";")[0].strip().lower()
    if media_type not in MANIFEST_TYPES:
        kind = f"'{media_type}'" if re.fullmatch(r"[a-z0-9.+/-]{1,100}", media_type) else "no known type"
        raise RegistryFailed(
            Reason.WRONG,
            f"{what}: {answer.place} answered with {kind} and not with a manifest; see which proxy or sign-in page is in "
            "between, or push the image anew if it is of Docker's first schema",
        )
    told = answer.header(_DIGEST_HEADER)
    for wanted in (digest, told):
        if wanted and not has_digest(answer.data, wanted):
            raise _mismatch(what, answer)
    try:
        return Manifest.read(media_type, digest or digest_of(answer.data), answer.data)
    except MalformedManifest as error:
        raise RegistryFailed(
            Reason.WRONG, f"{what}: {answer.place} answered with a malformed manifest: {error}; push it anew"
        ) from None


def _file_has_digest(path: Path, digest: str) -> bool:
    algorithm, _, encoded = digest.partition(":")
    with path.open("rb") as file:
        return is_digest(digest) and hashlib.file_digest(file, algorithm).hexdigest() == encoded


def _index(what: str, manifest: Manifest) -> Manifest:
    if not manifest.is_index:
        raise RegistryFailed(
            Reason.WRONG, f"{what}: the list is no index but a {manifest.media_type}; remove it at the registry"
        )
    return manifest


def _mismatch(what: str, answer: Answer) -> RegistryFailed:
    return RegistryFailed(
        Reason.WRONG,
        f"{what}: the bytes that {answer.place} sent are not those of the digest; do not run them, and tell whoever runs the "
        "registry or the proxy in between",
    )
