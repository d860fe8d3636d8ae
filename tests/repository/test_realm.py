"""Invariants of signing in: the realm that Keycloak imports, and what the programs that ask it take for granted."""

import json
import re
import tomllib
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import pytest
import yaml

from gitops.models.resource import Resource
from gitops.repository.tree import Tree
from tests.repository.conftest import ROOT

BASE = ROOT / "base"
REALM: dict[str, Any] = json.loads((BASE / "keycloak/files/realm-dare.json").read_text(encoding="utf-8"))
CLIENTS: list[dict[str, Any]] = REALM["clients"]
ROLES = {role["name"] for role in REALM["roles"]["realm"]}

# Keycloak's import replaces them by environment variables; with another form of name they are its own, as in ${CLAIM.sub}.
PLACEHOLDER = re.compile(r"\$\{([A-Z0-9_]+)\}")

every_client = pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client["clientId"])


@pytest.fixture(params=["testbed", "production"])
def variables(request: pytest.FixtureRequest, rendered: dict[str, list[Resource]]) -> dict[str, dict[str, Any]]:
    """The environment variables of Keycloak's container by name."""
    keycloak = next(one for one in rendered[request.param] if (one.kind, one.name) == ("StatefulSet", "keycloak"))
    return {variable["name"]: variable for variable in keycloak.body["spec"]["template"]["spec"]["containers"][0]["env"]}


def test_every_placeholder_of_the_realm_is_a_variable_of_keycloak(variables: dict[str, dict[str, Any]]) -> None:
    asked = set(PLACEHOLDER.findall(json.dumps(REALM)))
    assert asked <= set(variables)
    ours = {name for name in variables if name.endswith(("_CLIENT_ID", "_CLIENT_SECRET")) or name.startswith("DARE_")}
    assert ours <= asked, "a variable that the realm does not use"


@every_client
def test_a_client_has_a_secret_from_outside_or_none(client: dict[str, Any], variables: dict[str, dict[str, Any]]) -> None:
    if client["publicClient"]:
        assert "secret" not in client
    else:
        name = PLACEHOLDER.fullmatch(client["secret"])
        assert name
        reference = variables[name[1]]["valueFrom"]["secretKeyRef"]
        assert (reference["name"], reference["key"]) == ("keycloak-clients", client["clientId"])


@every_client
def test_a_client_is_redirected_to_exact_addresses_by_tls(client: dict[str, Any], variables: dict[str, dict[str, Any]]) -> None:
    addresses = client.get("redirectUris", [])
    assert bool(addresses) == client["standardFlowEnabled"]
    for address in addresses:
        root = PLACEHOLDER.sub(lambda match: str(variables[match[1]]["value"]), client.get("rootUrl", ""))
        target = urlsplit(urljoin(root, address))
        assert "*" not in address
        assert target.scheme == "https" or target.hostname == "localhost"
        assert ".invalid" not in target.netloc, "the environment has not put its host there"


@every_client
def test_a_client_uses_only_flows_that_it_has_to(client: dict[str, Any]) -> None:
    assert not client["implicitFlowEnabled"]
    assert not client["serviceAccountsEnabled"]
    assert client["directAccessGrantsEnabled"] == (client["clientId"] == "dare-login")
    if client["standardFlowEnabled"]:
        assert client["attributes"]["pkce.code.challenge.method"] == "S256"


def test_tokens_can_be_exchanged_by_the_login_service_alone_which_they_name() -> None:
    exchanging = {
        client["clientId"]
        for client in CLIENTS
        if client.get("attributes", {}).get("standard.token.exchange.enabled") == "true"
    }
    assert exchanging == {"dare-login"}
    named = {
        client["clientId"]
        for client in CLIENTS
        for mapper in client.get("protocolMappers", [])
        if mapper["config"].get("included.client.audience") == "dare-login"
    }
    assert named == {"dare-login", "jupyterhub"}


def test_what_asks_for_groups_gets_the_roles_in_that_claim() -> None:
    for client in CLIENTS:
        if client["standardFlowEnabled"]:
            claims = [mapper["config"].get("claim.name") for mapper in client["protocolMappers"]]
            assert "groups" in claims, client["clientId"]


def test_the_realm_leaves_keycloaks_own_scopes_alone() -> None:
    # With a list of its own, the import makes none of those that Keycloak has by default, such as profile and email.
    assert "clientScopes" not in REALM


def test_roles_that_are_asked_for_are_there() -> None:
    dynamic = yaml.safe_load((BASE / "traefik/files/dynamic.yaml").read_text(encoding="utf-8"))
    asking = [one["forwardAuth"] for one in dynamic["http"]["middlewares"].values() if "forwardAuth" in one]
    for middleware in asking:
        assert set(parse_qs(urlsplit(middleware["address"]).query).get("allowed_groups", [])) <= ROLES
    proxy = tomllib.loads((BASE / "oauth2-proxy/files/oauth2-proxy.cfg").read_text(encoding="utf-8"))
    # Empty, it would let everybody in who has an account anywhere.
    assert proxy["allowed_groups"]
    assert set(proxy["allowed_groups"]) <= ROLES
    grafana = (BASE / "grafana/files/grafana.ini").read_text(encoding="utf-8")
    expression = re.search(r"^role_attribute_path = (.*)$", grafana, re.MULTILINE)
    assert expression
    assert set(re.findall(r"contains\(groups\[\*\], '(\w+)'\)", expression[1])) == {"user", "admin"} <= ROLES


def test_a_visitor_cannot_say_himself_who_he_is() -> None:
    dynamic = yaml.safe_load((BASE / "traefik/files/dynamic.yaml").read_text(encoding="utf-8"))
    for one in dynamic["http"]["middlewares"].values():
        if "forwardAuth" in one:
            told = {f"X-Auth-Request-{what}" for what in ("Email", "Groups", "Preferred-Username", "User")}
            assert told <= set(one["forwardAuth"]["authResponseHeaders"])
            assert not one["forwardAuth"].get("trustForwardHeader")


def test_argo_cds_users_come_back_to_where_the_cluster_says_that_it_is(
    tree: Tree, variables: dict[str, dict[str, Any]]
) -> None:
    addresses = {one.facts.argocd.url for one in tree.clusters.values() if one.facts.argocd}
    assert variables["DARE_ARGOCD_URL"]["value"] in addresses
