"""What every YAML file of our own has in common: no field that we do not know, nothing changed after reading."""

import ast
import inspect
from collections.abc import Iterator
from itertools import pairwise
from textwrap import dedent
from typing import Annotated, Any, get_args

from pydantic import BaseModel, ConfigDict, StringConstraints

DNS_LABEL = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
QUANTITY = r"^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?$"
RELEASE_TAG = r"^v[0-9]+\.[0-9]+(\.[0-9]+)?$"
KUBERNETES_VERSION = r"^[0-9]+\.[0-9]+\.[0-9]+$"
DATA_KEY = r"^[A-Za-z0-9._-]{1,253}$"
RULE_ID = r"^[A-Z]+[0-9]{3}$"
RULE_OR_FAMILY = r"^[A-Z]+([0-9]{3})?$"
# Beside CVEs, the lists whose ids Trivy shows for what has no CVE.
_OTHER_LISTS = "DLA|DSA|GHSA|GMS|GO|MAL|NSWG|OSV|PYSEC|RUSTSEC|TEMP"
WAIVABLE = rf"^([A-Z]+([0-9]{{3}})?|CVE-[0-9]{{4}}-[0-9]{{4,}}|({_OTHER_LISTS})(-[A-Za-z0-9]+)+|\*)$"
PLATFORM = r"^[a-z0-9]+/[a-z0-9]+(/[a-z0-9.]+)?$"
DIGEST = r"^sha256:[0-9a-f]{64}$"
REGISTRY = r"^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9._-]+)*$"

# What a text is that has one of these forms, for messages.
FORMS = {
    DNS_LABEL: "name of a-z, 0-9 and '-'",
    QUANTITY: "Kubernetes quantity, such as 16Gi or 500m",
    RELEASE_TAG: "release, such as v3.6",
    KUBERNETES_VERSION: "full Kubernetes version, such as 1.36.3",
    DATA_KEY: "key of a Secret: letters, digits, '-', '_' and '.'",
    RULE_ID: "rule, such as META002",
    RULE_OR_FAMILY: "rule or family of rules, such as META002 or META",
    WAIVABLE: "rule, family of rules or vulnerability, such as META002, META or CVE-2026-1234",
    PLATFORM: "platform, such as linux/amd64",
    DIGEST: "digest: sha256: and 64 hexadecimal digits",
    REGISTRY: "registry or folder of one, such as docker.io/library",
}

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Name = Annotated[str, StringConstraints(pattern=DNS_LABEL)]
Quantity = Annotated[str, StringConstraints(pattern=QUANTITY)]
ReleaseTag = Annotated[str, StringConstraints(pattern=RELEASE_TAG)]
KubernetesVersion = Annotated[str, StringConstraints(pattern=KUBERNETES_VERSION)]


class Settings(BaseModel):
    """A part of a file of our own."""

    # Built when first read into: a run needs few of the models.
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class Document(Settings):
    """A whole file; ``schema_id`` is the name of its JSON Schema under ``policies/schemas/``."""

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """The strict JSON Schema (draft 2020-12) that editors and the linter hold the file against.

        A field that may be left out is not offered as null: the choice would hide what is wrong inside it. Fields are described
        by the text below them; pydantic can do that too, at the price of reading all sources at every start.
        """
        schema = cls.model_json_schema()
        for part in _parts(cls):
            properties = (schema if part is cls else schema["$defs"][part.__name__])["properties"]
            for name, text in _texts_below_fields(part).items():
                properties[part.model_fields[name].alias or name]["description"] = text
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", **_without_null(schema)}


def _parts(model: type[Settings]) -> Iterator[type[Settings]]:
    """A model and those that its fields are made of, each once."""
    waiting, known = [model], {model}
    while waiting:
        part = waiting.pop()
        yield part
        found = {each for field in part.model_fields.values() for each in _models_in(field.annotation)} - known
        known |= found
        waiting += found


def _models_in(annotation: Any) -> Iterator[type[Settings]]:
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _texts_below_fields(part: type[Settings]) -> dict[str, str]:
    texts: dict[str, str] = {}
    for model in part.__mro__:
        if model is not Settings and issubclass(model, Settings):
            body = ast.parse(dedent(inspect.getsource(model))).body[0].body  # type: ignore[attr-defined]
            for field, below in pairwise(body):
                match (field, below):
                    case (ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text)))):
                        texts.setdefault(name, inspect.cleandoc(text))
    return texts


def _without_null(part: Any) -> Any:
    if isinstance(part, list):
        return [_without_null(item) for item in part]
    if not isinstance(part, dict):
        return part
    choices = part.get("anyOf")
    if isinstance(choices, list) and len(choices) == 2 and choices[1] == {"type": "null"}:
        rest = {key: value for key, value in part.items() if key != "anyOf" and (key, value) != ("default", None)}
        return _without_null({**choices[0], **rest})
    return {key: _without_null(value) for key, value in part.items()}
