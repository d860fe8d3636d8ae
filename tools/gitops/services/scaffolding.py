"""A new component: the files that every component has, sound from the start."""

import re
from dataclasses import dataclass
from pathlib import Path
from string import Template

import yaml

from gitops.adapters.cache import write_atomically
from gitops.models.errors import UserError, unknown_name
from gitops.models.image import ImageReference
from gitops.models.settings import DNS_LABEL, FORMS
from gitops.repository.tree import Tree

_TEMPLATES = Path(__file__).parent / "scaffold"


@dataclass(frozen=True)
class NewComponent:
    """What is asked for; ``environments`` get an overlay each.

    Where none is named, those do that Argo CD delivers: they run every component, a machine without it what somebody chose.
    """

    name: str
    title: str
    description: str
    owner: str
    namespace: str
    port: int
    image: str
    environments: tuple[str, ...] = ()


def new_component(tree: Tree, wanted: NewComponent) -> dict[str, str]:
    """Path and text of every file of the component.

    Raises ``UserError`` for names that are none, an image without a tag, environments that do not exist and a component
    that does.
    """
    for kind, text in (("component", wanted.name), ("namespace", wanted.namespace), ("owner", wanted.owner)):
        if not re.fullmatch(DNS_LABEL, text):
            raise UserError(f"the {kind} '{text}' is no {FORMS[DNS_LABEL]}")
    environments = wanted.environments or tuple(name for name, one in tree.environments.items() if one.argocd_namespaces)
    for name in environments:
        if name not in tree.environments:
            raise unknown_name("environment", name, tree.environments)
    image = ImageReference.parse(wanted.image)
    if image.tag is None:
        raise UserError(f"the image '{wanted.image}' has no tag: name the one that the overlays are to pin")
    values = {
        "name": wanted.name,
        "title": _scalar(wanted.title),
        "description": _scalar(wanted.description),
        "owner": wanted.owner,
        "namespace": wanted.namespace,
        "port": str(wanted.port),
        "image_name": image.repository,
        "pin": f'newTag: "{image.tag}"' + (f"\n    digest: {image.digest}" if image.digest else ""),
    }
    texts = {path.name: Template(path.read_text(encoding="utf-8")).substitute(values) for path in _TEMPLATES.iterdir()}
    overlay = texts.pop("overlay.yaml")
    files = {f"base/{wanted.name}/{name}": text for name, text in sorted(texts.items())}
    files |= {f"overlays/{environment}/{wanted.name}/kustomization.yaml": overlay for environment in environments}
    for folder in {path.rpartition("/")[0] for path in files}:
        if (tree.root / folder).exists():
            raise UserError(f"{folder} exists already; choose another name, or edit what is there")
    return files


def _scalar(text: str) -> str:
    """A text as a YAML value on one line, quoted where it must be."""
    return yaml.safe_dump({"": " ".join(text.split())}, allow_unicode=True, width=10**6).partition(":")[2].strip()


def write_component(root: Path, files: dict[str, str]) -> None:
    """Writes all of the files or, where one can't be written, none; raises ``UserError``."""
    written: list[Path] = []
    try:
        for path, text in files.items():
            write_atomically(root / path, text.encode())
            written.append(root / path)
    except OSError as error:
        for file in written:
            file.unlink(missing_ok=True)
        for folder in {file.parent for file in written}:
            if folder.exists() and not any(folder.iterdir()):
                folder.rmdir()
        raise UserError(f"{error.filename or root} can't be written: {error.strerror}; nothing was kept") from error
