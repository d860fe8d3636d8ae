"""Settings of this deployment, read by the registry's own settings module in place of its development defaults.

Runs under Python 2 and 3: upstream's version of 2018 is Python 2, and which one the image has is not published.
"""

import os


def _secret(name):
    """Read one key of a mounted Secret; files do not show up in the environment of child processes or in crash reports."""
    with open(os.path.join("/etc/d4p-registry/secrets", name)) as secret:
        return secret.read().strip()


DEBUG = False
SECRET_KEY = _secret("secret-key")

# The public host for users; the Service's address, by which DARE's clients call it, and its names.
ALLOWED_HOSTS = [
    os.environ["D4P_REGISTRY_PUBLIC_HOST"],
    os.environ["D4P_REGISTRY_SERVICE_HOST"],
    "d4p-registry",
    "d4p-registry.dare",
    "d4p-registry.dare.svc",
]

# Traefik ends TLS and takes the path prefix off; links that Django writes need both back.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
FORCE_SCRIPT_NAME = "/d4p-registry"

# Double quotes throughout: upstream's start script makes a superuser of whatever USER and PASSWORD it finds here in single ones.
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.mysql",
        "NAME": "d4p_registry",
        "USER": "d4p_registry",
        "PASSWORD": _secret("db-password"),
        "HOST": "d4p-registry-db",
        "PORT": "3306",
        "OPTIONS": {"charset": "utf8mb4"},
    }
}
