"""Objects that are too large to be stored."""

import json
from collections.abc import Iterator

from gitops.checks.unit import Problem, Scope, check
from gitops.models.resource import Resource

# etcd's --max-request-bytes, unless set (embed.DefaultMaxRequestBytes). The API server stores what it was sent, and more.
LARGEST = 1536 * 1024


@check(
    "RENDER004",
    "Object larger than a cluster stores",
    Scope.OBJECT,
    why="etcd takes 1.5 MiB in one request: the API server answers that the request is too large, and the sync fails.",
    fix="Split the object, or bring large files to the pods in a volume or an image.",
    reference="https://etcd.io/docs/v3.6/dev-guide/limit/",
    waivable=False,
)
def too_large(resource: Resource) -> Iterator[Problem]:
    """Objects that are more than 1.5 MiB as JSON."""
    size = len(json.dumps(resource.body, ensure_ascii=False, separators=(",", ":")).encode(errors="replace"))
    if size > LARGEST:
        yield Problem(f"the object has {size:,} bytes as JSON, and etcd takes {LARGEST:,}", resource)
