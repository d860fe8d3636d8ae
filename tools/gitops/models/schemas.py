"""Which YAML files of the repository are our own, and the JSON Schemas that they are held against."""

import json
from fnmatch import fnmatchcase
from typing import NamedTuple

from gitops.models.approval import Approvals
from gitops.models.cluster import Cluster
from gitops.models.component import Component
from gitops.models.image_policy import ImagePolicies
from gitops.models.levels import Levels
from gitops.models.settings import Document
from gitops.models.signing import SigningKeys
from gitops.models.waiver import Waivers
from gitops.models.waiver_rules import WaiverRules

SCHEMA_FOLDER = "policies/schemas"


class OwnFile(NamedTuple):
    """A kind of file: where it stands, the name of its schema, and what it is read into."""

    pattern: str
    schema: str
    document: type[Document]


OWN_FILES = (
    OwnFile("base/*/component.yaml", "component", Component),
    OwnFile("clusters/*/cluster.yaml", "cluster", Cluster),
    OwnFile("policies/approvals/*.yaml", "approvals", Approvals),
    OwnFile("policies/images.yaml", "images", ImagePolicies),
    OwnFile("policies/keys/keys.yaml", "keys", SigningKeys),
    OwnFile("policies/levels.yaml", "levels", Levels),
    OwnFile("policies/waiver-rules.yaml", "waiver-rules", WaiverRules),
    OwnFile("policies/waivers.yaml", "waivers", Waivers),
)


def own_file(path: str) -> OwnFile | None:
    """The kind of one of our own files, or None for any other file."""
    for own in OWN_FILES:
        if path.count("/") == own.pattern.count("/") and fnmatchcase(path, own.pattern):
            return own
    return None


def schema_files() -> dict[str, str]:
    """Path and text of every JSON Schema that is generated from the models."""
    return {
        f"{SCHEMA_FOLDER}/{own.schema}.json": json.dumps(own.document.json_schema(), indent=2, sort_keys=True) + "\n"
        for own in OWN_FILES
    }
