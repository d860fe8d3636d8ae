"""The schemas that an environment's objects are held against, as a folder that kubeconform reads.

The built-in kinds come from the ``kubernetes-validate`` package. Its files refer to one shared file by an ``$id`` on the
web, which makes kubeconform try the network: each schema is made self-contained, once per Kubernetes version. Custom
kinds come from the CustomResourceDefinitions of the rendered set and, for Argo CD's, which we do not install, from ours.
"""

import importlib.util
import json
import re
import shutil
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from importlib.metadata import version
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from gitops.adapters.cache import digest
from gitops.models.errors import UserError
from gitops.models.paths import JsonPath
from gitops.repository import documents
from gitops.repository.crds import JsonSchema, ServedKind, crd_schemas

PACKAGE = "kubernetes_validate"
_FORMAT = "2"  # raised when the shape of the written schemas changes
_OBJECT_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
ARGO_CD = Path(__file__).parent / "schemas" / "argocd.yaml"


def known_versions() -> tuple[str, ...]:
    """The Kubernetes minor versions that there are schemas for, oldest first."""
    names = [re.fullmatch(r"v(\d+)\.(\d+)\.0-local-strict", folder.name) for folder in _package_folder().iterdir()]
    return tuple(f"{major}.{minor}" for major, minor in sorted((int(name[1]), int(name[2])) for name in names if name))


class Catalogue:
    """The schemas of one Kubernetes version and of some CustomResourceDefinitions."""

    def __init__(self, kubernetes: str, crds: Iterable[JsonSchema], store: Path) -> None:
        """``kubernetes`` is a full version; the folder of schemas is made below ``store`` where it is not there yet.

        Raises ``UserError`` for a version that the package has no schemas for.
        """
        minor = ".".join(kubernetes.split(".")[:2])
        if minor not in known_versions():
            known = known_versions()
            raise UserError(f"no schemas for Kubernetes {minor}: the kubernetes-validate package has {known[0]} to {known[-1]}")
        self._source = _package_folder() / f"v{minor}.0-local-strict"
        self._custom = {**_argo_cd(), **dict(crd_schemas(crds))}
        self._identities = {kind: digest([json.dumps(schema, sort_keys=True)]) for kind, schema in self._custom.items()}
        self._store = store
        self._rewritten: dict[str, tuple[JsonSchema, set[str]]] = {}
        self.built_in = digest([_FORMAT, _package_version(), minor])
        self.folder = store / self.identity(self._custom)
        if not self.folder.is_dir():
            self._write()

    def identity(self, kinds: Iterable[ServedKind]) -> str:
        """A hash of the schemas that these kinds are held against."""
        return digest(
            [self.built_in, *(part for kind in sorted(set(kinds)) for part in (*kind, self._identities.get(kind, "")))]
        )

    def schema(self, kind: ServedKind) -> JsonSchema | None:
        """The schema of a kind, or None where there is none."""
        try:
            schema = json.loads((self.folder / _file_name(kind)).read_bytes())
        except (OSError, ValueError):
            return None
        return schema if isinstance(schema, dict) else None

    def _write(self) -> None:
        """Writes the whole folder or none of it: under a temporary name first, so that another run never sees half."""
        self._store.mkdir(parents=True, exist_ok=True)
        scratch = Path(mkdtemp(dir=self._store, prefix=".new-"))
        try:
            for kind, schema in self._schemas():
                file = scratch / _file_name(kind)
                file.parent.mkdir(exist_ok=True)
                file.write_text(json.dumps(schema, separators=(",", ":")), encoding="utf-8")
            scratch.chmod(0o755)
            scratch.rename(self.folder)
        except OSError:
            shutil.rmtree(scratch, ignore_errors=True)
            if not self.folder.is_dir():  # otherwise another run was faster
                raise

    def _schemas(self) -> Iterator[tuple[ServedKind, JsonSchema]]:
        for path in sorted(self._source.glob("*.json")):
            if path.name in ("_definitions.json", "all.json"):
                continue
            schema = json.loads(path.read_bytes())
            for served in schema.get("x-kubernetes-group-version-kind", []):
                kind = ServedKind(served["group"], served["version"], served["kind"])
                if kind not in self._custom:
                    yield kind, self._self_contained(schema)
        for kind, schema in self._custom.items():
            definitions = self._closure({_OBJECT_META})
            definitions["ObjectMeta"] = definitions[_OBJECT_META]
            yield kind, {**schema, "$defs": definitions}

    def _self_contained(self, schema: JsonSchema) -> JsonSchema:
        rewritten = _rewrite(schema)
        rewritten.pop("$id", None)
        return {**rewritten, "$defs": self._closure(_references(schema))}

    def _closure(self, names: set[str]) -> dict[str, JsonSchema]:
        found: dict[str, JsonSchema] = {}
        waiting = set(names)
        while waiting:
            name = waiting.pop()
            found[name], references = self._definition(name)
            waiting |= references - found.keys()
        return {name: found[name] for name in sorted(found)}

    def _definition(self, name: str) -> tuple[JsonSchema, set[str]]:
        """A shared definition and the names that it refers to, rewritten once for the many kinds that hold it."""
        if name not in self._rewritten:
            definition = self._definitions[name]
            self._rewritten[name] = (_rewrite(definition), _references(definition))
        return self._rewritten[name]

    @cached_property
    def _definitions(self) -> dict[str, JsonSchema]:
        definitions: dict[str, JsonSchema] = json.loads((self._source / "_definitions.json").read_bytes())["$defs"]
        return definitions


def known_fields(schema: JsonSchema, path: JsonPath) -> tuple[str, ...]:
    """The fields that a schema allows in the object at ``path``; empty where it can't be told."""
    here: Any = schema
    for step in path:
        here = _resolved(schema, here)
        if isinstance(step, int):
            here = here.get("items", {})
        else:
            here = here.get("properties", {}).get(step) or here.get("additionalProperties")
        if not isinstance(here, dict):
            return ()
    return tuple(sorted(_resolved(schema, here).get("properties", {})))


def _resolved(schema: JsonSchema, part: JsonSchema) -> JsonSchema:
    reference = part.get("$ref")
    if isinstance(reference, str):
        resolved: JsonSchema = schema.get("$defs", {}).get(reference.rpartition("/")[2], {})
        return resolved
    return part


def _file_name(kind: ServedKind) -> str:
    """As kubeconform asks for it: ``SCHEMA_LAYOUT`` in the adapter; the core group goes by its version there."""
    return f"{kind.group or kind.version}/{kind.kind.lower()}_{kind.version}.json"


@cache
def _argo_cd() -> dict[ServedKind, JsonSchema]:
    return dict(crd_schemas(documents.values(ARGO_CD.read_text(encoding="utf-8"))))


@cache
def _package_version() -> str:
    return version("kubernetes-validate")


@cache
def _package_folder() -> Path:
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise UserError("the package kubernetes-validate is not installed; run 'make setup'")
    return Path(spec.origin).parent / "kubernetes-json-schema"


def _references(part: Any) -> set[str]:
    """Names of the definitions that a part refers to. A property may itself be called ``$ref``; its value is no text."""
    if isinstance(part, dict):
        found = {part["$ref"].rpartition("/")[2]} if isinstance(part.get("$ref"), str) else set()
        return found.union(*(_references(value) for value in part.values()))
    if isinstance(part, list):
        return set[str]().union(*(_references(value) for value in part))
    return set()


def _rewrite(part: Any) -> Any:
    """A part with its references pointing into the same file, without descriptions (nine tenths of the bytes)."""
    if isinstance(part, list):
        return [_rewrite(value) for value in part]
    if not isinstance(part, dict):
        return part
    types = _one_of_types(part)
    if types:
        return {"type": types}
    return {
        key: f"#/$defs/{value.rpartition('/')[2]}" if key == "$ref" and isinstance(value, str) else _rewrite(value)
        for key, value in part.items()
        if not (key == "description" and isinstance(value, str))
    }


def _one_of_types(part: JsonSchema) -> list[str] | None:
    """Int-or-string and quantities: two types that both take null, so that as ``oneOf`` they would refuse it."""
    choices = part.get("oneOf")
    if not isinstance(choices, list) or not all(isinstance(choice, dict) and set(choice) == {"type"} for choice in choices):
        return None
    types: list[str] = []
    for choice in choices:
        listed = choice["type"] if isinstance(choice["type"], list) else [choice["type"]]
        types += [name for name in listed if name not in types]
    return types
