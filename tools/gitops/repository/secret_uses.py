"""The Secrets that rendered objects name, and those that a controller makes from a rendered object.

Fields that name a Secret have a few shapes, which Kubernetes' own kinds and custom resources share: ``secretKeyRef``,
``secretRef`` and whatever else ends with ``SecretRef``, ``secretName``, volumes and projections of kind ``secret``,
``imagePullSecrets``. They are looked for at any depth, since pod templates stand at many. Sources: the reference of
Kubernetes' API; https://kubernetes-csi.github.io/docs/secrets-and-credentials-storage-class.html for storage classes;
https://cert-manager.io/docs/reference/annotations/ and …/api-docs/ for cert-manager.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from gitops.models.paths import JsonPath
from gitops.models.resource import Resource
from gitops.models.secret import SecretName
from gitops.models.values import mapping, sequence

# Where cert-manager looks for the Secrets that a ClusterIssuer names (its --cluster-resource-namespace).
_ISSUERS_NAMESPACE = "cert-manager"
_ISSUER_ANNOTATIONS = frozenset({"cert-manager.io/cluster-issuer", "cert-manager.io/issuer"})
_INJECTED = "cert-manager.io/inject-ca-from-secret"
_CERTIFICATE_KEYS = frozenset({"ca.crt", "tls.crt", "tls.key"})
# What the token controller fills in: https://kubernetes.io/docs/concepts/configuration/secret/#service-account-token-secrets
_ACCOUNT_KEYS = frozenset({"ca.crt", "namespace", "token"})
_CSI_NAME = "-secret-name"
_CSI_NAMESPACE = "-secret-namespace"
_REFERENCE = "SecretRef"
_FIELDS = frozenset({"imagePullSecrets", "secret", "secretKeyRef", "secretName", "secretRef", "secrets"})
# What holds names of fields instead of objects, and what people wrote for programs.
_UNREAD = frozenset({("apiextensions.k8s.io", "CustomResourceDefinition"), ("", "ConfigMap"), ("", "Secret")})


class Use(NamedTuple):
    """A Secret that an object names at ``path``. No ``key`` is all keys; ``optional`` ones may be missing."""

    resource: Resource
    path: JsonPath
    secret: SecretName
    key: str | None = None
    optional: bool = False


def uses(resource: Resource) -> Iterator[Use]:
    """Every Secret that an object reads, or hands to something that does. Without a namespace: that can't be told."""
    if (resource.group, resource.kind) in _UNREAD:
        return
    yield from _annotated(resource)
    found = list(_by_pairs(resource, mapping(resource.body.get("parameters"))))
    _walk(resource, resource.body, (), found)
    for use in found:
        yield use if use.secret.namespace else use._replace(secret=use.secret._replace(namespace=_home(resource)))


def made_from(resource: Resource) -> Iterator[tuple[SecretName, frozenset[str]]]:
    """The Secrets that a controller of the cluster makes from an object, with their keys; with a Secret's own object, that."""
    spec = mapping(resource.body.get("spec"))
    if (resource.group, resource.kind) == ("", "Secret"):
        keys = frozenset({**mapping(resource.body.get("data")), **mapping(resource.body.get("stringData"))})
        filled_in = _ACCOUNT_KEYS if resource.body.get("type") == "kubernetes.io/service-account-token" else frozenset()
        yield SecretName(resource.namespace, resource.name), keys | filled_in
    elif (resource.group, resource.kind) == ("networking.k8s.io", "Ingress"):
        if _ISSUER_ANNOTATIONS & set(mapping(resource.metadata.get("annotations"))):
            for entry in map(mapping, sequence(spec.get("tls"))):
                yield SecretName(resource.namespace, str(entry.get("secretName", ""))), _CERTIFICATE_KEYS
    elif resource.group == "cert-manager.io" and resource.kind == "Certificate":
        yield SecretName(resource.namespace, str(spec.get("secretName", ""))), _CERTIFICATE_KEYS | frozenset(_other_forms(spec))
    elif resource.group == "cert-manager.io" and resource.kind in ("Issuer", "ClusterIssuer"):
        account = mapping(mapping(spec.get("acme")).get("privateKeySecretRef"))
        yield SecretName(_home(resource), str(account.get("name", ""))), frozenset({"tls.key"})


def _other_forms(certificate: dict[str, Any]) -> Iterator[str]:
    """The keys in which cert-manager keeps a certificate once more, in other forms."""
    for form, suffix in (("jks", "jks"), ("pkcs12", "p12")):
        if mapping(mapping(certificate.get("keystores")).get(form)).get("create") is True:
            yield from (f"keystore.{suffix}", f"truststore.{suffix}")
    formats = (entry.get("type") for entry in map(mapping, sequence(certificate.get("additionalOutputFormats"))))
    yield from ({"CombinedPEM": "tls-combined.pem", "DER": "key.der"}.get(str(one), "") for one in formats)


def values_of(resource: Resource) -> Iterator[JsonPath]:
    """The values that a manifest of a Secret holds."""
    if (resource.group, resource.kind) == ("", "Secret"):
        for field in ("data", "stringData"):
            for key, value in mapping(resource.body.get(field)).items():
                if value:
                    yield field, key


def _home(resource: Resource) -> str:
    if (resource.group, resource.kind) == ("cert-manager.io", "ClusterIssuer"):
        return _ISSUERS_NAMESPACE
    return resource.namespace


def _annotated(resource: Resource) -> Iterator[Use]:
    named = mapping(resource.metadata.get("annotations")).get(_INJECTED)
    namespace, slash, name = str(named or "").partition("/")
    if slash:
        yield Use(resource, ("metadata", "annotations", _INJECTED), SecretName(namespace, name))


def _walk(resource: Resource, value: Any, path: JsonPath, found: list[Use]) -> None:
    """Adds what is named at any depth: no generator, since every value of thousands of objects is looked at."""
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        nested = isinstance(item, dict | list)
        if key in _FIELDS or (nested and str(key).endswith(_REFERENCE)):
            found += _named(resource, str(key), item, (*path, str(key)))
        if nested and item:
            _walk(resource, item, (*path, key), found)


def _named(resource: Resource, field: str, item: Any, path: JsonPath) -> Iterator[Use]:
    """What one field names, by its name and shape."""
    if field in ("imagePullSecrets", "secrets"):
        listed = sequence(item) if field != "secrets" or resource.kind == "ServiceAccount" else []
        for index, entry in enumerate(map(mapping, listed)):
            yield from _use(resource, (*path, index, "name"), entry.get("name"), entry)
    elif field == "secretName" and isinstance(item, str) and path[-2:-1] != ("secret",):
        yield from _use(resource, path, item, {})
    elif isinstance(item, dict) and field == "secret":
        name = "secretName" if "secretName" in item else "name"
        yield from _volume(resource, item, (*path, name), item.get(name))
    elif isinstance(item, dict):
        yield from _use(resource, (*path, "name"), item.get("name"), item)


def _volume(resource: Resource, source: dict[str, Any], path: JsonPath, name: Any) -> Iterator[Use]:
    items = sequence(source.get("items"))
    for index, entry in enumerate(map(mapping, items)):
        yield from _use(resource, (*path[:-1], "items", index, "key"), name, {**source, "key": entry.get("key")})
    if not items:
        yield from _use(resource, path, name, source)


def _use(resource: Resource, path: JsonPath, name: Any, described: dict[str, Any]) -> Iterator[Use]:
    """A malformed name or key is for the schema to report."""
    key = described.get("key")
    if isinstance(name, str) and name:
        namespace = described.get("namespace")
        secret = SecretName(namespace if isinstance(namespace, str) else "", name)
        yield Use(resource, path, secret, key if isinstance(key, str) else None, described.get("optional") is True)


def _by_pairs(resource: Resource, values: dict[str, Any]) -> Iterator[Use]:
    """Parameters of storage classes: one names the Secret, the other its namespace. Templates in them name none."""
    for name, secret in values.items():
        if str(name).endswith(_CSI_NAME):
            namespace = values.get(f"{str(name).removesuffix(_CSI_NAME)}{_CSI_NAMESPACE}")
            if isinstance(secret, str) and isinstance(namespace, str) and "$" not in secret + namespace:
                yield Use(resource, ("parameters", str(name)), SecretName(namespace, secret))


class Reading:
    """Who reads which key of which Secret, over all objects of an environment."""

    def __init__(self, uses_of_all: Iterable[Use]) -> None:
        self._by_secret: dict[SecretName, list[Use]] = {}
        for use in uses_of_all:
            self._by_secret.setdefault(use.secret, []).append(use)

    def of(self, secret: SecretName) -> list[Use]:
        """The uses of a Secret, those without a namespace included."""
        return [*self._by_secret.get(secret, ()), *self._by_secret.get(SecretName("", secret.name), ())]

    def reads(self, secret: SecretName, key: str) -> bool:
        """Whether anything reads this key, or the Secret as a whole."""
        return any(use.key in (None, key) for use in self.of(secret))
