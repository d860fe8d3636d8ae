"""Invariants of the platform's manifests: each test's name is the rule."""

import posixpath
import re
from collections.abc import Iterator
from typing import Any

import yaml

from gitops.models.image import ImageReference
from gitops.models.paths import JsonPath
from gitops.models.resource import Identity, Resource
from gitops.models.schemas import own_file
from gitops.repository.applications import Application, applications
from gitops.repository.images import images_of
from gitops.repository.tree import SHARED, Tree
from gitops.services.generate import rendered_pages
from gitops.services.workspace import Workspace
from tests.repository.conftest import ROOT

SERVING = ("Deployment", "StatefulSet", "DaemonSet")
WORKLOADS = (*SERVING, "CronJob")
# Images that only root can use. Theirs is the root of a user namespace of the pod, nobody on the node; pod security counts it
# as runAsNonRoot since 1.35: https://kubernetes.io/docs/concepts/security/pod-security-standards/
ROOT_OF_ITS_POD = {
    "exareme-master": "programs and data lie in /root, which nobody else may enter",
    "exareme-worker": "programs and data lie in /root, which nobody else may enter",
}
CONFIRMED = {"Namespace", "PersistentVolumeClaim", "StatefulSet", "CustomResourceDefinition", "StorageClass"}
CONFIRMED |= {"CephCluster", "CephBlockPool", "CephFilesystem", "CephFilesystemSubVolumeGroup"}


def base_documents(tree: Tree) -> Iterator[tuple[str, Any]]:
    for path in tree.files:
        if path.startswith("base/") and path.endswith(".yaml"):
            for document in yaml.safe_load_all((ROOT / path).read_text(encoding="utf-8")):
                yield path, document


def of_kind(resources: list[Resource], *kinds: str) -> list[Resource]:
    return [resource for resource in resources if resource.kind in kinds]


def pod_spec(resource: Resource) -> dict[str, Any]:
    holder = resource.body["spec"]["jobTemplate"]["spec"] if resource.kind == "CronJob" else resource.body["spec"]
    spec: dict[str, Any] = holder["template"]["spec"]
    return spec


def containers(resource: Resource) -> list[dict[str, Any]]:
    spec = pod_spec(resource)
    return [*spec.get("initContainers", []), *spec["containers"]]


def test_our_own_yaml_names_its_schema_in_the_first_line(tree: Tree) -> None:
    for path in tree.files:
        own = own_file(path)
        if own:
            first = (ROOT / path).read_text(encoding="utf-8").splitlines()[0]
            way = posixpath.relpath(f"policies/schemas/{own.schema}.json", posixpath.dirname(path))
            assert first == f"# yaml-language-server: $schema={way}", path


def components_of(tree: Tree, environment: str) -> set[str]:
    return {one.component for one in tree.environments[environment].overlays if one.path.startswith("overlays/")}


def test_testbed_and_production_run_every_component(tree: Tree) -> None:
    running = {name for name, component in tree.components.items() if not component.retired}
    assert components_of(tree, "testbed") == components_of(tree, "production") == running


def test_one_machine_runs_what_users_see_without_what_watches_it(tree: Tree) -> None:
    chain = {"dare-login", "d4p-registry", "workflow-registry", "exec-api", "playground", "sprov", "sprov-viewer"}
    assert chain <= components_of(tree, "local") <= components_of(tree, "testbed") - {"prometheus", "grafana"}


def test_one_machine_runs_the_images_of_the_testbed(rendered: dict[str, list[Resource]]) -> None:
    images = {name: {image for one in listed for _, image in images_of(one.body)} for name, listed in rendered.items()}
    assert images["local"] <= images["testbed"]


def test_the_pages_about_components_and_capacity_are_what_git_holds(workspace: Workspace) -> None:
    for path, text in rendered_pages(workspace).items():
        assert (ROOT / path).read_text(encoding="utf-8") == text, f"{path}: run 'make generate'"


def test_bases_name_images_without_registry_and_tag(tree: Tree) -> None:
    for path, document in base_documents(tree):
        for _, image in images_of(document):
            assert re.fullmatch(r"[a-z0-9-]+", image), (path, image)


def test_every_image_is_pinned_to_a_registry_in_its_overlay(resources: list[Resource]) -> None:
    for resource in resources:
        for _, image in images_of(resource.body):
            reference = ImageReference.parse(image)
            assert image.startswith(f"{reference.registry}/"), (resource.identity, image)


def test_a_base_holds_one_object_per_file_named_after_its_kind(tree: Tree) -> None:
    for path in tree.files:
        name = posixpath.basename(path)
        if not path.startswith("base/") or "/files/" in path or name in ("component.yaml", "kustomization.yaml"):
            continue
        documents = list(yaml.safe_load_all((ROOT / path).read_text(encoding="utf-8")))
        assert len(documents) == 1, path
        assert name.removesuffix(".yaml").split("-")[0] == documents[0]["kind"].lower(), path


def test_what_holds_data_is_pruned_and_deleted_only_when_confirmed(resources: list[Resource]) -> None:
    for resource in of_kind(resources, *CONFIRMED):
        if resource.kind == "StatefulSet" and not claims_of(resource):
            continue
        options = resource.metadata.get("annotations", {}).get("argocd.argoproj.io/sync-options", "")
        assert {"Prune=confirm", "Delete=confirm"} <= set(options.split(",")), resource.identity


def claims_of(resource: Resource) -> list[Any]:
    volumes = [volume for volume in pod_spec(resource).get("volumes", []) if "persistentVolumeClaim" in volume]
    return [*volumes, *resource.body["spec"].get("volumeClaimTemplates", [])]


def test_every_namespace_has_a_pod_security_level_and_denies_by_default(rendered: dict[str, list[Resource]]) -> None:
    for listed in rendered.values():
        denied = {resource.namespace for resource in of_kind(listed, "NetworkPolicy") if denies_all(resource)}
        for namespace in of_kind(listed, "Namespace"):
            assert "pod-security.kubernetes.io/enforce" in namespace.metadata["labels"]
            assert namespace.name in denied


def denies_all(policy: Resource) -> bool:
    spec = policy.body["spec"]
    return (
        spec["podSelector"] == {}
        and set(spec["policyTypes"]) == {"Ingress", "Egress"}
        and not {"ingress", "egress"} & set(spec)
    )


def test_every_container_has_requests_a_memory_limit_and_a_restricted_security_context(resources: list[Resource]) -> None:
    for resource in of_kind(resources, *WORKLOADS):
        pod = pod_spec(resource).get("securityContext", {})
        for container in containers(resource):
            where = (resource.identity, container["name"])
            assert {"cpu", "memory"} <= set(container["resources"]["requests"]), where
            assert "memory" in container["resources"]["limits"], where
            security = {**pod, **container["securityContext"]}
            assert runs_as_nobody_of_the_node(resource, security), where
            assert security["allowPrivilegeEscalation"] is False, where
            assert security["capabilities"] == {"drop": ["ALL"]}, where
            assert security["seccompProfile"] == {"type": "RuntimeDefault"}, where


def runs_as_nobody_of_the_node(resource: Resource, security: dict[str, Any]) -> bool:
    if resource.name in ROOT_OF_ITS_POD:
        return pod_spec(resource).get("hostUsers") is False
    return security.get("runAsNonRoot") is True


def test_every_serving_container_has_probes_without_credentials(resources: list[Resource]) -> None:
    for resource in of_kind(resources, *SERVING):
        for container in pod_spec(resource)["containers"]:
            probes = [container.get(name) for name in ("startupProbe", "readinessProbe", "livenessProbe")]
            assert container.get("readinessProbe"), resource.identity
            assert container.get("livenessProbe"), resource.identity
            for probe in probes:
                assert not re.search(r"authorization|password=|--password", str(probe), re.IGNORECASE), resource.identity


def test_a_token_is_mounted_only_where_the_component_asks_the_api_server(resources: list[Resource]) -> None:
    asking = {"traefik", "cert-manager", "cert-manager-cainjector", "cert-manager-webhook", "mpi-operator", "exec-api"}
    asking |= {"jupyterhub", "prometheus", "kube-state-metrics", "rook-ceph-operator", "ceph-csi-operator"}
    for resource in of_kind(resources, *WORKLOADS):
        mounted = pod_spec(resource).get("automountServiceAccountToken") is not False
        assert mounted == (resource.name in asking), resource.identity


def test_more_than_one_replica_comes_with_a_budget_and_spread(rendered: dict[str, list[Resource]]) -> None:
    for listed in rendered.values():
        budgets = {(one.namespace, one.name) for one in of_kind(listed, "PodDisruptionBudget")}
        for resource in of_kind(listed, *SERVING):
            several = resource.body["spec"].get("replicas", 1) > 1
            assert several == ((resource.namespace, resource.name) in budgets), resource.identity
            if several:
                assert pod_spec(resource).get("topologySpreadConstraints"), resource.identity


def test_every_database_is_backed_up_by_the_programs_of_its_own_version(rendered: dict[str, list[Resource]]) -> None:
    # Not on one machine, which has no other place for copies.
    for listed in (rendered["testbed"], rendered["production"]):
        jobs = {job.name: containers(job)[0]["image"] for job in of_kind(listed, "CronJob") if job.namespace == "backup"}
        servers = {
            f"backup-{server.name}": containers(server)[0]["image"]
            for server in of_kind(listed, "StatefulSet")
            if server.metadata["labels"]["app.kubernetes.io/component"] in ("database", "rdf-store")
        }
        assert jobs == servers


def test_no_two_backups_begin_together_or_share_a_folder(rendered: dict[str, list[Resource]]) -> None:
    for listed in rendered.values():
        jobs = [job for job in of_kind(listed, "CronJob") if job.namespace == "backup"]
        mounts = [mount for job in jobs for mount in containers(job)[0]["volumeMounts"] if mount["name"] == "backups"]
        assert len({job.body["spec"]["schedule"] for job in jobs}) == len({mount["subPath"] for mount in mounts}) == len(jobs)


def test_every_ingress_has_tls_for_its_hosts_under_the_environments_domain(
    tree: Tree, rendered: dict[str, list[Resource]]
) -> None:
    for name, listed in rendered.items():
        domains = {cluster.facts.domain for cluster in tree.environments[name].clusters}
        for ingress in of_kind(listed, "Ingress"):
            hosts = {rule["host"] for rule in ingress.body["spec"]["rules"]}
            secured = {host for entry in ingress.body["spec"]["tls"] for host in entry["hosts"]}
            own = ingress.metadata["labels"].get("project-dare.eu/host") == "own"
            assert hosts == secured == ({f"{ingress.name}.{one}" for one in domains} if own else domains), ingress.identity


def test_issuers_classes_of_ingresses_and_of_storage_are_there(tree: Tree, rendered: dict[str, list[Resource]]) -> None:
    for name, listed in rendered.items():
        issuers = {resource.name for resource in of_kind(listed, "ClusterIssuer")}
        classes = {resource.name for resource in of_kind(listed, "IngressClass")}
        storage = {one.name for cluster in tree.environments[name].clusters for one in cluster.facts.storage.classes}
        for ingress in of_kind(listed, "Ingress"):
            assert ingress.metadata["annotations"]["cert-manager.io/cluster-issuer"] in issuers, ingress.identity
            assert ingress.body["spec"]["ingressClassName"] in classes, ingress.identity
        for identity, claim in claim_specs(listed):
            assert class_of(tree, name, claim) in storage, identity


def class_of(tree: Tree, environment: str, claim: dict[str, Any]) -> str:
    """The storage class of a claim; one that names none gets the cluster's default."""
    classes = [one for cluster in tree.environments[environment].clusters for one in cluster.facts.storage.classes]
    name: str = claim.get("storageClassName") or next(one.name for one in classes if one.default)
    return name


def test_the_storage_classes_of_a_cluster_are_those_that_are_rendered(tree: Tree, rendered: dict[str, list[Resource]]) -> None:
    default = "storageclass.kubernetes.io/is-default-class"
    for name in ("testbed", "production"):
        listed = rendered[name]
        made = {one.name: one.metadata["annotations"].get(default) == "true" for one in of_kind(listed, "StorageClass")}
        for cluster in tree.environments[name].clusters:
            assert {one.name: one.default for one in cluster.facts.storage.classes} == made, cluster.name


def test_pools_hold_as_many_copies_as_the_cluster_says(tree: Tree, rendered: dict[str, list[Resource]]) -> None:
    for name in ("testbed", "production"):
        listed = rendered[name]
        pools = [one.body["spec"] for one in of_kind(listed, "CephBlockPool")]
        for one in of_kind(listed, "CephFilesystem"):
            pools += [one.body["spec"]["metadataPool"], *one.body["spec"]["dataPools"]]
        for cluster in tree.environments[name].clusters:
            assert {pool["replicated"]["size"] for pool in pools} == {cluster.facts.storage.copies}, cluster.name


def test_nobody_has_ceph_wipe_its_disks(resources: list[Resource]) -> None:
    for cluster in of_kind(resources, "CephCluster"):
        assert cluster.body["spec"]["cleanupPolicy"] == {"confirmation": "", "allowUninstallWithVolumes": False}


def test_a_claim_is_mounted_in_a_way_that_its_class_allows(tree: Tree, rendered: dict[str, list[Resource]]) -> None:
    for name, listed in rendered.items():
        modes = {
            one.name: {mode.value for mode in one.access_modes}
            for cluster in tree.environments[name].clusters
            for one in cluster.facts.storage.classes
        }
        for identity, claim in claim_specs(listed):
            assert set(claim["accessModes"]) <= modes[class_of(tree, name, claim)], identity


def claim_specs(resources: list[Resource]) -> Iterator[tuple[Identity, dict[str, Any]]]:
    """The claims that there are, and those that StatefulSets make from their templates."""
    for resource in of_kind(resources, "PersistentVolumeClaim"):
        yield resource.identity, resource.body["spec"]
    for resource in of_kind(resources, "StatefulSet"):
        for template in resource.body["spec"].get("volumeClaimTemplates", []):
            yield resource.identity, template["spec"]


def test_recommended_labels(resources: list[Resource]) -> None:
    for resource in resources:
        if not resource.overlay.path.startswith("clusters/"):
            wanted = {"app.kubernetes.io/name", "app.kubernetes.io/part-of"}
            assert wanted <= set(resource.metadata.get("labels", {})), resource.identity


def test_the_environments_differ_in_facts_that_go_into_the_same_fields(tree: Tree) -> None:
    for name in tree.environments:
        shared = yaml.safe_load((ROOT / f"overlays/{name}/{SHARED}/kustomization.yaml").read_text(encoding="utf-8"))
        assert shared["components"][0] == f"../../../base/{SHARED}"
        assert "replacements" not in shared


def test_production_runs_a_tag_and_the_testbed_main(rendered: dict[str, list[Resource]]) -> None:
    revisions = {name: set(revisions_of(listed)) for name, listed in rendered.items()}
    assert revisions["testbed"] == {"main"}
    assert all(re.fullmatch(r"v\d+\.\d+\.\d+", revision) for revision in revisions["production"])
    assert len(revisions["production"]) == 1


def revisions_of(listed: list[Resource]) -> Iterator[str]:
    for application_set in of_kind(listed, "ApplicationSet"):
        spec = application_set.body["spec"]
        yield spec["template"]["spec"]["source"]["targetRevision"]
        yield from (generator["git"]["revision"] for generator in spec["generators"])


def test_the_revision_and_the_address_of_this_repository_stand_once_per_cluster(tree: Tree) -> None:
    for cluster in (one for one in tree.clusters.values() if one.facts.argocd):
        facts = yaml.safe_load((ROOT / cluster.path / "release.yaml").read_text(encoding="utf-8"))["data"]
        for path in tree.files:
            if path.startswith(f"{cluster.path}/") and not path.endswith("release.yaml"):
                text = (ROOT / path).read_text(encoding="utf-8")
                assert facts["repoURL"] not in text, path


def test_the_projects_allow_exactly_what_the_overlays_render(tree: Tree, rendered: dict[str, list[Resource]]) -> None:
    # That they allow it is ARGO001; this holds that they allow no more.
    for listed in (rendered["testbed"], rendered["production"]):
        allowed: dict[str, list[Resource]] = {}
        for application in applications(listed, tree.folders):
            assert isinstance(application, Application)
            paths = {source["path"] for _, source in application.sources()}
            allowed.setdefault(application.project, []).extend(one for one in listed if one.overlay.path in paths)
        for project in of_kind(listed, "AppProject"):
            assert_allows_exactly(project, allowed[project.name])


def assert_allows_exactly(project: Resource, ours: list[Resource]) -> None:
    spec = project.body["spec"]
    namespaced = {(resource.group, resource.kind) for resource in ours if resource.namespace}
    cluster_wide = {(resource.group, resource.kind, resource.name) for resource in ours if not resource.namespace}
    assert kinds_in(spec["namespaceResourceWhitelist"], ("group", "kind")) == namespaced
    assert kinds_in(spec["clusterResourceWhitelist"], ("group", "kind", "name")) == cluster_wide
    assert {entry["namespace"] for entry in spec["destinations"]} == {one.namespace for one in ours if one.namespace}


def kinds_in(entries: list[dict[str, str]], fields: JsonPath) -> set[tuple[str, ...]]:
    return {tuple(entry[str(field)] for field in fields) for entry in entries}
