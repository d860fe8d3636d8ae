"""Where a realm may send users: to what the environment serves, and by components that have to do with it."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from gitops.checks.evidence import EnvironmentEvidence
from gitops.checks.unit import Problem, Scope, check
from gitops.repository.realm import Redirect, redirects

# A program on the user's own machine, such as kubectl's login (RFC 8252, sections 7.1 and 7.3).
_OWN_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


@check(
    "NET013",
    "Redirect address that nothing serves",
    Scope.ENVIRONMENT,
    why="Users who signed in land nowhere; and who gets hold of a host that is no longer ours gets their codes.",
    fix="Name an address that an Ingress of the environment serves, with https, or take the address out of the client.",
    reference="https://datatracker.ietf.org/doc/html/rfc9700#section-2.1",
)
def nothing_served(evidence: EnvironmentEvidence) -> Iterator[Problem]:
    """Redirect addresses of a realm's clients whose host and path no Ingress and no Argo CD of the environment serves.

    The component behind the address has to depend on the realm's, or the other way round. Addresses on the user's own machine
    are none of the environment's. A client called like a component that this environment does without, and others run, may
    lead to its address below the domain: the realm is one for all environments.
    """
    if not evidence.rendered.complete:
        return
    for redirect in redirects(evidence.resources, evidence.network):
        if fault := _fault(evidence, redirect):
            message = f"client {redirect.client}: {redirect.url} {fault}"
            yield Problem(message, redirect.realm, ("data", redirect.key), text=redirect.written)


def _fault(evidence: EnvironmentEvidence, redirect: Redirect) -> str:
    if redirect.unresolved:
        return f"has {redirect.unresolved}, which no variable of the pods that read the realm answers"
    try:
        parts = urlsplit(redirect.url)
        host = parts.hostname
    except ValueError:
        return "is no address"
    if parts.scheme not in ("http", "https"):
        return "" if parts.scheme else "is relative, and the client has no rootUrl"  # an app's own scheme, RFC 8252 7.1
    if not host:
        return "has no host"
    return "" if host in _OWN_MACHINE else _unserved(evidence, redirect, parts.scheme, host, parts.path or "/")


def _unserved(evidence: EnvironmentEvidence, redirect: Redirect, scheme: str, host: str, path: str) -> str:
    if scheme != "https":
        return "is not https"
    if host in {urlsplit(cluster.facts.argocd.url).hostname for cluster in evidence.clusters if cluster.facts.argocd}:
        return ""
    if evidence.is_missing(redirect.client) and any(_is_below(host, one.facts.domain) for one in evidence.clusters):
        return ""
    here = redirect.realm.overlay.component
    serving = [route for route in evidence.routes if route.serves(host, path.rstrip("*"))]
    if not serving:
        return "is served by no Ingress of this environment"
    behind = {route.resource.overlay.component for route in serving if len(route.path) == max(len(one.path) for one in serving)}
    if not any(evidence.related(here, component) for component in behind):
        return f"is served by {' and '.join(sorted(behind))}, and neither it nor {here} depends on the other"
    return ""


def _is_below(host: str, domain: str) -> bool:
    return host == domain or host.endswith(f".{domain}")
