"""``lint.py --manifests``: YAML from anywhere, judged without a repository around it."""

import io
import json
import re
import subprocess
from pathlib import Path

import pytest

from gitops.checks.unit import Scope, all_checks
from gitops.models.errors import UserError
from gitops.models.finding import Result
from gitops.reports.formats import REPORTS
from gitops.services.manifests import Given, ManifestsRequest, lint_manifests, read_given
from gitops.services.workspace import Workspace
from tests.conftest import Golden
from tests.integration.conftest import FIXTURES, ROOT, TODAY, told

SERVICE = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n    - port: 80\n"
LINT = ROOT / "tools" / "lint.py"


def look_at(root: Path, *texts: str, kubernetes: str | None = "1.36.3", policies: Path | None = None) -> Result:
    given = tuple(Given(f"{number}.yaml", text.encode()) for number, text in enumerate(texts, start=1))
    return lint_manifests(Workspace(root, use_cache=False), ManifestsRequest(given, TODAY, kubernetes, policies))


def lines(result: Result) -> list[str]:
    return [f"{finding.file}:{finding.line} {finding.rule} {finding.message}" for finding in result.findings]


def test_sound_manifests_are_clean(platform: Path) -> None:
    result = look_at(platform, SERVICE, SERVICE.replace("web", "other"))
    assert result.findings == ()
    assert (result.files, result.objects) == (2, 2)


def test_a_finding_stands_at_file_and_line_of_what_was_given(platform: Path) -> None:
    result = look_at(platform, SERVICE, f"# Source: a chart\n{SERVICE.replace('port:', 'prot:').replace('web', 'other')}")
    assert told(result.findings[-1]) == (
        "2.yaml:8 SCHEMA001 error [-/-] Service other /spec/ports/0/prot: unknown field 'prot' => Did you mean 'port'?"
    )


def test_rules_about_several_objects_see_all_files(platform: Path) -> None:
    assert lines(look_at(platform, SERVICE, SERVICE)) == [
        "2.yaml:4 REF004 Service web is rendered by 2.yaml, and by 1.yaml from 1.yaml"
    ]


def test_a_chart_is_judged_by_what_is_given_and_not_by_what_may_run_beside_it(platform: Path, golden: Golden) -> None:
    """In the file what is wrong is called wrong-…, and all else is a near miss."""
    result = look_at(platform, (FIXTURES / "manifests" / "chart.yaml").read_text(encoding="utf-8"))
    golden("manifests/chart.txt", "".join(f"{told(finding)}\n" for finding in result.findings))
    about = {finding.object.name for finding in result.findings if finding.object}
    assert [name for name in about if not name.startswith("wrong-")] == []
    text = (FIXTURES / "manifests" / "chart.yaml").read_text(encoding="utf-8")
    assert about == set(re.findall(r"^  name: (wrong-\S+)$", text, re.MULTILINE))


def test_the_rules_that_hold_in_part_find_nothing_in_half_of_it(platform: Path) -> None:
    """Whatever object is left out: nothing is said of one that is not there."""
    documents = (FIXTURES / "manifests" / "chart.yaml").read_text(encoding="utf-8").split("\n---\n")[1:]
    whole = {told(finding).partition(" ")[2] for finding in look_at(platform, "\n---\n".join(documents)).findings}
    for left_out in range(len(documents)):
        rest = "\n---\n".join(documents[:left_out] + documents[left_out + 1 :])
        assert {told(finding).partition(" ")[2] for finding in look_at(platform, rest).findings} <= whole


def test_the_documentation_names_the_rules_that_are_asked_of_manifests_from_anywhere() -> None:
    page = (ROOT / "docs" / "linter.md").read_text(encoding="utf-8")
    section = page.partition("\n## Manifests from anywhere\n")[2].partition("\n## ")[0]
    table = {rule for line in section.splitlines() if line.startswith("|") for rule in re.findall(r"[A-Z]+\d{3}", line)}
    assert table == {check.id for check in all_checks() if check.scope is Scope.ENVIRONMENT and check.anywhere}


def test_a_definition_that_is_given_too_is_the_schema_of_its_kind(platform: Path) -> None:
    widget = "apiVersion: example.org/v1\nkind: Widget\nmetadata:\n  name: a\nspec:\n  colour: red\n"
    crd = (ROOT / "tests/fixtures/defects/custom-kind-misspelt-field/base/web/crd.yaml").read_text(encoding="utf-8")
    kind = widget.replace("example.org", "apps.example.org") if "apps.example.org" in crd else widget
    assert [finding.rule for finding in look_at(platform, widget).findings] == ["SCHEMA002"]
    assert "SCHEMA002" not in [finding.rule for finding in look_at(platform, crd, kind).findings]


def test_the_items_of_a_list_are_objects(platform: Path) -> None:
    item = SERVICE.replace("\n", "\n    ").rstrip()
    result = look_at(platform, f"apiVersion: v1\nkind: List\nitems:\n  - {item}\n".replace("prot", "port"))
    assert (lines(result), result.objects) == ([], 1)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("", "1.yaml:1 TREE001 there is no object in it", id="empty"),
        pytest.param("# nothing\n---\n", "1.yaml:1 TREE001 there is no object in it", id="comments only"),
        pytest.param("apiVersion: v1\nkind: List\nitems: []\n", "1.yaml:1 TREE001 there is no object in it", id="empty List"),
        pytest.param(
            "a: [\n", "1.yaml:2 TREE001 no YAML: while parsing a flow node, did not find expected node content", id="no YAML"
        ),
        pytest.param(f"{SERVICE}---\n- a\n", "1.yaml:9 TREE001 the document is a list, and no object", id="a list"),
        pytest.param("a\n", "1.yaml:1 TREE001 the document is a single value, and no object", id="a word"),
        pytest.param("kind: Service\n", "1.yaml:1 TREE001 the document has no apiVersion: it is no object", id="no apiVersion"),
        pytest.param(f"{SERVICE}kind: Pod\n", "1.yaml:8 TREE002 the key 'kind' stands here twice", id="a key twice"),
    ],
)
def test_what_is_no_manifest_is_one_finding(text: str, found: str, platform: Path) -> None:
    assert lines(look_at(platform, text))[0] == found
    assert look_at(platform, text).errors >= 1


def test_an_object_of_five_megabytes_is_one_finding(platform: Path) -> None:
    large = f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: large\ndata:\n  a: {'x' * 5_000_000}\n"
    (finding,) = look_at(platform, large).findings
    assert (finding.rule, finding.line) == ("RENDER004", 1)


def test_an_object_of_many_values_is_read_too(platform: Path) -> None:
    data = "".join(f"  key-{number}: a value that has some length {number}\n" for number in range(50_000))
    result = look_at(platform, f"apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: large\ndata:\n{data}")
    assert [finding.rule for finding in result.findings] == ["RENDER004"]


def test_the_version_decides(platform: Path) -> None:
    old = "apiVersion: networking.k8s.io/v1beta1\nkind: Ingress\nmetadata:\n  name: web\n"
    assert "API001" in [finding.rule for finding in look_at(platform, old).findings]
    assert look_at(platform, SERVICE, kubernetes=None).findings == ()


@pytest.mark.parametrize("version", ["9.99.0", "latest"])
def test_a_version_without_schemas_is_a_mistake_in_the_call(version: str, platform: Path) -> None:
    with pytest.raises(UserError, match="no schemas for Kubernetes"):
        look_at(platform, SERVICE, kubernetes=version)


def test_inputs_that_can_not_be_read(tmp_path: Path) -> None:
    for names, message in (
        ([], "--manifests needs files, or - for standard input"),
        ([str(tmp_path / "none.yaml")], "none.yaml can't be read: No such file or directory"),
        ([str(tmp_path)], "can't be read: Is a directory"),
        (["-", "-"], "- is given twice"),
    ):
        with pytest.raises(UserError, match=message):
            read_given(names, io.BytesIO(b""))


def test_every_report_can_tell_it(platform: Path) -> None:
    result = look_at(platform, SERVICE.replace("port:", "prot:"))
    for report in REPORTS.values():
        assert "SCHEMA001" in report.write(result)
    assert json.loads(REPORTS["json"].write(result))["summary"]["files"] == 1
    assert REPORTS["text"].write(result).endswith("1 file, 1 object\n")


@pytest.mark.parametrize(
    ("arguments", "given", "code", "says"),
    [
        (["--manifests", "-"], SERVICE, 0, "clean: 1 file, 1 object"),
        (["--manifests", "-"], SERVICE.replace("port:", "prot:"), 1, "unknown field 'prot'"),
        (["--manifests", "none.yaml"], "", 2, "error: none.yaml can't be read: No such file or directory"),
        (["--manifests", "-", "--environment", "testbed"], "", 2, "takes no option that is about the repository"),
        (["some.yaml"], "", 2, "go with --manifests only"),
        (["--manifests", "-", "--kubernetes", "1.2.3"], SERVICE, 2, "no schemas for Kubernetes 1.2"),
    ],
)
def test_the_command(arguments: list[str], given: str, code: int, says: str) -> None:
    done = subprocess.run([LINT, *arguments], input=given, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == code
    assert says in done.stdout + done.stderr


POLICY = """apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: no-tea
  annotations:
    project-dare.eu/rule: TEA001
    project-dare.eu/title: Tea
    project-dare.eu/why: There is coffee.
    project-dare.eu/fix: Drink coffee.
spec:
  matchConstraints:
    resourceRules:
      - {apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [configmaps]}
  validations:
    - expression: "!('tea' in object.data)"
      message: there is tea in it
"""
CONFIG_MAP = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, namespace: x}\ndata: {%s: a}\n"


def test_policies_from_anywhere_are_asked_without_a_binding(platform: Path, tmp_path: Path) -> None:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "tea.yaml").write_text(POLICY, encoding="utf-8")
    (found,) = look_at(
        platform, CONFIG_MAP % ("tea", "tea"), CONFIG_MAP % ("milk", "milk"), policies=tmp_path / "policies"
    ).findings
    assert (found.rule, found.message, found.fix) == ("TEA001", "there is tea in it", "Drink coffee.")


def test_a_folder_without_a_policy_is_a_mistake_in_the_call(platform: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no ValidatingAdmissionPolicy in"):
        look_at(platform, CONFIG_MAP % ("milk", "milk"), policies=tmp_path)


BY_PARAMETERS = POLICY.replace(
    "  matchConstraints:", "  paramKind: {apiVersion: v1, kind: ConfigMap}\n  matchConstraints:"
).replace("!('tea' in object.data)", "object.metadata.name == 'drinks' || !object.data.exists(d, d in params.data)")
BINDING = """apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {name: no-tea}
spec:
  policyName: no-tea
  validationActions: [Deny]
  paramRef: {name: drinks, namespace: x, parameterNotFoundAction: Deny}
"""


def test_parameters_that_no_binding_names_leave_a_policy_without_a_verdict(platform: Path, tmp_path: Path) -> None:
    (tmp_path / "tea.yaml").write_text(BY_PARAMETERS, encoding="utf-8")
    (found,) = look_at(platform, CONFIG_MAP % ("tea", "tea"), CONFIG_MAP % ("milk", "milk"), policies=tmp_path).findings
    assert found.rule == "POLICY003"
    assert "spec/paramKind has no verdict on ConfigMap x/milk and 1 more: it takes a v1 ConfigMap" in found.message


@pytest.mark.parametrize("beside", ["the policies", "the manifests"])
def test_a_binding_names_the_parameters(beside: str, platform: Path, tmp_path: Path) -> None:
    given = [CONFIG_MAP % ("tea", "tea"), CONFIG_MAP % ("milk", "milk")]
    parameters = f"{BINDING}---\n{CONFIG_MAP % ('drinks', 'tea')}"
    if beside == "the policies":
        (tmp_path / "binding.yaml").write_text(parameters, encoding="utf-8")
    else:
        given.append(parameters)
    (tmp_path / "tea.yaml").write_text(BY_PARAMETERS, encoding="utf-8")
    (found,) = look_at(platform, *given, policies=tmp_path).findings
    assert (found.rule, found.object and found.object.name) == ("TEA001", "tea")
