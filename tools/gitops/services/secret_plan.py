"""Plan: which Secrets an environment needs, how each key is made, and who reads it."""

from collections.abc import Mapping

from gitops.models.component import SecretKey
from gitops.models.errors import UserError
from gitops.models.secret import KeyName, SecretName, StoredSecret
from gitops.models.secret_results import Plan, PlannedKey, PlannedSecret, State
from gitops.repository.declarations import sources
from gitops.repository.rendering import Renderer
from gitops.repository.secret_uses import Reading, uses
from gitops.services.lint import Progress
from gitops.services.secret_inventory import Inventory, SecretStore, values
from gitops.services.workspace import Workspace, default_jobs


def plan(workspace: Workspace, inventory: Inventory, store: SecretStore | None, progress: Progress) -> Plan:
    """Renders the environment, for who reads what; raises ``UserError`` where it does not render."""
    readers = _readers(workspace, inventory, progress)
    stored = None
    if store is not None:
        progress.start("reading", len({name.namespace for name in inventory.declarations}))
        stored = store.read(list(inventory.declarations), progress.advance)
    planned = [
        PlannedSecret(
            name,
            declaration.type,
            declaration.why,
            inventory.components[name],
            readers[name],
            tuple(_key(KeyName(name, key.name), key, stored) for key in declaration.keys),
        )
        for name, declaration in sorted(inventory.declarations.items())
    ]
    return Plan(inventory.environment, None if store is None else str(store), tuple(planned))


def _readers(workspace: Workspace, inventory: Inventory, progress: Progress) -> dict[SecretName, tuple[str, ...]]:
    tree = workspace.tree
    environment = tree.environments[inventory.environment]
    progress.start("rendering", len(environment.overlays))
    renderer = Renderer(tree, workspace.kustomize, workspace.cache, default_jobs())
    (rendered,) = renderer.render([environment], progress.advance)
    if not rendered.complete:
        raise UserError(f"not every overlay of {environment.name} renders; 'tools/lint.py' says why")
    reading = Reading(use for resource in rendered.resources for use in uses(resource))
    found = {name: {use.resource.overlay.component for use in reading.of(name)} for name in inventory.declarations}
    for name, key in inventory.keys.items():
        for source in sources(name, key):
            if source.secret in found and source.secret != name.secret:
                found[source.secret].add(inventory.components[name.secret])
    return {name: tuple(sorted(components)) for name, components in found.items()}


def _key(name: KeyName, key: SecretKey, stored: Mapping[SecretName, StoredSecret] | None) -> PlannedKey:
    way, how = describe(key)
    if stored is None:
        return PlannedKey(name.key, way, how, State.UNKNOWN, None)
    secret = stored.get(name.secret)
    if secret is None or name not in values({name.secret: secret}):
        return PlannedKey(name.key, way, how, State.MISSING, None)
    return PlannedKey(name.key, way, how, State.PRESENT, secret.made.get(name.key, secret.created))


def describe(key: SecretKey) -> tuple[str, str]:
    """The way in which a key is made: its name in component.yaml, and a sentence."""
    if key.generate and key.generate.encoding:
        return "generate", f"{key.generate.size} random bytes in {key.generate.encoding}"
    if key.generate:
        return "generate", f"{key.generate.length} random letters and digits"
    if key.copy_of:
        return "copy", f"copy of {key.copy_of.namespace}/{key.copy_of.secret}:{key.copy_of.key}"
    if key.htpasswd:
        return "htpasswd", f"htpasswd entry of the user {key.htpasswd.user} with the password in {key.htpasswd.key}"
    if key.given:
        return "given", f"given by the operator: {key.given}"
    return "madeBy", f"not by this tool, but by {key.made_by}"
