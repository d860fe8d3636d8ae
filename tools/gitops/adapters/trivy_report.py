"""What Trivy writes, read strictly: a report that is not wholly what it should be is none.

Source: CycloneDX 1.4 to 1.7 (https://cyclonedx.org/docs/1.7/json/) as Trivy uses it (``pkg/sbom/cyclonedx``), and Trivy's own
JSON of schema version 2 (``pkg/types/report.go``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from gitops.models.vulnerability import Package, Severity, System, Vulnerability

_MOST_PROBLEMS = 3
_IMAGE = "aquasecurity:trivy:ImageID"
_SYSTEM = "operating-system"
_LIBRARY = "library"

Text = Annotated[str, StringConstraints(min_length=1)]
Model = TypeVar("Model", bound=BaseModel)


class Unreadable(Exception):
    """It is not what Trivy writes; the message says what is missing or wrong in it."""


class _Part(BaseModel):
    """Whatever stands beside the fields that are read is left alone. Go writes null for a list without elements."""

    model_config = ConfigDict(frozen=True, strict=True)


class _Property(_Part):
    name: str
    value: str = ""


class _Licence(_Part):
    id: str = ""
    name: str = ""


class _LicenceChoice(_Part):
    license: _Licence | None = None
    expression: str = ""

    @property
    def text(self) -> str:
        return self.expression or (self.license.id or self.license.name if self.license else "")


class _Component(_Part):
    type: Text
    name: Text
    group: str = ""
    version: str = ""
    purl: str = ""
    licenses: list[_LicenceChoice] | None = None
    properties: list[_Property] | None = None

    @property
    def package(self) -> Package:
        joint = ":" if self.purl.startswith("pkg:maven/") else "/"
        name = f"{self.group}{joint}{self.name}" if self.group else self.name
        licences = dict.fromkeys(one.text for one in self.licenses or () if one.text)
        return Package(name, self.version, self.purl, tuple(licences))


class _Metadata(_Part):
    component: _Component


class _Sbom(_Part):
    format: Literal["CycloneDX"] = Field(alias="bomFormat")
    version: Literal["1.4", "1.5", "1.6", "1.7"] = Field(alias="specVersion")
    metadata: _Metadata
    components: list[_Component] | None = None


@dataclass(frozen=True, slots=True)
class Sbom:
    """What an SBOM says: of which image it is (the digest of its configuration, empty where it tells none), the packages, and
    whether it knows the distribution."""

    image: str
    packages: tuple[Package, ...]
    has_system: bool


def read_sbom(data: bytes) -> Sbom:
    """An SBOM that Trivy made; raises ``Unreadable``."""
    sbom = _read(_Sbom, data)
    image = next((one.value for one in sbom.metadata.component.properties or () if one.name == _IMAGE), "")
    packages = sorted(
        {one.package for one in sbom.components or () if one.type == _LIBRARY or (one.purl and one.type != _SYSTEM)},
        key=lambda package: (package.name, package.version, package.purl),
    )
    return Sbom(image, tuple(packages), any(one.type == _SYSTEM for one in sbom.components or ()))


class _Identifier(_Part):
    purl: str = Field(default="", alias="PURL")


class _Found(_Part):
    id: Text = Field(alias="VulnerabilityID")
    package: Text = Field(alias="PkgName")
    installed: Text = Field(alias="InstalledVersion")
    severity: Literal["UNKNOWN", "LOW", "MEDIUM", "HIGH", "CRITICAL"] = Field(alias="Severity")
    fixed: str = Field(default="", alias="FixedVersion")
    status: str = Field(default="", alias="Status")
    identifier: _Identifier = Field(default=_Identifier(), alias="PkgIdentifier")
    published: datetime | None = Field(default=None, alias="PublishedDate")
    title: str = Field(default="", alias="Title")
    url: str = Field(default="", alias="PrimaryURL")

    @property
    def vulnerability(self) -> Vulnerability:
        return Vulnerability(
            id=self.id,
            package=self.package,
            installed=self.installed,
            severity=Severity(self.severity.lower()),
            fixed=self.fixed,
            status=self.status,
            purl=self.identifier.purl,
            published=_day(self.published),
            title=self.title,
            url=self.url,
        )


class _Result(_Part):
    # Only counted: what they are, the SBOM tells.
    packages: list[Any] | None = Field(default=None, alias="Packages")
    vulnerabilities: list[_Found] | None = Field(default=None, alias="Vulnerabilities")


class _System(_Part):
    family: Text = Field(alias="Family")
    release: str = Field(default="", alias="Name")
    end_of_life: bool = Field(default=False, alias="EOSL")


class _About(_Part):
    system: _System | None = Field(default=None, alias="OS")


class _Program(_Part):
    version: Text = Field(alias="Version")


class _Report(_Part):
    schema_version: Literal[2] = Field(alias="SchemaVersion")
    kind: Literal["cyclonedx"] = Field(alias="ArtifactType")
    program: _Program = Field(alias="Trivy")
    about: _About = Field(default=_About(), alias="Metadata")
    results: list[_Result] | None = Field(default=None, alias="Results")


@dataclass(frozen=True, slots=True)
class Answer:
    """What Trivy knows to be wrong with what an SBOM lists, worst first."""

    version: str
    system: System | None
    vulnerabilities: tuple[Vulnerability, ...]


def read_report(data: bytes, sbom: Sbom) -> Answer:
    """Trivy's report on an SBOM; raises ``Unreadable``, also for one that says nothing about what the SBOM lists."""
    report = _read(_Report, data)
    if sbom.packages and not any(result.packages for result in report.results or ()):
        raise Unreadable(f"it says nothing about the {len(sbom.packages)} packages that the SBOM lists")
    if sbom.has_system and report.about.system is None:
        raise Unreadable("it does not name the distribution that the SBOM names")
    system = report.about.system
    return Answer(
        report.program.version,
        System(system.family, system.release, system.end_of_life) if system else None,
        tuple(dict.fromkeys(sorted(_vulnerabilities(report), key=_order))),
    )


def _vulnerabilities(report: _Report) -> Iterator[Vulnerability]:
    for result in report.results or ():
        for found in result.vulnerabilities or ():
            yield found.vulnerability


def _order(one: Vulnerability) -> tuple[int, str, str, str, str]:
    return -one.severity.rank, one.id, one.package, one.installed, one.purl


def _day(when: datetime | None) -> date | None:
    """Go's zero time stands for: nobody knows."""
    return when.date() if when and when.year > 1 else None


def _read(model: type[Model], data: bytes) -> Model:
    try:
        return model.model_validate_json(data)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_input=False, include_context=False)
        told = [f"{'/'.join(str(part) for part in one['loc']) or 'JSON'}: {one['msg']}" for one in problems[:_MOST_PROBLEMS]]
        more = f" and {len(problems) - len(told)} more" if len(problems) > len(told) else ""
        raise Unreadable(f"{'; '.join(told)}{more}") from None
