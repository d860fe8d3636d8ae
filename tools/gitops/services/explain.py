"""The page of one rule."""

from pathlib import Path

from gitops.models.errors import UserError, unknown_name
from gitops.services.rule_pages import RULES


def explain(root: Path, rule: str) -> str:
    """The page of a rule as Markdown, its id in any case; ``root`` is the repository that the tools stand in.

    Raises ``UserError``, which lists the rules that there are, for one that there is not.
    """
    pages = {page.stem: page for page in sorted((root / RULES).glob("*.md")) if page.stem != "README"}
    page = pages.get(rule.upper())
    if page is None:
        raise UserError(f"{unknown_name('rule', rule.upper(), pages)} The rules are {', '.join(pages)}")
    return page.read_text(encoding="utf-8")
