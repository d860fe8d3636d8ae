"""JUnit XML, for a pipeline's test report: one suite for each environment, one test case for each finding.

JUnit never published a schema; this keeps to ``junit-10.xsd`` of Jenkins' xUnit plugin, which GitLab's parser reads too.
No times and no dates: two runs over one tree give one text.
"""

import re
from collections.abc import Iterable
from xml.etree import ElementTree as ET

from gitops.models.finding import Finding, Level, Result
from gitops.reports.phrases import REPLACEMENT, subject, waived

_TREE = "tree"
# All that XML 1.0 section 2.2 (production Char) leaves out.
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write(result: Result, name: str = "dare-lint") -> str:
    """Suites in the order of the environments, then one for what concerns the whole tree; each has a test case at least."""
    suites: dict[str | None, list[Finding]] = {environment: [] for environment in result.environments}
    for finding in result.findings:
        suites.setdefault(finding.environment, []).append(finding)
    of_the_tree = suites.pop(None, [])
    root = ET.Element("testsuites", name=name)
    for environment, findings in suites.items():
        root.append(_suite(str(environment), findings))
    root.append(_suite(_TREE, of_the_tree))
    for total in ("tests", "failures", "errors"):
        root.set(total, str(sum(int(suite.get(total, "0")) for suite in root)))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(name: str, findings: list[Finding]) -> ET.Element:
    failing = sum(finding.fails for finding in findings)
    cases = [_case(name, title, finding) for title, finding in _titled(findings)]
    if not failing:
        cases.append(ET.Element("testcase", classname=_clean(name), name="clean"))
    counts = {"tests": len(cases), "failures": failing, "errors": 0, "skipped": sum(f.waiver is not None for f in findings)}
    suite = ET.Element("testsuite", {"name": _clean(name), **{key: str(value) for key, value in counts.items()}})
    suite.extend(cases)
    return suite


def _titled(findings: Iterable[Finding]) -> Iterable[tuple[str, Finding]]:
    """Names that no two cases share, since readers of the format keep only one of two cases with one name."""
    seen: dict[tuple[str | None, str], int] = {}
    for finding in findings:
        title = f"{finding.rule} {finding.file}:{finding.line} {finding.message}"
        number = seen[finding.component, title] = seen.get((finding.component, title), 0) + 1
        yield (title if number == 1 else f"{title} ({number})"), finding


def _case(suite: str, title: str, finding: Finding) -> ET.Element:
    class_name = f"{suite}.{finding.component}" if finding.component else suite
    case = ET.Element("testcase", classname=_clean(class_name), name=_clean(title))
    details = [subject(finding), f"fix: {finding.fix}" if finding.fix else ""]
    if finding.waiver:
        outcome = ET.SubElement(case, "skipped", message=_clean(waived(finding.waiver)))
    elif finding.level is Level.ERROR:
        outcome = ET.SubElement(case, "failure", type=finding.rule, message=_clean(finding.message))
    else:
        outcome = ET.SubElement(case, "system-out")
        details.insert(0, f"warning: {finding.message}")
    outcome.text = _clean("\n".join(detail for detail in details if detail)) or None
    return case


def _clean(text: str) -> str:
    return _FORBIDDEN.sub(REPLACEMENT, text)
