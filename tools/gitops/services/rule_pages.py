"""A page for each rule, made from the rule itself and from the cases that its tests run: so the three can't differ."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from inspect import cleandoc
from pathlib import Path

from gitops.checks.unit import Check, Scope, all_checks
from gitops.models.values import mapping
from gitops.repository import documents
from gitops.repository.cases import Case, Change, cases
from gitops.repository.policy_rules import FOLDER, PolicyRule, read_policy_rules
from gitops.repository.yaml_text import yaml_text

RULES = "docs/rules"
ADMISSION_CASES = "tests/admission/cases"

_SEES = {
    Scope.TREE: "the files of the repository and their references, before anything is rendered",
    Scope.OBJECT: "each rendered object by itself",
    Scope.ENVIRONMENT: "everything that one environment renders",
    Scope.ADMISSION: "what the admission policies and the rules of CRDs say of each rendered object",
    Scope.APPROVAL: "each image of an environment that a digest pins, and `policies/approvals/`, on the day of the run",
    Scope.WAIVERS: "`policies/waivers.yaml`, once all findings are known",
    Scope.IMAGE: "each image of an environment and what its scan found, in `tools/scan.py`",
    Scope.DIFF: "what a merge request changes, in `tools/diff.py`",
}
_LONGEST_EXAMPLE = 40  # lines; what is longer is cut, and says so
_WIDEST = 128


@dataclass(frozen=True, slots=True)
class _Page:
    id: str
    title: str
    level: str
    looks_at: str
    waivable: bool
    finds: str
    why: str
    fix: str
    source: str
    examples: str

    def text(self) -> str:
        source = f"\n## Source\n{self.source}\n" if self.source else ""
        return f"""# {self.id}: {self.title}

| level | looks at | can be waived |
|---|---|---|
| {self.level} | {self.looks_at} | {"yes" if self.waivable else "no"} |

## What it finds
{self.finds}

## Why
{self.why}
{self.examples}
## How to correct it
{self.fix}
{source}"""


def rule_pages(root: Path) -> dict[str, str]:
    """Path and text of the page of every rule, and of their index; ``root`` is the repository that the tools stand in."""
    known = cases(root)
    pages = [_of_check(check, known) for check in all_checks()]
    taken = {page.id for page in pages}
    pages += [_of_policy(root, rule) for rule in read_policy_rules(root).values() if rule.id not in taken]
    pages.sort(key=lambda page: page.id)
    return {**{f"{RULES}/{page.id}.md": page.text() for page in pages}, f"{RULES}/README.md": _index(pages)}


def _of_check(check: Check, known: Iterable[Case]) -> _Page:
    case = _best(check.id, known)
    return _Page(
        check.id,
        check.title,
        check.level.value,
        _SEES[check.scope],
        check.waivable,
        cleandoc(check.function.__doc__ or ""),
        check.why,
        check.fix,
        check.reference,
        "\n".join(_examples(check.id, case)) if case else "",
    )


def _best(rule: str, known: Iterable[Case]) -> Case | None:
    """The case that shows the rule with the least besides: no other rule, few files, few lines."""
    showing = [case for case in known if rule in case.said]
    return min(showing, key=_cost, default=None)


def _cost(case: Case) -> tuple[int, int, int]:
    return len(case.said), len(case.changes), sum(len(change.diff) for change in case.changes)


def _examples(rule: str, case: Case) -> Iterator[str]:
    yield "\n## Example that fails"
    yield f"`{case.folder}` changes the sound repository of the tests like this:\n"
    for change in case.changes:
        yield from _block("diff", _cut([f"# {change.path}", *change.diff]))
    for path in case.removed:
        yield from _block("diff", [f"- {path}"])
    yield f"and {case.command} says:\n"
    yield from _block("", case.said[rule])
    yield "## Example that passes"
    sound = _sound(rule, case)
    if sound:
        yield "The same place in the sound repository:\n"
    for change in sound:
        yield from _block(_language(change), _cut([f"# {change.path}", *change.sound]))
    if not sound:
        yield _without(case)


def _sound(rule: str, case: Case) -> list[Change]:
    """The places to show as they should be: where lint points, if that was changed; none if it should not be there."""
    pointed = [change for change in case.changes if case.said[rule][0].startswith(f"{change.path}:")]
    return [change for change in pointed or case.changes if change.sound]


def _without(case: Case) -> str:
    if case.removed:
        return f"The sound repository, which has {_listed(case.removed)}.\n"
    return f"The sound repository, which has no {_listed(change.path for change in case.changes if not change.sound)}.\n"


def _listed(paths: Iterable[str]) -> str:
    return ", ".join(f"`{path}`" for path in paths)


def _language(change: Change) -> str:
    return "yaml" if change.path.endswith((".yaml", ".yml")) else ""


def _block(language: str, lines: Iterable[str]) -> Iterator[str]:
    yield f"```{language}"
    yield from (_narrow(line) for line in lines)
    yield "```\n"


def _narrow(line: str) -> str:
    line = line.rstrip()
    return line if len(line) <= _WIDEST else f"{line[: _WIDEST - 1]}…"


def _cut(lines: list[str]) -> list[str]:
    left_out = len(lines) - _LONGEST_EXAMPLE
    return lines if left_out <= 1 else [*lines[:_LONGEST_EXAMPLE], f"# … and {left_out} lines more"]


def _of_policy(root: Path, rule: PolicyRule) -> _Page:
    return _Page(
        rule.id,
        rule.title,
        "error",
        f"each rendered object by itself, and in the cluster each request: `{FOLDER}{Path(rule.file).name}`",
        waivable=True,
        finds=rule.title + ".",
        why=rule.why,
        fix=rule.fix,
        source=rule.reference,
        examples="\n".join(_policy_examples(root / ADMISSION_CASES / f"{rule.id.lower()}.yaml")),
    )


def _policy_examples(file: Path) -> Iterator[str]:
    """The first case that is refused and the first that is let through."""
    listed = documents.values(file.read_text(encoding="utf-8")) if file.exists() else []
    told = [mapping(case) for document in listed for case in (document if isinstance(document, list) else [])]
    for title, allowed in (("Example that fails", False), ("Example that passes", True)):
        case = next((case for case in told if mapping(case.get("expect")).get("allowed") is allowed), None)
        if case:
            yield f"\n## {title}" if not allowed else f"## {title}"
            about = str(case.get("title"))
            yield f"{about[:1].upper()}{about[1:]}:\n"
            yield from _block("yaml", _cut(yaml_text(case.get("object")).splitlines()))
            if not allowed:
                yield "is refused with:\n"
                yield from _block("", [str(mapping(case.get("expect")).get("message"))])


def _index(pages: Iterable[_Page]) -> str:
    rows = "\n".join(f"| [{page.id}]({page.id}.md) | {page.title} | {page.level} |" for page in pages)
    return f"""# Rules

Every rule of `tools/lint.py`, and every danger of `tools/diff.py`; `tools/lint.py --explain ID` prints a page. The pages are
written by `make generate` from the checks in `tools/gitops/checks/` and the policies in `policies/admission/`, with the
examples that their tests run.

| rule | title | level |
|---|---|---|
{rows}
"""
