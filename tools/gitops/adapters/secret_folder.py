"""Secrets as manifests in a folder, one file each, for whoever keeps them in a vault before a cluster gets them."""

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from gitops.adapters import secret_manifest
from gitops.models.errors import UserError
from gitops.models.secret import KeyName, SecretChange, SecretChanged, SecretName, SecretValue, StoredSecret
from gitops.models.values import mapping

_OTHERS = 0o077
_LOCK = ".lock"


class SecretFolder:
    """``<folder>/<namespace>/<name>.yaml``, readable by their owner alone."""

    def __init__(self, folder: Path) -> None:
        """Raises ``UserError`` where the folder lies in a Git work tree, or others may read it."""
        self._folder = Path(os.path.realpath(folder))
        refuse_work_tree(self._folder)
        if self._folder.exists() and self._folder.stat().st_mode & _OTHERS:
            raise UserError(f"others may read or change {folder}; run 'chmod 700 {folder}' first")

    def __str__(self) -> str:
        return f"the folder {self._folder}"

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Makes the folder, and keeps other runs out until the end; raises ``UserError`` where one is at work.

        A run that dies leaves no lock.
        """
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self._folder / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise UserError(f"{self._folder} can't be written to: {error.strerror or error}") from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise UserError(f"another run is writing to {self._folder}; wait for it") from None
        try:
            yield
        finally:
            os.close(handle)

    def read(self, names: Iterable[SecretName], advance: Callable[[], None]) -> dict[SecretName, StoredSecret]:
        """Those of the Secrets that are there; raises ``UserError`` for a file that holds something else."""
        found = {}
        for name in names:
            path = self._path(name)
            if path.exists():
                found[name] = _read(path, name)
            advance()
        return found

    def namespaces(self, names: Iterable[str]) -> frozenset[str]:
        """All of them: a folder needs no namespace."""
        return frozenset(names)

    def write(self, change: SecretChange) -> None:
        """Writes a whole file or none."""
        path = self._path(change.name)
        if path.exists() and change.old is None:
            raise SecretChanged(str(path))
        text = yaml.safe_dump(secret_manifest.changed(change), sort_keys=False)
        temporary = path.with_name(f".new-{path.name}")
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            temporary.unlink(missing_ok=True)  # of a run that was killed: the lock tells that there is no other
            with os.fdopen(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise UserError(f"{path} can't be written: {error.strerror or error}") from None

    def _path(self, name: SecretName) -> Path:
        return self._folder / name.namespace / f"{name.name}.yaml"


def refuse_work_tree(folder: Path) -> None:
    """Raises ``UserError`` where a folder lies in a Git work tree: one ``git add .`` would publish what is in it."""
    for place in (folder, *folder.parents):
        if (place / ".git").exists():
            raise UserError(f"{folder} lies in the Git work tree {place}; secrets belong outside of any")


def read_given(folder: Path, key: KeyName) -> SecretValue | None:
    """The value in ``<folder>/<namespace>/<name>/<key>``, or None where there is no such file; raises ``UserError``.

    The newline that an editor puts behind a single line is no part of the value.
    """
    path = folder / key.secret.namespace / key.secret.name / key.key
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror or error}") from None
    line = data.removesuffix(b"\n").removesuffix(b"\r")
    value = data if b"\n" in line else line
    if not value:
        raise UserError(f"{path} is empty")
    return SecretValue(value)


def _read(path: Path, name: SecretName) -> StoredSecret:
    try:
        body = yaml.safe_load(path.read_text(encoding="utf-8"))
        secret = secret_manifest.stored(mapping(body))
    except OSError as error:
        raise UserError(f"{path} can't be read: {error.strerror or error}") from None
    except (ValueError, yaml.YAMLError):
        raise UserError(f"{path} is no manifest of a Secret") from None  # what YAML says shows what is in the file
    if secret.name != name:
        raise UserError(f"{path} is no manifest of the Secret {name}")
    return secret
