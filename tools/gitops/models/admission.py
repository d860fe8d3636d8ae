"""ValidatingAdmissionPolicies and their bindings, as ``admissionregistration.k8s.io/v1`` has them.

Source: https://kubernetes.io/docs/reference/kubernetes-api/policy-resources/validating-admission-policy-v1/ (and -binding-v1).
"""

from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.alias_generators import to_camel

from gitops.models.pointers import Pointers, read_pointers

ANNOTATION = "project-dare.eu/"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, populate_by_name=True)


class Requirement(_Part):
    """One expression of a label selector."""

    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: tuple[str, ...] = ()


class Selector(_Part):
    """A label selector; one that asks for nothing takes everything."""

    match_labels: dict[str, str] = {}
    match_expressions: tuple[Requirement, ...] = ()

    @property
    def empty(self) -> bool:
        return not self.match_labels and not self.match_expressions

    def takes(self, labels: dict[str, Any]) -> bool:
        """Whether an object with these labels is meant."""
        return all(labels.get(key) == value for key, value in self.match_labels.items()) and all(
            _holds(requirement, labels) for requirement in self.match_expressions
        )


def _holds(requirement: Requirement, labels: dict[str, Any]) -> bool:
    there = requirement.key in labels
    match requirement.operator:
        case "In":
            return there and labels[requirement.key] in requirement.values
        case "NotIn":
            return not there or labels[requirement.key] not in requirement.values
        case "Exists":
            return there
        case _:
            return not there


class Rule(_Part):
    """Which requests: operations on resources, ``*`` for any."""

    api_groups: tuple[str, ...] = Field(min_length=1)
    api_versions: tuple[str, ...] = Field(min_length=1)
    operations: tuple[Literal["CREATE", "UPDATE", "DELETE", "CONNECT", "*"], ...] = Field(min_length=1)
    resources: tuple[str, ...] = Field(min_length=1)
    resource_names: tuple[str, ...] = ()
    scope: Literal["*", "Cluster", "Namespaced"] = "*"


class MatchResources(_Part):
    """Which objects, in which namespaces, by which requests."""

    namespace_selector: Selector = Selector()
    object_selector: Selector = Selector()
    resource_rules: tuple[Rule, ...] = ()
    exclude_resource_rules: tuple[Rule, ...] = ()
    match_policy: Literal["Equivalent", "Exact"] = "Equivalent"


class Named(_Part):
    """An expression with a name: a match condition or a variable."""

    name: str
    expression: str = Field(min_length=1)


class Validation(_Part):
    """An expression that must be true, and what is said where it is not."""

    expression: str = Field(min_length=1)
    message: str = ""
    message_expression: str = ""
    reason: Literal["Unauthorized", "Forbidden", "Invalid", "RequestEntityTooLarge"] = "Invalid"

    @model_validator(mode="after")
    def _says_something(self) -> "Validation":
        """What the API server refuses: a message of several lines, and none where the expression itself has several."""
        if "\n" in self.message.strip() or (self.message and not self.message.strip()):
            raise ValueError("a message is one line of text")
        if "\n" in self.expression.strip() and not self.message:
            raise ValueError("an expression of several lines needs a message")
        return self


class AuditAnnotation(_Part):
    """What is written to the audit log; read so that it compiles, decides nothing here."""

    key: str
    value_expression: str


class ParamKind(_Part):
    """The kind of the objects that parameterise a policy."""

    api_version: str
    kind: str


class PolicySpec(_Part):
    """What a policy matches and demands."""

    match_constraints: MatchResources = MatchResources()
    match_conditions: tuple[Named, ...] = Field(default=(), max_length=64)
    variables: tuple[Named, ...] = ()
    validations: tuple[Validation, ...] = ()
    audit_annotations: tuple[AuditAnnotation, ...] = ()
    param_kind: ParamKind | None = None
    failure_policy: Literal["Fail", "Ignore"] = "Fail"

    @field_validator("match_constraints")
    @classmethod
    def _names_resources(cls, value: MatchResources) -> MatchResources:
        if not value.resource_rules:
            raise ValueError("resourceRules must name at least one resource")
        return value

    @model_validator(mode="after")
    def _demands_something(self) -> "PolicySpec":
        if not self.validations and not self.audit_annotations:
            raise ValueError("a policy has at least one of validations and auditAnnotations")
        return self


class Policy(BaseModel):
    """A policy; ``file`` is where it was read, ``annotations`` carry what people are told of it."""

    model_config = ConfigDict(frozen=True)

    name: str
    spec: PolicySpec
    annotations: dict[str, str] = {}
    file: str = ""

    @property
    def rule(self) -> str:
        """The rule's id: its annotation, else the policy's name."""
        return self.note("rule") or self.name

    @cached_property
    def pointers(self) -> Pointers:
        """The fields that are to be edited where the policy refuses, as its annotation ``path`` tells them."""
        return read_pointers(self.note("path"), len(self.spec.validations))

    def note(self, name: str) -> str:
        """An annotation of ours: ``title``, ``why``, ``fix``, ``reference``, ``path``."""
        return self.annotations.get(f"{ANNOTATION}{name}", "").strip()


class ParamRef(_Part):
    """Which objects of the policy's ``paramKind``."""

    name: str = ""
    namespace: str = ""
    selector: Selector | None = None
    parameter_not_found_action: Literal["Allow", "Deny"] | None = None

    @model_validator(mode="after")
    def _one_way(self) -> "ParamRef":
        if bool(self.name) == (self.selector is not None):
            raise ValueError("a paramRef has either a name or a selector")
        return self


class BindingSpec(_Part):
    """Where a policy is in force, with which parameters and consequences."""

    policy_name: str
    param_ref: ParamRef | None = None
    match_resources: MatchResources = MatchResources()
    validation_actions: tuple[Literal["Deny", "Warn", "Audit"], ...] = ("Deny",)


class Binding(BaseModel):
    """A binding by name."""

    model_config = ConfigDict(frozen=True)

    name: str
    spec: BindingSpec
