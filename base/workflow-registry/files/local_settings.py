"""Settings of this deployment, in place of the development defaults in the registry's own settings module.

Runs under Python 2 and 3: which one the image has is not published.
"""

import os


def _secret(name):
    """Read one key of a mounted Secret; files do not show up in the environment of child processes or in crash reports."""
    with open(os.path.join("/etc/workflow-registry/secrets", name)) as secret:
        return secret.read().strip()


DEBUG = False
SECRET_KEY = _secret("secret-key")

# The public host for users; the Service's address, by which DARE's clients call it, and its names.
ALLOWED_HOSTS = [
    os.environ["WORKFLOW_REGISTRY_PUBLIC_HOST"],
    os.environ["WORKFLOW_REGISTRY_SERVICE_HOST"],
    "workflow-registry",
    "workflow-registry.dare",
    "workflow-registry.dare.svc",
]

# Traefik ends TLS and takes the path prefix off; links that Django writes need both back.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
FORCE_SCRIPT_NAME = "/workflow-registry"

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.mysql",
        "NAME": "workflow_registry",
        "USER": "workflow_registry",
        "PASSWORD": _secret("db-password"),
        "HOST": "workflow-registry-db",
        "PORT": "3306",
        "OPTIONS": {"charset": "utf8mb4"},
    }
}
