"""Secrets: whatever is read is declared or made, whatever is declared is read, and no value is in Git."""

from collections.abc import Collection, Iterator

from gitops.checks.evidence import EnvironmentEvidence
from gitops.checks.unit import Problem, Scope, check
from gitops.models.component import SecretKey
from gitops.models.paths import JsonPath
from gitops.models.resource import Resource
from gitops.models.secret import KeyName, SecretName
from gitops.repository.declarations import Declared, circular, declared, sources
from gitops.repository.secret_uses import Reading, Use, made_from, values_of


@check(
    "SECRET001",
    "Secret that nothing makes",
    Scope.ENVIRONMENT,
    why="A pod that reads a Secret or a key which is not there does not start.",
    fix="Declare it in the component.yaml of the component that it belongs to, or correct the name.",
    reference="https://kubernetes.io/docs/concepts/configuration/secret/#using-a-secret",
    anywhere=True,
)
def undeclared(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Secrets and keys that an object names, and no component of the environment declares; each once per object.

    A certificate that cert-manager makes for an Ingress or a Certificate, and the key of an issuer's account, need no
    declaration, but have no other keys than cert-manager gives them. What is `optional: true` need not be there. Names that a
    program is told as plain text are not seen. Of manifests from anywhere only keys are looked for, in a Secret that is given
    and has any, or that cert-manager makes.
    """
    if not evidence.closed:
        yield from _without_the_key(evidence)
        return
    if not _certain(evidence):
        return
    made = {name: made_keys for resource in evidence.resources for name, made_keys in made_from(resource)}
    keys = _keys(evidence)
    names = {key.secret for key in keys} | made.keys()
    known = names | {SecretName("", secret.name) for secret in names}
    told: set[tuple[int, SecretName, str | None]] = set()
    for use in evidence.secret_uses:
        about = (id(use.resource), use.secret, use.key)
        if use.optional or about in told:
            continue
        told.add(about)
        if use.secret not in known:
            yield Problem(f"no component declares the Secret {_shown(use)}", use.resource, use.path)
        elif use.key and use.secret.namespace and not _has_key(use.key, made.get(use.secret), use.secret, keys):
            there = sorted(made.get(use.secret, ())) or sorted(key.key for key in keys if key.secret == use.secret)
            message = f"no component declares the key '{use.key}' of the Secret {use.secret}; it has {', '.join(there)}"
            yield Problem(message, use.resource, (*use.path[:-1], "key"))


def _without_the_key(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    made: dict[SecretName, frozenset[str]] = {}
    for name, keys in (each for resource in evidence.resources for each in made_from(resource)):
        made[name] = made.get(name, frozenset()) | keys
    told: set[tuple[int, SecretName, str]] = set()
    for use in evidence.secret_uses:
        there = made.get(use.secret)
        if use.optional or not use.key or not there or use.key in there:
            continue
        about = (id(use.resource), use.secret, use.key)
        if about not in told:
            told.add(about)
            message = f"the Secret {_shown(use)} has no key '{use.key}'; it has {', '.join(sorted(there))}"
            fix = "Correct the key, or add it to the Secret."
            yield Problem(message, use.resource, (*use.path[:-1], "key"), fix=fix)


@check(
    "SECRET002",
    "Declared Secret that nothing reads",
    Scope.ENVIRONMENT,
    why="A value that nobody needs still has to be made, guarded and rotated; mostly one of two names is wrong.",
    fix="Remove the declaration, or correct the name.",
)
def unread(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Declared Secrets and keys that no object of the environment reads, and that no other key is made of.

    Of a Secret one of whose keys is misspelt where it is read, only that is told.
    """
    if not evidence.rendered.complete:
        return
    reading, keys = Reading(evidence.secret_uses), _keys(evidence)
    ingredients = {source for name, (_, key, _) in keys.items() for source in sources(name, key)}
    for one in _declared(evidence):
        if any(use.key and KeyName(one.name, use.key) not in keys for use in reading.of(one.name)):
            continue
        idle = [
            (name, path) for name, _, path in one.each() if not reading.reads(one.name, name.key) and name not in ingredients
        ]
        if len(idle) == len(one.declaration.keys):
            yield _about(evidence, one, one.path, f"nothing reads the Secret {one.name}")
            continue
        for name, path in idle:
            yield _about(evidence, one, path, f"nothing reads the key '{name.key}' of the Secret {one.name}")


@check(
    "SECRET003",
    "Key made of nothing",
    Scope.ENVIRONMENT,
    why="A key that is a copy can only be made once there is something to copy.",
    fix="Name a key that is declared, and whose component has an overlay in the environment.",
)
def rootless(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Copies of a key that no component of the environment declares, and copies in a circle."""
    if not _certain(evidence):
        return
    keys = _keys(evidence)
    going_round = circular({name: key for name, (_, key, _) in keys.items()})
    for name, (one, key, path) in keys.items():
        for source in sources(name, key):
            where: JsonPath = (*path, "copy" if key.copy_of else "htpasswd")
            if source not in keys:
                yield _about(evidence, one, where, f"{name} is a copy of {source}, which no component declares")
            elif name in going_round:
                yield _about(evidence, one, where, f"{name} is in the end a copy of itself")


@check(
    "SECRET004",
    "Secret declared twice",
    Scope.ENVIRONMENT,
    why="Two declarations of one Secret drift apart, and which of them says how a key is made is chance.",
    fix="Leave it to the component that it belongs to; whoever else reads it only names it in its manifests.",
)
def twice(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Secrets that two components of an environment declare, or one component twice."""
    owners: dict[SecretName, Declared] = {}
    for one in _declared(evidence):
        owner = owners.setdefault(one.name, one)
        if owner is not one:
            by = "twice" if owner.component == one.component else f"by {owner.component} too"
            yield _about(evidence, one, one.path, f"the Secret {one.name} is declared {by}")


@check(
    "SECRET005",
    "Secret value in Git",
    Scope.OBJECT,
    why="Whoever can read the repository, or ever could, knows the value; Git keeps it when the file is gone.",
    fix="Remove the manifest, declare the Secret in component.yaml and replace the value wherever it was used.",
    reference="https://kubernetes.io/docs/concepts/security/secrets-good-practices/",
    waivable=False,
)
def value_in_git(resource: Resource) -> Iterator[Problem]:
    """Rendered Secrets with values, whether written in a manifest or generated by kustomize."""
    for path in values_of(resource):
        yield Problem(f"the value of '{path[-1]}' of the {resource.identity} is in Git", resource, path)


def _certain(evidence: EnvironmentEvidence) -> bool:
    """Whether all declarations and objects are known: what is missing otherwise may stand in a file that is defective."""
    overlays = [overlay for overlay in evidence.environment.overlays if overlay.path.startswith("overlays/")]
    return evidence.rendered.complete and all(overlay.component in evidence.components for overlay in overlays)


def _declared(evidence: EnvironmentEvidence) -> Iterator[Declared]:
    return declared(evidence.components, evidence.environment)


def _keys(evidence: EnvironmentEvidence) -> dict[KeyName, tuple[Declared, SecretKey, JsonPath]]:
    return {name: (one, key, path) for one in _declared(evidence) for name, key, path in one.each()}


def _has_key(key: str, made: frozenset[str] | None, secret: SecretName, declared_keys: Collection[KeyName]) -> bool:
    """Whether a Secret has a key: by what makes it, or by a component's declaration. Any may come into an object without."""
    return (made is not None and (not made or key in made)) or KeyName(secret, key) in declared_keys


def _shown(use: Use) -> str:
    return str(use.secret) if use.secret.namespace else f"'{use.secret.name}'"


def _about(evidence: EnvironmentEvidence, one: Declared, path: JsonPath, message: str) -> Problem:
    return Problem(message, file=one.file, path=path, environment=evidence.environment.name, component=one.component)
