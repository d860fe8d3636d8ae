"""Manifests that are texts of a ConfigMap: a program, or a person, makes objects from them at its own time."""

from functools import lru_cache
from typing import Any

from gitops.models.values import mapping
from gitops.repository import documents


@lru_cache(maxsize=256)  # the environments have the same texts
def manifests_in(text: str) -> tuple[dict[str, Any], ...]:
    """The objects of Kubernetes that a text is, if it is any that can be read. Nobody may change what is returned."""
    if "apiVersion:" not in text or "kind:" not in text:
        return ()
    try:
        read = map(mapping, documents.values(text))
    except ValueError:
        return ()
    return tuple(body for body in read if "apiVersion" in body and "kind" in body)
