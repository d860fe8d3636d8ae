"""What Trivy writes, without Trivy."""

import json
from datetime import date
from typing import Any

import pytest

from gitops.adapters.trivy_report import Sbom, Unreadable, read_report, read_sbom
from gitops.models.vulnerability import Package, Severity, System, Vulnerability

NOTHING = Sbom("", (), has_system=False)
FOUND = {"VulnerabilityID": "CVE-2026-1001", "PkgName": "openssl", "InstalledVersion": "3.3.1-r0", "Severity": "HIGH"}


def sbom(*components: dict[str, Any], **more: Any) -> bytes:
    about = {"type": "container", "name": "x", "properties": [{"name": "aquasecurity:trivy:ImageID", "value": "sha256:aa"}]}
    told = {"bomFormat": "CycloneDX", "specVersion": "1.7", "metadata": {"component": about}, "components": list(components)}
    return json.dumps({**told, **more}).encode()


def report(*found: dict[str, Any], **more: Any) -> bytes:
    told = {
        "SchemaVersion": 2,
        "Trivy": {"Version": "0.76.0"},
        "ArtifactType": "cyclonedx",
        "Metadata": {"OS": {"Family": "alpine", "Name": "3.20.3", "EOSL": True}},
        "Results": [{"Class": "os-pkgs", "Packages": [{"Name": "openssl"}], "Vulnerabilities": list(found)}],
    }
    return json.dumps({**told, **more}).encode()


def test_packages_are_libraries_and_whatever_else_has_an_url_but_not_the_distribution() -> None:
    read = read_sbom(
        sbom(
            {"type": "library", "name": "openssl", "version": "1"},
            {"type": "application", "name": "app/package-lock.json"},
            {"type": "application", "name": "crane", "version": "v1", "purl": "pkg:golang/crane@v1"},
            {"type": "operating-system", "name": "alpine", "version": "3.20.3", "purl": "pkg:generic/alpine"},
        )
    )
    assert [package.name for package in read.packages] == ["crane", "openssl"]
    assert read.has_system
    assert read.image == "sha256:aa"


@pytest.mark.parametrize(
    ("component", "name"),
    [
        ({"group": "@babel", "name": "core", "purl": "pkg:npm/%40babel/core@7"}, "@babel/core"),
        ({"group": "org.demo", "name": "demo", "purl": "pkg:maven/org.demo/demo@1"}, "org.demo:demo"),
        ({"name": "openssl", "purl": "pkg:apk/alpine/openssl@3"}, "openssl"),
    ],
)
def test_a_package_has_the_name_that_vulnerabilities_call_it_by(component: dict[str, Any], name: str) -> None:
    (package,) = read_sbom(sbom({"type": "library", **component})).packages
    assert package.name == name


def test_licences_are_ids_names_or_expressions_each_once() -> None:
    licences = [
        {"license": {"id": "MIT"}},
        {"license": {"name": "The Licence of Somebody"}},
        {"license": {"id": "MIT"}},
        {"expression": "Apache-2.0 OR MIT"},
        {"license": {}},
    ]
    (package,) = read_sbom(sbom({"type": "library", "name": "a", "version": "1", "licenses": licences})).packages
    assert package == Package("a", "1", "", ("MIT", "The Licence of Somebody", "Apache-2.0 OR MIT"))


def test_what_go_writes_for_nothing_is_nothing() -> None:
    read = read_sbom(sbom(components=None, metadata={"component": {"type": "container", "name": "x", "properties": None}}))
    assert read == NOTHING
    assert read_report(report(Results=None, Metadata={}), NOTHING).vulnerabilities == ()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(sbom()[:-1], id="cut short"),
        pytest.param(sbom(bomFormat="SPDX"), id="another format"),
        pytest.param(sbom(specVersion="2.0"), id="another version"),
        pytest.param(sbom(metadata={}), id="about nothing"),
        pytest.param(sbom({"type": "library"}), id="a package without a name"),
        pytest.param(sbom(components={}), id="no list"),
        pytest.param(b"[" * 100_000, id="too deep"),
    ],
)
def test_what_is_no_sbom_of_trivys_is_unreadable(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read_sbom(data)


def test_a_report_is_read_whole() -> None:
    found = {
        **FOUND,
        "FixedVersion": "3.3.2-r1",
        "Status": "fixed",
        "PkgIdentifier": {"PURL": "pkg:apk/alpine/openssl@3.3.1-r0", "UID": "x"},
        "PublishedDate": "2026-10-01T23:59:59.999Z",
        "Title": "t",
        "PrimaryURL": "https://example.org/",
        "CVSS": {"nvd": {"V3Score": 9.8}},
    }
    answer = read_report(report(found), NOTHING)
    assert answer.version == "0.76.0"
    assert answer.system == System("alpine", "3.20.3", end_of_life=True)
    assert answer.vulnerabilities == (
        Vulnerability(
            id="CVE-2026-1001",
            package="openssl",
            installed="3.3.1-r0",
            severity=Severity.HIGH,
            fixed="3.3.2-r1",
            status="fixed",
            purl="pkg:apk/alpine/openssl@3.3.1-r0",
            published=date(2026, 10, 1),
            title="t",
            url="https://example.org/",
        ),
    )


def test_the_worst_come_first_each_once() -> None:
    found = [
        {**FOUND, "VulnerabilityID": f"CVE-{number}", "Severity": name}
        for number, name in enumerate(("LOW", "CRITICAL", "UNKNOWN"))
    ]
    answer = read_report(report(*found, *found), NOTHING)
    assert [one.severity for one in answer.vulnerabilities] == [Severity.CRITICAL, Severity.LOW, Severity.UNKNOWN]


def test_a_date_that_nobody_knows_is_none() -> None:
    (one,) = read_report(report({**FOUND, "PublishedDate": "0001-01-01T00:00:00Z"}), NOTHING).vulnerabilities
    assert one.published is None


@pytest.mark.parametrize(
    ("data", "says"),
    [
        pytest.param(b"", "JSON", id="nothing"),
        pytest.param(report(FOUND)[:-20], "JSON", id="cut short"),
        pytest.param(report(FOUND) + b"{}", "JSON", id="two of them"),
        pytest.param(report(SchemaVersion=3), "SchemaVersion", id="another schema"),
        pytest.param(report(SchemaVersion="2"), "SchemaVersion", id="a schema in words"),
        pytest.param(report(ArtifactType="container_image"), "ArtifactType", id="about something else"),
        pytest.param(report(Trivy={}), "Trivy/Version", id="by nobody"),
        pytest.param(report(Results={}), "Results", id="no list"),
        pytest.param(report({**FOUND, "Severity": "high"}), "Severity", id="a severity in other letters"),
        pytest.param(report({**FOUND, "Severity": None}), "Severity", id="no severity"),
        pytest.param(report({**FOUND, "VulnerabilityID": ""}), "VulnerabilityID", id="without an id"),
        pytest.param(
            report({key: FOUND[key] for key in FOUND if key != "InstalledVersion"}), "InstalledVersion", id="of no version"
        ),
        pytest.param(report({**FOUND, "PublishedDate": "soon"}), "PublishedDate", id="a date that is none"),
        pytest.param(report({**FOUND, "FixedVersion": 3}), "FixedVersion", id="a version that is no text"),
        pytest.param(report(Metadata={"OS": {"Family": "alpine", "EOSL": "perhaps"}}), "Metadata/OS/EOSL", id="perhaps"),
    ],
)
def test_what_is_no_report_of_trivys_is_unreadable(data: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        read_report(data, NOTHING)


@pytest.mark.parametrize(
    ("data", "listed"),
    [
        pytest.param(report(Results=[]), Sbom("", (Package("a", "1"),), has_system=False), id="packages"),
        pytest.param(report(Results=[{"Packages": []}]), Sbom("", (Package("a", "1"),), has_system=False), id="no packages"),
        pytest.param(report(Metadata={}), Sbom("", (), has_system=True), id="distribution"),
    ],
)
def test_a_report_that_says_nothing_of_what_the_sbom_lists_is_unreadable(data: bytes, listed: Sbom) -> None:
    with pytest.raises(Unreadable, match=r"says nothing about the 1 packages|does not name the distribution"):
        read_report(data, listed)


def test_many_faults_are_not_all_told() -> None:
    with pytest.raises(Unreadable, match=r"^Results/0/.*; .*; .* and 5 more$"):
        read_report(report(*[{**FOUND, "Severity": "x"}] * 8), NOTHING)
