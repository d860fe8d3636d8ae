"""The rules about admission policies themselves, and about the rules of custom resources."""

from collections.abc import Iterator

from gitops.checks.admission.evidence import AdmissionEvidence
from gitops.checks.unit import Check, Problem, Scope, check
from gitops.models.admission import Policy
from gitops.models.finding import Level

_POLICIES = "https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/"
_RULES = "https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules"


@check(
    "POLICY001",
    "Admission policy that can't work",
    Scope.ADMISSION,
    why=(
        "The API server refuses a policy with a wrong field or an expression that does not compile: then nothing is enforced. "
        "Of one whose pointers are wrong nobody learns which field to edit."
    ),
    fix="Correct the policy at the line and column that are named.",
    reference=_POLICIES,
)
def defective(evidence: AdmissionEvidence) -> Iterator[Problem]:
    """Policies of `policies/admission` with fields that there are not, expressions that do not compile, or wrong pointers."""
    for remark in evidence.defects:
        yield Problem(remark.message, file=remark.file, line=remark.line)


@check(
    "POLICY002",
    "Admission policy fails on an object",
    Scope.ADMISSION,
    why="An expression that ends in an error refuses the object, or lets it pass unseen where the policy ignores failures.",
    fix="Make the expression ask with has() or .? before it uses what may be absent.",
    reference=_POLICIES,
)
def failing(evidence: AdmissionEvidence) -> Iterator[Problem]:
    """Objects on which an expression of a policy ends in an error: an absent field, a number that is text."""
    yield from evidence.failures


@check(
    "POLICY003",
    "Not decidable offline",
    Scope.ADMISSION,
    level=Level.WARNING,
    why="What only a cluster knows (who asks, what the authorizer says) can't be looked up here: the object may be refused.",
    fix="Test it against a cluster, or put what needs one into a policy of its own; parameters need a binding that names them.",
    reference=_POLICIES,
)
def undecidable(evidence: AdmissionEvidence) -> Iterator[Problem]:
    """Expressions of policies, and rules of custom resources, whose verdict on an object can't be known without a cluster."""
    for remark in evidence.undecided:
        yield Problem(remark.message, file=remark.file, line=remark.line, environment=remark.environment)
    yield from evidence.undecided_rules


@check(
    "SCHEMA005",
    "Custom resource breaks a rule of its kind",
    Scope.ADMISSION,
    why="The API server refuses an object that breaks a rule of its CustomResourceDefinition.",
    fix="Change the value as the rule's message says.",
    reference=_RULES,
)
def breaking(evidence: AdmissionEvidence) -> Iterator[Problem]:
    """Custom resources that break an `x-kubernetes-validations` rule of the definition that is rendered with them."""
    yield from evidence.broken_rules


def policy_check(policy: Policy) -> Check:
    """The check that a policy is: its findings are made by the service, so its function finds nothing itself."""

    def found(_: AdmissionEvidence) -> Iterator[Problem]:
        return iter(())

    found.__doc__ = f"Objects that the admission policy `{policy.name}` of `{policy.file}` refuses."
    return Check(
        id=policy.rule,
        title=policy.note("title") or policy.name,
        level=Level.ERROR,
        scope=Scope.ADMISSION,
        why=policy.note("why") or "The API server refuses it once the policy is bound.",
        fix=policy.note("fix") or "Change the object as the message says.",
        reference=policy.note("reference"),
        function=found,
    )
