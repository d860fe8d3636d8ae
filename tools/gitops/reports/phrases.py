"""Wordings that several reports share, and the characters that a report must not pass on."""

import re

from gitops.models.finding import Finding, WaiverNote

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"

# Control characters but tab and newline, and the marks that turn the direction of writing: a value from a YAML file
# must be able neither to steer a terminal nor to show a line other than it is (CVE-2021-42574). Half a surrogate pair
# stands for a byte of a file name that is not UTF-8, and cannot be written as such.
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_HALVES = re.compile("[\ud800-\udfff]")


def visible(text: str) -> str:
    """The text with every character replaced that a terminal would obey instead of showing."""
    return _INVISIBLE.sub(REPLACEMENT, text)


def encodable(text: str) -> str:
    """The text with what UTF-8 cannot hold replaced."""
    return _HALVES.sub(REPLACEMENT, text)


def count(number: int, noun: str) -> str:
    """``1 object``, ``2 objects``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def waived(note: WaiverNote) -> str:
    """Until when a finding is silenced, by whom and why."""
    return f"waived until {note.expires} by {note.owner}: {note.reason}{f' ({note.ticket})' if note.ticket else ''}"


def subject(finding: Finding) -> str:
    """The object and the place in it, as far as they are known: ``Deployment dare/dare-login at /spec/replicas``."""
    parts = [str(finding.object) if finding.object else "", f"at {finding.path}" if finding.path else ""]
    return " ".join(part for part in parts if part)
