"""JupyterHub's configuration is Python, which no schema checks: it is run here against what the overlays render."""

import ast
import asyncio
import json
import sys
import types
from typing import Any

import pytest

from gitops.models.quantity import parse_quantity
from gitops.models.resource import Resource
from gitops.repository.network import Network
from gitops.repository.tree import Tree
from tests.repository.conftest import ROOT

CONFIG = ROOT / "base/jupyterhub/hub/files/jupyterhub_config.py"
NAMESPACE = "jupyterhub"
ENVIRONMENTS = ("local", "testbed", "production")


class Settings(dict[str, Any]):
    """Stands in for traitlets' Config: keeps what is set, and makes a section when it is first named."""

    def __getattr__(self, name: str) -> Any:
        return self.setdefault(name, Settings())

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


class Refused(Exception):
    """Stands in for tornado's HTTPClientError."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Authenticator:
    """Stands in for OAuthenticator: its calls that the hook makes, and the answers of Keycloak."""

    def __init__(self, answer: dict[str, str] | Exception, roles: list[str], allowed: set[str]) -> None:
        self.answer = answer
        self.roles = roles
        self.allowed_groups = allowed

    def build_refresh_token_request_params(self, token: str) -> dict[str, str]:
        return {"refresh_token": token}

    async def get_token_info(self, _handler: object, asked: dict[str, str]) -> dict[str, str]:
        assert asked == {"refresh_token": "old"}
        if isinstance(self.answer, Exception):
            raise self.answer
        return dict(self.answer)

    async def token_to_user(self, token: dict[str, str]) -> dict[str, object]:
        assert token["access_token"] == "a"
        return {"sub": "1", "groups": self.roles}

    def build_auth_state_dict(self, token: dict[str, str], person: object) -> dict[str, object]:
        return {**token, "oauth_user": person}

    async def get_user_groups(self, state: dict[str, Any]) -> set[str]:
        return set(state["oauth_user"]["groups"])


@pytest.fixture(params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def objects(environment: str, rendered: dict[str, list[Resource]]) -> list[Resource]:
    return rendered[environment]


@pytest.fixture
def config(objects: list[Resource], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What the file sets with the variables of the environment's Deployment."""
    for name, value in variables(objects).items():
        monkeypatch.setenv(name, value)
    client = types.ModuleType("tornado.httpclient")
    client.HTTPClientError = Refused  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tornado", types.ModuleType("tornado"))
    monkeypatch.setitem(sys.modules, "tornado.httpclient", client)
    settings = Settings()
    exec(compile(CONFIG.read_text(encoding="utf-8"), CONFIG, "exec"), {"get_config": lambda: settings})
    return settings


def one(objects: list[Resource], kind: str, name: str) -> dict[str, Any]:
    (found,) = [r for r in objects if (r.kind, r.namespace, r.name) == (kind, NAMESPACE, name)]
    return dict(found.body)


def hub(objects: list[Resource]) -> dict[str, Any]:
    container: dict[str, Any] = one(objects, "Deployment", "jupyterhub")["spec"]["template"]["spec"]["containers"][0]
    return container


def variables(objects: list[Resource]) -> dict[str, str]:
    return {entry["name"]: entry.get("value", "secret") for entry in hub(objects)["env"]}


def template(objects: list[Resource]) -> dict[str, Any]:
    found: dict[str, Any] = one(objects, "PodTemplate", "jupyterhub-notebook")["template"]
    return found


def test_the_file_reads_the_variables_that_the_deployment_sets(objects: list[Resource]) -> None:
    read = {
        node.slice.value
        for node in ast.walk(ast.parse(CONFIG.read_text(encoding="utf-8")))
        if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ" and isinstance(node.slice, ast.Constant)
    }
    by_jupyterhub_itself = {"CONFIGPROXY_AUTH_TOKEN", "JUPYTERHUB_CRYPT_KEY"}
    assert read | by_jupyterhub_itself == set(variables(objects))


def test_no_placeholder_is_left(objects: list[Resource]) -> None:
    assert not {"environment", "dare.invalid", "jupyterhub-notebook"} & set(variables(objects).values())


def test_notebooks_are_made_of_what_the_template_says(config: Settings, objects: list[Resource]) -> None:
    container = template(objects)["spec"]["containers"][0]
    spawner = config.KubeSpawner
    assert spawner.image == container["image"]
    assert spawner.extra_resource_guarantees == container["resources"]["requests"]
    assert spawner.extra_resource_limits == container["resources"]["limits"]
    assert spawner.extra_container_config["envFrom"] == container["envFrom"]
    assert spawner.service_account == template(objects)["spec"]["serviceAccountName"]
    assert spawner.common_labels.items() >= template(objects)["metadata"]["labels"].items()


def test_notebooks_keep_to_pod_security_restricted(config: Settings) -> None:
    spawner = config.KubeSpawner
    pod = spawner.pod_security_context
    assert pod["runAsNonRoot"] is True
    assert pod["runAsUser"] > 0
    assert pod["seccompProfile"] == {"type": "RuntimeDefault"}
    assert spawner.container_security_context == {"capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True}
    assert spawner.allow_privilege_escalation is False
    assert spawner.automount_service_account_token is False


def test_no_service_sends_requests_to_notebooks(config: Settings, objects: list[Resource]) -> None:
    labels = config.KubeSpawner.common_labels
    for service in objects:
        if service.kind == "Service" and service.namespace == NAMESPACE:
            assert not service.body["spec"]["selector"].items() <= labels.items(), service.identity


def test_the_quotas_hold_as_many_notebooks_as_the_hub_allows(config: Settings, objects: list[Resource]) -> None:
    quota = one(objects, "ResourceQuota", "notebooks")["spec"]
    allowed = config.JupyterHub.active_server_limit
    resources = template(objects)["spec"]["containers"][0]["resources"]
    assert config.KubeSpawner.extra_pod_config["activeDeadlineSeconds"] > 0
    assert quota["scopes"] == ["Terminating"]
    assert int(quota["hard"]["pods"]) == allowed
    for name in ("requests.cpu", "requests.memory", "limits.memory"):
        kind, resource = name.split(".")
        assert parse_quantity(quota["hard"][name]) >= allowed * parse_quantity(resources[kind][resource]), name


def test_a_claim_for_each_notebook_fits(config: Settings, objects: list[Resource], environment: str, tree: Tree) -> None:
    size = parse_quantity(config.KubeSpawner.storage_capacity)
    quota = one(objects, "ResourceQuota", "storage")["spec"]["hard"]
    own = parse_quantity(one(objects, "PersistentVolumeClaim", "jupyterhub")["spec"]["resources"]["requests"]["storage"])
    assert int(quota["persistentvolumeclaims"]) > config.JupyterHub.active_server_limit
    assert parse_quantity(quota["requests.storage"]) == own + (int(quota["persistentvolumeclaims"]) - 1) * size
    limits = {entry["type"]: entry for entry in one(objects, "LimitRange", "notebooks")["spec"]["limits"]}
    assert parse_quantity(limits["PersistentVolumeClaim"]["max"]["storage"]) == size
    for cluster in tree.environments[environment].clusters:
        wanted = config.KubeSpawner.storage_class
        (found,) = [one for one in cluster.facts.storage.classes if (one.default if wanted is None else one.name == wanted)]
        assert set(config.KubeSpawner.storage_access_modes) <= {mode.value for mode in found.access_modes}


def test_keycloak_knows_the_address_to_which_it_sends_users_back(config: Settings, objects: list[Resource]) -> None:
    (ingress,) = [r for r in objects if (r.kind, r.namespace) == ("Ingress", NAMESPACE)]
    (rule,) = ingress.body["spec"]["rules"]
    (way,) = rule["http"]["paths"]
    assert config.JupyterHub.public_url == f"https://{rule['host']}{way['path']}/"
    assert config.GenericOAuthenticator.oauth_callback_url == f"https://{rule['host']}{way['path']}/hub/oauth_callback"
    (realm,) = [r.body["data"]["dare-realm.json"] for r in objects if r.name.startswith("keycloak-realm-")]
    assert f'"{way["path"]}/hub/oauth_callback"' in realm


def test_notebooks_reach_neither_each_other_nor_a_database_nor_the_proxys_routes(objects: list[Resource]) -> None:
    network = Network.of(objects)
    (notebook,) = [pods for pods in network.pods if pods.workload.name == "jupyterhub-notebook"]
    reached = {
        pods.workload.name
        for pods in network.pods
        for container in pods.containers
        for port in container.get("ports", [])
        if network.lets_out(notebook, pods, port["containerPort"]) and network.lets_in(notebook, pods, port["containerPort"])
    }
    assert reached == {"jupyterhub", "dare-login", "d4p-registry", "workflow-registry", "exec-api", "sprov", "traefik"}


@pytest.mark.parametrize(
    ("answer", "renewed"),
    [
        pytest.param({"access_token": "a", "refresh_token": "new"}, {"access_token": "a", "refresh_token": "new"}, id="both"),
        pytest.param({"access_token": "a"}, {"access_token": "a", "refresh_token": "old"}, id="the refresh token stays"),
        pytest.param(Refused(400), False, id="the session is over"),
        pytest.param(Refused(503), True, id="Keycloak starts"),
        pytest.param(ConnectionRefusedError(), True, id="Keycloak is away"),
    ],
)
def test_a_token_is_renewed(answer: dict[str, str] | Exception, renewed: dict[str, str] | bool, config: Settings) -> None:
    person = {"sub": "1", "groups": ["user", "developer"]}
    wanted: object = renewed
    if isinstance(renewed, dict):
        wanted = {"name": "jane", "auth_state": {**renewed, "oauth_user": person}, "groups": ["developer", "user"]}
    assert refreshed(config, answer, ["user", "developer"]) == wanted


def test_whoever_has_lost_the_role_has_to_sign_in_again(config: Settings) -> None:
    assert refreshed(config, {"access_token": "a"}, ["default-roles-dare"]) is False


def refreshed(config: Settings, answer: dict[str, str] | Exception, roles: list[str]) -> object:
    """What the hook says of a user who signed in before, when Keycloak answers so and knows these roles."""
    sign_in = config.GenericOAuthenticator
    state = {"access_token": "before", "refresh_token": "old", "oauth_user": {"sub": "1", "groups": ["user"]}}
    authenticator = Authenticator(answer, roles, sign_in.allowed_groups)
    return asyncio.run(sign_in.refresh_user_hook(authenticator, types.SimpleNamespace(name="jane"), state))


def test_only_a_role_that_no_account_has_by_itself_opens_notebooks(config: Settings, objects: list[Resource]) -> None:
    (text,) = [r.body["data"]["dare-realm.json"] for r in objects if r.name.startswith("keycloak-realm-")]
    realm = json.loads(text)
    sign_in = config.GenericOAuthenticator
    assert "allow_all" not in sign_in
    assert sign_in.allowed_groups <= {role["name"] for role in realm["roles"]["realm"]}
    assert "defaultRole" not in realm
    (client,) = [client for client in realm["clients"] if client["clientId"] == sign_in.client_id]
    (claim,) = [m["config"] for m in client["protocolMappers"] if m["protocolMapper"] == "oidc-usermodel-realm-role-mapper"]
    assert claim["userinfo.token.claim"] == "true"
    assert sign_in.auth_state_groups_key == f"oauth_user.{claim['claim.name']}"


def test_a_token_goes_to_its_own_users_notebook_alone(config: Settings) -> None:
    jane, john = (types.SimpleNamespace(environment=config.KubeSpawner.setdefault("environment", {})) for _ in range(2))
    config.KubeSpawner.auth_state_hook(jane, {"access_token": "of jane"})
    assert jane.environment == {"DARE_TOKEN": "of jane"}
    assert john.environment == {}
