"""Which requests a policy or a binding is about.

Source: the predicates of the API server's admission,
https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/#matching-requests-rules.
"""

from collections.abc import Iterable, Iterator

from gitops.models.admission import MatchResources, Rule, Selector
from gitops.models.admission_request import AdmissionRequest, ApiResource
from gitops.models.values import mapping


def matched(criteria: MatchResources, request: AdmissionRequest) -> ApiResource | None:
    """The resource that a rule found the request by (another version's, perhaps), or None where none did.

    Without rules, as in most bindings, every request is meant.
    """
    if not _in_namespace(criteria.namespace_selector, request) or not _selected(criteria.object_selector, request):
        return None
    exact = criteria.match_policy == "Exact"
    if _by_rules(criteria.exclude_resource_rules, request, exact=exact):
        return None
    if not criteria.resource_rules:
        return request.resource
    return _by_rules(criteria.resource_rules, request, exact=exact)


def may_match(criteria: MatchResources, request: AdmissionRequest) -> bool:
    """Whether any request of this sort (resource, operation, subresource) can be meant, whatever its names and labels are."""
    resources = tuple(_resources(request, exact=criteria.match_policy == "Exact"))
    rules = criteria.resource_rules
    return not rules or any(_is_of_sort(rule, request, resource) for rule in rules for resource in resources)


def _in_namespace(selector: Selector, request: AdmissionRequest) -> bool:
    if selector.empty:
        return True
    if (request.resource.group, request.resource.plural, request.subresource) == ("", "namespaces", ""):
        return selector.takes(request.labels or {})
    if not request.namespace_name:
        return True  # objects of the cluster are never exempt by a namespace
    return selector.takes(mapping(mapping(mapping(request.namespace).get("metadata")).get("labels")))


def _selected(selector: Selector, request: AdmissionRequest) -> bool:
    """By the labels of the new or the old object."""
    if selector.empty:
        return True
    bodies = (request.body, request.old_body)
    return any(selector.takes(mapping(mapping(body.get("metadata")).get("labels"))) for body in bodies if body is not None)


def _by_rules(rules: Iterable[Rule], request: AdmissionRequest, *, exact: bool) -> ApiResource | None:
    chosen = tuple(rules)
    for resource in _resources(request, exact=exact):
        for rule in chosen:
            if _matches(rule, request, resource):
                return resource
    return None


def _resources(request: AdmissionRequest, *, exact: bool) -> Iterator[ApiResource]:
    yield request.resource
    if not exact:
        yield from request.equivalents


def _matches(rule: Rule, request: AdmissionRequest, resource: ApiResource) -> bool:
    return _is_of_sort(rule, request, resource) and (not rule.resource_names or request.name in rule.resource_names)


def _is_of_sort(rule: Rule, request: AdmissionRequest, resource: ApiResource) -> bool:
    return (
        _any(rule.operations, request.operation)
        and _any(rule.api_groups, resource.group)
        and _any(rule.api_versions, resource.version)
        and any(_resource(name, resource.plural, request.subresource) for name in rule.resources)
        and _in_scope(rule.scope, request)
    )


def _any(allowed: tuple[str, ...], asked: str) -> bool:
    return "*" in allowed or asked in allowed


def _resource(pattern: str, plural: str, subresource: str) -> bool:
    name, _, part = pattern.partition("/")
    return name in {"*", plural} and part in {"*", subresource}


def _in_scope(scope: str, request: AdmissionRequest) -> bool:
    if scope == "*":
        return True
    of_cluster = not request.resource.namespaced
    return of_cluster if scope == "Cluster" else not of_cluster
