"""One run with findings of every sort, and an empty one."""

from dataclasses import replace

import pytest

from gitops.models.finding import Finding, Level, ObjectReference, Result, RuleInfo, Timing, WaiverNote

LOGIN = ObjectReference("apps/v1", "Deployment", "dare", "dare-login")
WAIVER = WaiverNote("Zoë <zoe@example.org>", "needs host ports until the gateway is moved", "2027-01-31")
RULES = (
    RuleInfo("IMAGE002", "an image is pinned by digest", Level.ERROR, "A tag can be moved.", "Name the digest."),
    RuleInfo("NAME001", "names follow the scheme", Level.WARNING, "One idea, one word.", "Rename it."),
    RuleInfo("SCHEMA001", "objects fit Kubernetes' schema", Level.ERROR, "The API server would refuse it.", "Correct it."),
    RuleInfo("TREE001", "every file is used", Level.ERROR, "Nobody reads {{ dead }} files.", "Remove it."),
)


def _schema(environment: str, name: str = "dare-login") -> Finding:
    return Finding(
        rule="SCHEMA001",
        level=Level.ERROR,
        message="unknown field 'imagee'",
        fix="Did you mean 'image'?",
        file="base/dare-login/deployment.yaml",
        line=12,
        environment=environment,
        component="dare-login",
        object=replace(LOGIN, name=name),
        path="/spec/template/spec/containers/0/imagee",
    )


FINDINGS = (
    _schema("production"),
    _schema("testbed"),
    replace(_schema("testbed"), line=13, path="/spec/template/spec/containers/1/imagee"),
    Finding(
        rule="IMAGE002",
        level=Level.ERROR,
        message="'dare:latest' has no digest",
        fix="Name the digest.",
        file="base/dare-login/deployment.yaml",
        line=140,
        environment="testbed",
        component="dare-login",
        object=LOGIN,
        path="/spec/template/spec/containers/0/image",
        waiver=WAIVER,
    ),
    Finding(
        rule="NAME001",
        level=Level.WARNING,
        message="cluster role 'Größe' is not lower case\x1b[31m, {0} \x00 & <b>\ud83d\U0001f600",
        fix="Call it 'groesse'.",
        file="overlays/testbed/100% new/cluster role.yaml",
        line=7,
        environment="testbed",
        component="100% new",
        object=ObjectReference("rbac.authorization.k8s.io/v1", "ClusterRole", "", "Größe"),
        path="/metadata/name",
    ),
    Finding(
        rule="TREE001",
        level=Level.ERROR,
        message="nothing reads this file\nneither a kustomization\nnor a cluster",
        fix="",
        file="overlays/old:stuff.yaml",
    ),
    Finding(
        rule="TREE999",
        level=Level.ERROR,
        message="a rule that nobody described",
        fix="Describe it.",
        file="policies/levels.yaml",
        environment="production",
        component="dare-login",
    ),
)


@pytest.fixture
def result() -> Result:
    timings = (Timing("read the tree", 0.1234), Timing("render", 10.5), Timing("locate findings", 0.0))
    return Result(FINDINGS, ("testbed", "production"), overlays=14, objects=96, rules=RULES, timings=timings)


@pytest.fixture
def clean() -> Result:
    return Result((), ("testbed", "production"), overlays=14, objects=96, rules=RULES)


@pytest.fixture
def empty() -> Result:
    return Result((), (), overlays=0, objects=0, rules=())


@pytest.fixture
def twins(result: Result) -> Result:
    """Two findings that differ in their line alone, one that differs in nothing that a JUnit name tells."""
    first = _schema("testbed")
    return replace(result, findings=(first, replace(first, object=replace(LOGIN, name="other")), replace(first, line=30)))
