"""The keys and certificates of one cluster, by openssl (3.0 or newer), for one run: they are thrown away with it."""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gitops.adapters import command
from gitops.models.errors import UserError

_LIMIT = 30.0
_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc")
# Everything is said on the command line: the machine's own openssl.cnf would add extensions of its own.
_CONFIGURATION = "[req]\ndistinguished_name = name\n[name]\n"


class Use(StrEnum):
    """What a certificate is for (RFC 5280, extended key usage)."""

    SERVER = "serverAuth"
    CLIENT = "clientAuth"


@dataclass(frozen=True, slots=True)
class KeyPair:
    """Two files in PEM."""

    certificate: Path
    key: Path


class Authority:
    """A certificate authority of its own in ``folder``; raises ``UserError`` where openssl is missing or too old."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._configuration = folder / "openssl.cnf"
        self._configuration.write_text(_CONFIGURATION, encoding="utf-8")
        usage = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign", "subjectKeyIdentifier=hash"]
        self.pair = self._request("ca", "/CN=e2e-ca", usage)

    def issue(self, name: str, subject: str, use: Use, names: Iterable[str] = ()) -> KeyPair:
        """A certificate for a subject (``/O=system:masters/CN=admin``) and alternative names (``IP:127.0.0.1``)."""
        extensions = [
            "basicConstraints=critical,CA:FALSE",
            "keyUsage=critical,digitalSignature",
            f"extendedKeyUsage={use}",
            "authorityKeyIdentifier=keyid",
        ]
        listed = ",".join(names)
        if listed:
            extensions.append(f"subjectAltName={listed}")
        return self._request(name, subject, extensions, "-CA", self.pair.certificate, "-CAkey", self.pair.key)

    def signing_key(self, name: str) -> tuple[Path, Path]:
        """A private and a public key, for the tokens of service accounts."""
        private, public = self._folder / f"{name}.key", self._folder / f"{name}.pub"
        _openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-out", private)
        _openssl("pkey", "-in", private, "-pubout", "-out", public)
        return private, public

    def kubeconfig(self, name: str, server: str, client: KeyPair, namespace: str = "default") -> Path:
        """Writes a kubeconfig that holds all it needs."""
        data = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {"name": "e2e", "cluster": {"server": server, "certificate-authority-data": _base64(self.pair.certificate)}}
            ],
            "users": [
                {
                    "name": name,
                    "user": {
                        "client-certificate-data": _base64(client.certificate),
                        "client-key-data": _base64(client.key),
                    },
                }
            ],
            "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": name, "namespace": namespace}}],
            "current-context": "e2e",
        }
        file = self._folder / f"{name}.kubeconfig"
        file.touch(mode=0o600)
        file.write_text(json.dumps(data, indent=2), encoding="utf-8")
        return file

    def _request(self, name: str, subject: str, extensions: Iterable[str], *signer: str | Path) -> KeyPair:
        pair = KeyPair(self._folder / f"{name}.crt", self._folder / f"{name}.key")
        added = [argument for extension in extensions for argument in ("-addext", extension)]
        options: tuple[str | Path, ...] = ("-config", self._configuration, "-days", "30", "-subj", subject, *added, *signer)
        _openssl("req", "-x509", *_KEY, *options, "-keyout", pair.key, "-out", pair.certificate)
        return pair


def _openssl(*arguments: str | Path) -> None:
    try:
        command.run(["openssl", *arguments], limit=_LIMIT)
    except command.CommandFailed as error:
        raise UserError(f"openssl 3.0 or newer is needed for the control plane's certificates: {error.message}") from error


def _base64(file: Path) -> str:
    return base64.b64encode(file.read_bytes()).decode("ascii")
