"""References: what an object names is there, with the key that is asked for."""

import re
from collections.abc import Iterator

from gitops.checks.evidence import EnvironmentEvidence
from gitops.checks.unit import Problem, Scope, check
from gitops.models.resource import GroupKind, Identity
from gitops.models.values import mapping
from gitops.repository.built_in import ROOT_CA_KEYS, is_built_in
from gitops.repository.references import (
    CLAIM,
    CONFIG_MAP,
    PRIORITY_CLASS,
    RUNTIME_CLASS,
    SERVICE_ACCOUNT,
    STORAGE_CLASS,
    Reference,
    claims_made,
)

_NUMBER = re.compile(r"[0-9]+")


@check(
    "REF005",
    "ConfigMap that nothing makes",
    Scope.ENVIRONMENT,
    why="A pod that reads a ConfigMap or a key which is not there does not start.",
    fix="Add the ConfigMap or the key, or correct the name.",
    reference="https://kubernetes.io/docs/concepts/configuration/configmap/#configmaps-and-pods",
    anywhere=True,
)
def config_maps(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """ConfigMaps and keys that pods or custom resources name in variables, volumes and mounts, and no overlay renders.

    What is `optional: true` may be missing, and `kube-root-ca.crt` is in every namespace. A single file that is mounted from a
    ConfigMap (`subPath`) has to be one of its keys. Of manifests from anywhere only keys are looked for, in a ConfigMap that is
    given and has any: an empty one may be filled by a program.
    """
    for reference in _asked(evidence, CONFIG_MAP):
        target = reference.target
        made = evidence.by_identity.get(target)
        if made:
            keys = frozenset({**mapping(made.body.get("data")), **mapping(made.body.get("binaryData"))})
        elif is_built_in(target):
            keys = ROOT_CA_KEYS
        else:
            if reference.key is None and evidence.closed:
                yield Problem(f"no overlay renders the {target}", reference.resource, reference.path, text=reference.text)
            continue
        if reference.key is not None and reference.key not in keys and (keys or evidence.closed):
            message = f"the {target} has no key '{reference.key}'; it has {', '.join(sorted(keys)) or 'none'}"
            yield Problem(message, reference.resource, reference.path, text=reference.text)


@check(
    "REF006",
    "Service account that nothing makes",
    Scope.ENVIRONMENT,
    why="The API server refuses the pods of an account that does not exist; the workload is taken without a word.",
    fix="Add the ServiceAccount to the component, or correct the name.",
    reference="https://kubernetes.io/docs/tasks/configure-pod-container/configure-service-account/",
)
def service_accounts(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Accounts that pods or custom resources name and no overlay renders; `default` is in every namespace."""
    for reference in _asked(evidence, SERVICE_ACCOUNT):
        if reference.target not in evidence.by_identity and not is_built_in(reference.target):
            yield Problem(f"no overlay renders the {reference.target}", reference.resource, reference.path, text=reference.text)


@check(
    "REF007",
    "Claim that nothing makes",
    Scope.ENVIRONMENT,
    why="A pod whose claim does not exist is never scheduled.",
    fix="Add the PersistentVolumeClaim to the component, or correct the name.",
    reference="https://kubernetes.io/docs/concepts/storage/persistent-volumes/#claims-as-volumes",
)
def claims(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Claims that pods name and no overlay renders, those that StatefulSets make from their templates included."""
    beginnings = [(one.namespace, text) for one in evidence.resources for text in claims_made(one)]
    for reference in _asked(evidence, CLAIM):
        target = reference.target
        made = target in evidence.by_identity or any(
            namespace == target.namespace and target.name.startswith(text) and _NUMBER.fullmatch(target.name[len(text) :])
            for namespace, text in beginnings
        )
        if not made:
            yield Problem(f"no overlay renders the {target}", reference.resource, reference.path, text=reference.text)


@check(
    "REF008",
    "Class that nothing makes",
    Scope.ENVIRONMENT,
    why="A claim of an unknown storage class waits for ever; a pod of an unknown priority or runtime class is refused.",
    fix="Correct the name, add the class, or note the cluster's own storage class in cluster.yaml.",
    reference="https://kubernetes.io/docs/concepts/storage/storage-classes/",
)
def classes(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Storage, priority and runtime classes that nothing renders, that `cluster.yaml` does not name, and no cluster has.

    Classes of Ingresses are NET008's.
    """
    noted = [{one.name for one in cluster.facts.storage.classes} for cluster in evidence.clusters]
    in_every_cluster = set.intersection(*noted) if noted else set()
    for kind in (STORAGE_CLASS, PRIORITY_CLASS, RUNTIME_CLASS):
        for reference in _asked(evidence, kind):
            target = reference.target
            there = kind == STORAGE_CLASS and target.name in in_every_cluster
            if target not in evidence.by_identity and not is_built_in(target) and not there:
                yield Problem(f"nothing makes the {target}", reference.resource, reference.path, text=reference.text)


def _asked(evidence: EnvironmentEvidence, kind: GroupKind) -> Iterator[Reference]:
    """What must be there of a kind, once per object, where everything is rendered that could be it."""
    told: set[tuple[int, Identity, str | None]] = set()
    for reference in evidence.references.get(kind, ()) if evidence.rendered.complete else ():
        about = (id(reference.resource), reference.target, reference.key)
        if not reference.optional and reference.target.namespace not in evidence.elsewhere and about not in told:
            told.add(about)
            yield reference
