"""What ``scan.py run`` tells, for people and for programs."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from gitops.models.inventory import Gap
from gitops.models.scanning import ScanFailure, Scanned, ScanRun, ScanState
from gitops.models.vulnerability import ScanReport, Severity
from gitops.reports.findings_json import as_json
from gitops.reports.phrases import count, visible
from gitops.reports.resolutions import unnamed_json, unnamed_lines, unrendered_json, unrendered_lines

_MOST_IMAGES = 8


def scans_text(run: ScanRun) -> str:
    """What needs a person first, then what was found in each image, then the numbers."""
    blocks = [
        *([("note      " + visible(note))] for note in run.notes),
        *(unrendered_lines(one) for one in run.inventory.unrendered),
        *(unnamed_lines(one) for one in run.inventory.unnamed),
        *_failures(run.failures),
    ]
    lines = [line for block in blocks for line in (*block, "")]
    lines += [_line(one) for one in run.scanned]
    return "\n".join([*lines, *([""] if lines and lines[-1] else []), _summary(run)]) + "\n"


def scans_json(run: ScanRun) -> str:
    """One object: ``complete``, ``scanner``, ``database``, ``scanned``, ``failures``, ``unnamed``, ``unrendered``, ``notes``.

    ``database`` is null where there was none, and ``vulnerabilities`` of an image counts by severity, those with none left out.
    """
    database = run.database
    return as_json(
        {
            "complete": run.complete,
            "scanner": {"name": "Trivy", "version": run.scanner},
            "database": {"source": database.source, "version": database.version, "made": database.made.isoformat()}
            if database
            else None,
            "scanned": [_scanned(one) for one in run.scanned],
            "failures": [
                {
                    "image": one.image,
                    "digest": one.digest or None,
                    "platform": one.platform or None,
                    "reason": str(one.reason),
                    "message": one.message,
                }
                for one in run.failures
            ],
            "unnamed": unnamed_json(run.inventory),
            "unrendered": unrendered_json(run.inventory),
            "notes": list(run.notes),
        }
    )


def counted(report: ScanReport) -> dict[Severity, tuple[int, int]]:
    """How many vulnerabilities of each severity were found, and how many of them are fixed; worst first, none left out."""
    found = Counter(one.severity for one in report.vulnerabilities)
    fixable = Counter(one.severity for one in report.vulnerabilities if one.fixable)
    return {severity: (found[severity], fixable[severity]) for severity in reversed(Severity) if found[severity]}


def _failures(failures: tuple[ScanFailure, ...]) -> Iterator[list[str]]:
    """Those with one message together: what keeps all images from being scanned is told once."""
    by_message: dict[str, list[ScanFailure]] = defaultdict(list)
    for failure in failures:
        by_message[_without_name(failure)].append(failure)
    for message, group in by_message.items():
        names = [f"failed    {one.image}{f' ({one.platform})' if one.platform else ''}" for one in group[:_MOST_IMAGES]]
        more = [f"          and {len(group) - _MOST_IMAGES} more"] if len(group) > _MOST_IMAGES else []
        yield [*(visible(name) for name in names), *more, f"          {visible(message)}"]


def _without_name(failure: ScanFailure) -> str:
    name, colon, rest = failure.message.partition(": ")
    return rest if colon and failure.image.partition("@")[0] == name.partition("@")[0] else failure.message


def _line(one: Scanned) -> str:
    report = one.report
    found = [
        f"{number} {severity}{f' ({fixable} fixable)' if fixable else ''}"
        for severity, (number, fixable) in counted(report).items()
    ]
    told = ", ".join(found) or "no vulnerability known"
    if not report.packages:
        told = "nothing that is in it was recognised, so nothing can be known of it"
    elif report.system and report.system.end_of_life:
        told += f"; {report.system.family} {report.system.release} is not corrected any more"
    return visible(f"{one.state:9} {one.target.images[0]} {one.target.platform}: {told}")


def _summary(run: ScanRun) -> str:
    numbers = [(state.value, sum(one.state is state for one in run.scanned)) for state in ScanState]
    parts = [f"{number} {word}" for word, number in (*numbers, ("failed", len(run.failures))) if number]
    text = f"{count(len(run.inventory.images), 'image')}: {', '.join(parts) or 'nothing to scan'}"
    without = sum(one.gap is not Gap.LOGICAL for one in run.inventory.unnamed)
    if without:
        text += f"; {count(without, 'name')} without a version"
    if run.inventory.unrendered:
        text += f"; {count(len(run.inventory.unrendered), 'overlay')} not rendered"
    made = f"database of {run.database.made:%Y-%m-%d %H:%M} UTC" if run.database else "no database"
    return f"{text}; Trivy {run.scanner}, {made}"


def _scanned(one: Scanned) -> dict[str, Any]:
    report = one.report
    return {
        "images": [str(image) for image in one.target.images],
        "digest": one.target.digest,
        "platform": one.target.platform,
        "state": one.state.value,
        "scanned": report.scanned.isoformat(),
        "scanner": report.scanner.version,
        "database": {"version": report.scanner.database_version, "made": report.scanner.database_made.isoformat()},
        "sbom": report.sbom,
        "built": report.built.isoformat() if report.built else None,
        "system": {"family": report.system.family, "release": report.system.release, "endOfLife": report.system.end_of_life}
        if report.system
        else None,
        "packages": len(report.packages),
        "vulnerabilities": {
            severity.value: {"found": found, "fixable": fixable} for severity, (found, fixable) in counted(report).items()
        },
    }
