"""The image policy, and Harbor's part of it."""

import tomllib
from typing import Any

from gitops.models.image import ImageReference
from gitops.models.image_policy import Choice, ImagePolicy, Threshold
from gitops.models.resource import Resource
from gitops.repository.images import images_of
from gitops.repository.tree import Tree

# What Harbor calls them (ProjectMetadata in its api/v2.0/swagger.yaml); it takes negligible for none.
HARBORS_SEVERITIES = {severity.value for severity in Threshold} - {Threshold.NEGLIGIBLE.value}


def policy_files(listed: list[Resource]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two files that Harbor's policy is made of in one environment, as the pod reads them."""
    (config,) = (one for one in listed if one.kind == "ConfigMap" and one.name.startswith("harbor-policy-"))
    return tomllib.loads(config.body["data"]["harbor.toml"]), tomllib.loads(config.body["data"]["policy.toml"])


def has_harbor(listed: list[Resource]) -> bool:
    return any(one.overlay.component == "harbor" for one in listed)


def harbors(policy: ImagePolicy) -> dict[str, Any]:
    """The metadata of a project by which Harbor enforces what it can of the policy."""
    severity = Threshold.NONE if policy.severity is Threshold.NEGLIGIBLE else policy.severity
    return {
        "severity": severity.value,
        "enable_content_trust_cosign": policy.signature.required,
        # Only together with the refusal of vulnerable images does Harbor refuse what nobody has scanned.
        "prevent_vul": policy.unscanned is Choice.REFUSE,
        "auto_scan": True,
        "reuse_sys_cve_allowlist": False,
        "public": False,
        "enable_content_trust": False,
    }


def test_every_environment_has_an_image_policy(tree: Tree) -> None:
    assert tree.image_policies.environments.keys() == tree.environments.keys()


def test_harbor_enforces_the_image_policy_of_its_environment(tree: Tree, rendered: dict[str, list[Resource]]) -> None:
    for name in (one for one in rendered if has_harbor(rendered[one])):
        policy = tree.image_policies.environments[name]
        common, own = policy_files(rendered[name])
        metadata = {**common["project"]["metadata"], **own["project"]["metadata"]}
        assert metadata == harbors(policy), name
        assert metadata["severity"] in HARBORS_SEVERITIES, name


def test_harbors_robots_have_their_passwords_declared(tree: Tree, rendered: dict[str, list[Resource]]) -> None:
    declared = {
        key.name for secret in tree.components["harbor"].secrets if secret.name == "harbor-robots" for key in secret.keys
    }
    for listed in filter(has_harbor, rendered.values()):
        assert {robot["name"] for robot in policy_files(listed)[0]["robot"]} == declared


def test_images_come_from_the_registries_that_the_policy_trusts(tree: Tree, rendered: dict[str, list[Resource]]) -> None:
    for name, policy in tree.image_policies.environments.items():
        for resource in rendered[name]:
            for _, image in images_of(resource.body):
                reference = ImageReference.parse(image)
                place = f"{reference.registry}/{reference.path}"
                trusted = any(place.startswith(f"{registry}/") for registry in policy.registries)
                assert trusted, (name, resource.identity, image)
