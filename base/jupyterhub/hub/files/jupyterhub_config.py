"""Configuration of JupyterHub 5.5 with OAuthenticator 17 and KubeSpawner 7. What differs between environments is in os.environ."""

import os
import sys

from tornado.httpclient import HTTPClientError

c = get_config()  # noqa: F821

PUBLIC = f"https://{os.environ['DARE_DOMAIN']}"
REALM = "realms/dare/protocol/openid-connect"
BROWSERS_KEYCLOAK = f"{PUBLIC}/auth/{REALM}"
# Inside the cluster, so that a login depends neither on the load balancer nor on its certificate.
KEYCLOAK = f"http://keycloak.keycloak.svc:8080/auth/{REALM}"

# --- Addresses -----------------------------------------------------------------------------------------------------------------

c.JupyterHub.bind_url = "http://:8000/jupyterhub/"
c.JupyterHub.public_url = f"{PUBLIC}/jupyterhub/"
c.JupyterHub.hub_bind_url = "http://:8081"
# How the proxy and the notebooks reach the hub.
c.JupyterHub.hub_connect_url = "http://jupyterhub.jupyterhub.svc:8081"

# A pod of its own, so that a restart of the hub cuts no connection to a notebook.
c.ConfigurableHTTPProxy.should_start = False
c.ConfigurableHTTPProxy.api_url = "http://jupyterhub-proxy.jupyterhub.svc:8001"
# Prometheus reads the metrics from the hub itself and without a password. From outside, these paths lead to a port that is closed.
c.JupyterHub.authenticate_prometheus = False
c.Proxy.extra_routes = {
    "/jupyterhub/hub/metrics/": "http://127.0.0.1:9",
    "/jupyterhub/hub/api/metrics/": "http://127.0.0.1:9",
}
# Also how soon a proxy that was restarted has its routes again.
c.JupyterHub.last_activity_interval = 60

# --- The hub's own state -------------------------------------------------------------------------------------------------------

c.JupyterHub.db_url = "sqlite:////srv/jupyterhub/jupyterhub.sqlite"
# After an upgrade; the file as it was stays beside it.
c.JupyterHub.upgrade_db = True
# Made at the first start.
c.JupyterHub.cookie_secret_file = "/srv/jupyterhub/cookie_secret"
# Notebooks outlive the hub.
c.JupyterHub.cleanup_servers = False

# --- Signing in ----------------------------------------------------------------------------------------------------------------

c.JupyterHub.authenticator_class = "generic-oauth"
c.GenericOAuthenticator.login_service = "DARE"
c.GenericOAuthenticator.client_id = "jupyterhub"
c.GenericOAuthenticator.client_secret = os.environ["JUPYTERHUB_CLIENT_SECRET"]
c.GenericOAuthenticator.oauth_callback_url = f"{PUBLIC}/jupyterhub/hub/oauth_callback"
c.GenericOAuthenticator.authorize_url = f"{BROWSERS_KEYCLOAK}/auth"
c.GenericOAuthenticator.token_url = f"{KEYCLOAK}/token"
c.GenericOAuthenticator.userdata_url = f"{KEYCLOAK}/userinfo"
# Who signs out here signs out everywhere: otherwise the next one at this computer would be signed in again by one click.
c.GenericOAuthenticator.logout_redirect_url = f"{BROWSERS_KEYCLOAK}/logout?client_id=jupyterhub"
c.GenericOAuthenticator.scope = ["openid", "profile"]
c.GenericOAuthenticator.username_claim = "preferred_username"
# Who has the role "user" in Keycloak's realm may come in, be it as a part of "developer" or "admin": an account alone, which everybody
# gets who comes by way of EGI Check-in, opens nothing. The claim "groups" lists the roles. Nobody is an administrator here: those could
# open others' notebooks, and what an operator has to do goes by kubectl.
c.GenericOAuthenticator.manage_groups = True
c.GenericOAuthenticator.auth_state_groups_key = "oauth_user.groups"
c.GenericOAuthenticator.allowed_groups = {"user"}
c.GenericOAuthenticator.custom_403_message = "Your account has no role on this platform yet. Ask its administrators for one."
# Keeps the users' tokens, encrypted with JUPYTERHUB_CRYPT_KEY.
c.GenericOAuthenticator.enable_auth_state = True
# In seconds. Keycloak's access tokens live five minutes unless the realm says otherwise, so one that is handed out is good for three
# more at least.
c.GenericOAuthenticator.auth_refresh_age = 120


async def renew_token(authenticator, user, auth_state):
    """A fresh access token for every user who is around, be it only through a notebook that reports to be in use.

    By itself OAuthenticator keeps a token as long as Keycloak takes it, be it for one more second, and asks only at the login who is
    allowed. A session that Keycloak has ended, a user whom it does not know any more, and one who has lost the role have to sign in
    again.
    """
    if not auth_state or not auth_state.get("refresh_token"):
        return False
    asked = authenticator.build_refresh_token_request_params(auth_state["refresh_token"])
    try:
        token = await authenticator.get_token_info(None, asked)
        person = await authenticator.token_to_user(token)
    except HTTPClientError as error:
        # While Keycloak is away nobody is signed out; the next request tries again.
        return error.code >= 500
    except OSError:
        return True
    # Keycloak may keep the old one.
    token.setdefault("refresh_token", auth_state["refresh_token"])
    renewed = authenticator.build_auth_state_dict(token, person)
    groups = await authenticator.get_user_groups(renewed)
    if not groups & authenticator.allowed_groups:
        return False
    return {"name": user.name, "auth_state": renewed, "groups": sorted(groups)}


c.GenericOAuthenticator.refresh_user_hook = renew_token


def hand_over_token(spawner, auth_state):
    """D5.2, step 5 of the login: the user's token is loaded into the notebook.

    assumed: the variable's name; what DARE's clients read is not published.
    """
    spawner.environment = {**spawner.environment, "DARE_TOKEN": auth_state["access_token"]}


c.KubeSpawner.auth_state_hook = hand_over_token

# The token in the environment lapses after five minutes. A notebook asks the hub for a new one, for its own user only:
# GET $JUPYTERHUB_API_URL/users/$JUPYTERHUB_USER answers with it in auth_state.access_token. A token is handed on within the rights
# that its user has, so the user has this one too.
c.JupyterHub.load_roles = [
    {"name": "user", "scopes": ["self", "admin:auth_state!user"]},
    {"name": "culler", "services": ["culler"], "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"]},
]
c.KubeSpawner.server_token_scopes = ["users:activity!user", "access:servers!server", "admin:auth_state!user"]

# --- Notebooks -----------------------------------------------------------------------------------------------------------------

c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
c.JupyterHub.active_server_limit = int(os.environ["NOTEBOOKS_AT_ONCE"])
# Pulling the image takes its time on a node that never had it. In seconds.
c.KubeSpawner.start_timeout = 600
c.KubeSpawner.http_timeout = 60
# Without this the image's own command runs, which knows no hub.
c.KubeSpawner.cmd = ["jupyterhub-singleuser"]
c.KubeSpawner.image = os.environ["NOTEBOOK_IMAGE"]
c.KubeSpawner.image_pull_policy = "Always"
# By default these are the hub's: its Service would send requests to notebooks.
c.KubeSpawner.common_labels = {
    "app.kubernetes.io/name": "jupyterhub-notebook",
    "app.kubernetes.io/managed-by": "kubespawner",
}
c.KubeSpawner.service_account = "jupyterhub-notebook"
c.KubeSpawner.automount_service_account_token = False

# As Kubernetes writes quantities, which mem_limit and its like do not.
c.KubeSpawner.extra_resource_guarantees = {
    "cpu": os.environ["NOTEBOOK_CPU_REQUEST"],
    "memory": os.environ["NOTEBOOK_MEMORY_REQUEST"],
}
c.KubeSpawner.extra_resource_limits = {
    "cpu": os.environ["NOTEBOOK_CPU_LIMIT"],
    "memory": os.environ["NOTEBOOK_MEMORY_LIMIT"],
}

# What pod security "restricted" asks for, and more.
c.KubeSpawner.allow_privilege_escalation = False
c.KubeSpawner.container_security_context = {"capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True}
c.KubeSpawner.pod_security_context = {
    "runAsNonRoot": True,
    # The user jovyan of the image.
    # assumed: with a group of the same number, as in the samples of earlier charts; and that Jupyter writes to its home and /tmp alone.
    "runAsUser": 1000,
    "runAsGroup": 1000,
    "fsGroup": 1000,
    "fsGroupChangePolicy": "OnRootMismatch",
    "seccompProfile": {"type": "RuntimeDefault"},
}
c.KubeSpawner.extra_pod_config = {
    # Names and addresses of the hub and the proxy come from the hub.
    "enableServiceLinks": False,
    # A day, and the files stay. By this the namespace's quotas tell notebooks from the hub. Long computations are jobs of the
    # execution API.
    "activeDeadlineSeconds": 86400,
}
c.KubeSpawner.extra_container_config = {"envFrom": [{"configMapRef": {"name": "jupyterhub-notebook"}}]}

# A volume for each user, made when the first notebook starts. It stays when the notebook stops, and also when the user leaves:
# docs/notebooks.md says how it goes.
c.KubeSpawner.storage_pvc_ensure = True
c.KubeSpawner.delete_pvc = False
c.KubeSpawner.pvc_name_template = "home-{username}"
# Where the environment names none, the cluster's default: "" would ask for a volume without a class, which nobody makes.
c.KubeSpawner.storage_class = os.environ["NOTEBOOK_STORAGE_CLASS"] or None
c.KubeSpawner.storage_capacity = os.environ["NOTEBOOK_STORAGE_SIZE"]
c.KubeSpawner.storage_access_modes = ["ReadWriteOnce"]
# There are no claims from before KubeSpawner 7.
c.KubeSpawner.handle_legacy_names = False
c.KubeSpawner.volumes = [
    {"name": "home", "persistentVolumeClaim": {"claimName": "home-{username}"}},
    {"name": "tmp", "emptyDir": {"sizeLimit": "512Mi"}},
]
c.KubeSpawner.volume_mounts = [
    # The home of the image's user, and where packages go that a user installs.
    {"name": "home", "mountPath": "/home/jovyan"},
    {"name": "tmp", "mountPath": "/tmp"},
]

# Stops notebooks that nobody has used for an hour, so that others find room. By the hub's own port: the address that it would take
# by itself is the Service's.
c.JupyterHub.services = [
    {
        "name": "culler",
        "command": [
            sys.executable,
            "-m",
            "jupyterhub_idle_culler",
            "--url=http://127.0.0.1:8081/jupyterhub/hub/api",
            "--timeout=3600",
            "--cull-every=300",
        ],
    }
]
