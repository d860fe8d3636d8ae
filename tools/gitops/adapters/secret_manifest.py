"""Secrets as Kubernetes writes them: from and to the object's JSON form."""

import base64
import copy
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from gitops.models.secret import SecretChange, SecretName, SecretValue, StoredSecret
from gitops.models.values import mapping

MANAGED_BY = "app.kubernetes.io/managed-by"
MANAGER = "dare-secrets"
MADE = "project-dare.eu/made"  # JSON: each key that this tool made, and when
# Client-side apply keeps what it applied, values included, and so would keep them after a rotation.
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def stored(body: Mapping[str, Any]) -> StoredSecret:
    """A Secret from its object, as an API server gives it."""
    metadata = mapping(body.get("metadata"))
    data = {key: SecretValue(base64.b64decode(value or "")) for key, value in mapping(body.get("data")).items()}
    made = {key: when for key, text in _record(metadata).items() if key in data and (when := _time(text))}
    return StoredSecret(
        name=SecretName(str(metadata.get("namespace", "")), str(metadata.get("name", ""))),
        data=data,
        made=made,
        created=_time(metadata.get("creationTimestamp")),
        type=str(body.get("type", "Opaque")),
        state=body,
    )


def changed(change: SecretChange) -> dict[str, Any]:
    """The whole object with the change in it; what else the old one has stays."""
    body: dict[str, Any] = copy.deepcopy(change.old.state) if change.old and isinstance(change.old.state, dict) else {}
    body = {"apiVersion": "v1", "kind": "Secret", "metadata": {}, "type": change.type, "data": {}, **body}
    metadata = body["metadata"] = {**mapping(body["metadata"]), "name": change.name.name, "namespace": change.name.namespace}
    metadata["labels"] = {"app.kubernetes.io/part-of": "dare", **mapping(metadata.get("labels")), MANAGED_BY: MANAGER}
    when = change.when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    record = {**_record(metadata), **dict.fromkeys(change.data, when)}
    annotations = {key: text for key, text in mapping(metadata.get("annotations")).items() if key != _LAST_APPLIED}
    metadata["annotations"] = {**annotations, MADE: json.dumps(record, sort_keys=True)}
    new = {key: base64.b64encode(value.reveal()).decode() for key, value in change.data.items()}
    body["data"] = {**mapping(body["data"]), **new}
    return body


def _record(metadata: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return mapping(json.loads(str(mapping(metadata.get("annotations")).get(MADE, "{}"))))
    except ValueError:
        return {}


def _time(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
