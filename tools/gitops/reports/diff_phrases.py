"""Wordings that the reports of a difference share."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from difflib import unified_diff
from typing import Any, NamedTuple

import yaml

from gitops.models.difference import ABSENT, CapacityChange, ChangeKind, Delivery, FieldChange, ImageMove, ObjectChange
from gitops.models.finding import Finding
from gitops.models.quantity import format_bytes, format_cpu
from gitops.reports.phrases import count, subject, visible

MARKS = {ChangeKind.ADDED: "+", ChangeKind.REMOVED: "-", ChangeKind.RENAMED: ">", ChangeKind.CHANGED: "~"}
_MINUS = "\N{MINUS SIGN}"


class Table(NamedTuple):
    """What differs in a delivery besides its objects, as rows of plain text."""

    head: tuple[str, ...]
    rows: list[list[str]]


def heading(delivery: Delivery) -> str:
    """``testbed, on merge``."""
    return f"{delivery.name}, {delivery.arrival.value}"


def numbers(delivery: Delivery) -> str:
    """``1 object added, 2 changed``."""
    told = [(kind, delivery.number(kind)) for kind in ChangeKind if delivery.number(kind)]
    if not told:
        return "no object changes"
    (kind, first), *others = told
    return ", ".join([f"{count(first, 'object')} {kind.value}", *(f"{number} {each.value}" for each, number in others)])


def overlays_told(delivery: Delivery) -> Iterator[str]:
    """Overlays that are new, and those that are gone with what that means in the cluster."""
    for overlay in delivery.fresh:
        yield f"{overlay.path} is new"
    for overlay in delivery.gone:
        yield (
            f"{overlay.path} is gone: where the ApplicationSet only creates and updates, its Application stays with all that "
            "it runs until somebody deletes it"
        )


def image_told(move: ImageMove) -> str:
    """``old → new (tag)``."""
    parts = f" ({', '.join(move.moved)})" if move.moved else ""
    return f"{move.old or 'none'} → {move.new or 'none'}{parts}"


def number_told(number: int | None) -> str:
    """A number of replicas; a workload that is not there has none."""
    return "none" if number is None else str(number)


def capacity_told(change: CapacityChange) -> list[str]:
    """Pods, cores, memory, memory at most and claims, each with its sign; empty where nothing changes."""
    return [
        _signed(Decimal(change.pods), str(abs(change.pods))),
        _signed(change.cpu, format_cpu(abs(change.cpu))),
        *(_signed(size, _size(abs(size))) for size in change[3:]),
    ]


CAPACITY_COLUMNS = ("pods", "processors", "memory", "memory at most", "storage")


def tables(delivery: Delivery) -> Iterator[Table]:
    """Images, replicas and what namespaces ask for, as far as they change."""
    if delivery.images:
        yield Table(("image", "objects"), [[image_told(move), ", ".join(move.users)] for move in delivery.images])
    if delivery.replicas:
        replicas = [[each.workload, number_told(each.old), number_told(each.new)] for each in delivery.replicas]
        yield Table(("workload", "replicas before", "after"), replicas)
    if delivery.capacity:
        asked = [[each.namespace, *capacity_told(each)] for each in delivery.capacity]
        yield Table(("namespace", *CAPACITY_COLUMNS), asked)


def _size(number: Decimal) -> str:
    return format_bytes(number) if number >= 2**29 else f"{number / 2**20:.0f} MiB"


def _signed(number: Decimal, text: str) -> str:
    return f"{'+' if number > 0 else _MINUS}{text}" if number else ""


def value(given: Any) -> str:
    """A value in one line: text as it is where that can't be taken for anything else, all other as JSON."""
    if given is ABSENT:
        return "nothing"
    if isinstance(given, str) and given and given == given.strip() and "\n" not in given:
        return visible(given)
    return visible(json.dumps(given, ensure_ascii=False, default=str))


def field_lines(change: FieldChange) -> Iterator[str]:
    """A change as lines that begin with what they do: ``-``, ``+``, or a blank for where it is."""
    place = visible(change.label)
    if change.hidden:
        happened = "comes" if change.old is ABSENT else "goes" if change.new is ABSENT else "changes"
        yield f"{MARKS[ChangeKind.CHANGED]} {place}: {happened} (hidden)"
        return
    if isinstance(change.old, str) and isinstance(change.new, str) and "\n" in change.old + change.new:
        yield f"  {place}:"
        lines = unified_diff(change.old.splitlines(), change.new.splitlines(), lineterm="", n=1)
        yield from (f"{line[0]}   {visible(line[1:])}" for line in list(lines)[2:] if not line.startswith("@@"))
        return
    for mark, given in (("-", change.old), ("+", change.new)):
        if given is not ABSENT:
            yield from _marked(mark, place, given)


def _marked(mark: str, place: str, given: Any) -> Iterator[str]:
    if (isinstance(given, dict | list) and given) or (isinstance(given, str) and "\n" in given):
        yield f"{mark} {place}:"
        yield from (f"{mark}   {line}" for line in as_yaml(given).splitlines())
    else:
        yield f"{mark} {place}: {value(given)}"


def object_lines(change: ObjectChange) -> list[str]:
    """What an object's change consists of: its fields, or the whole object where it comes or goes."""
    if change.kind in (ChangeKind.ADDED, ChangeKind.REMOVED):
        return [f"{MARKS[change.kind]} {line}" for line in as_yaml(change.body).splitlines()]
    return [line for field in change.fields for line in field_lines(field)]


def object_title(change: ObjectChange) -> str:
    """``Deployment dare/web``, with what else happens to it."""
    moved = f", from {change.moved[0].path}" if change.moved else ""
    return visible(f"{change.name}{moved}")


def as_yaml(given: Any) -> str:
    """A value as a person would write it in a manifest."""
    if isinstance(given, str):
        return visible(given)
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    text: str = yaml.dump(given, Dumper=dumper, sort_keys=False, allow_unicode=True, width=120)
    return visible(text)


def grouped(dangers: Iterable[Finding]) -> list[tuple[Finding, str]]:
    """Each danger once, with the environments that it is in."""
    environments: dict[Finding, list[str]] = {}
    for danger in dangers:
        environments.setdefault(replace(danger, environment=None), []).append(danger.environment or "")
    return [(danger, ", ".join(filter(None, names))) for danger, names in environments.items()]


def about(danger: Finding) -> str:
    """The object, the place in it and the line to edit."""
    place = f"{danger.file}:{danger.line}" if danger.file else ""
    return visible(", ".join(part for part in (subject(danger), place) if part))
