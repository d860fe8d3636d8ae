"""The configuration of the programs is read by each form's own parser: a file that is broken is found here, not in a pod.

What has a checker of its own meets it elsewhere: Prometheus and Alertmanager in tests/monitoring, Harbor's policy and the
scripts of the backup in tests/integration, JupyterHub's configuration and the realm beside this file.
"""

import ast
import configparser
import json
import re
import tomllib
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gitops.repository import documents
from tests.repository.conftest import ROOT

FILES = sorted(path for path in (ROOT / "base").rglob("files/*") if path.is_file())
RULES = ROOT / "base/prometheus/files"
DASHBOARDS = ROOT / "base/grafana/files"
RECORDED = re.compile(r"\b[a-z_]+:[a-z_]+:[a-z0-9_:]+\b")


def ini(text: str) -> configparser.ConfigParser:
    """Strict: a section or a key that stands twice is an error, as is a line that is neither."""
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    # Options before the first section, as oauth2-proxy, RabbitMQ and Java have them.
    parser.read_string(text if re.search(r"^\[", text, re.MULTILINE) else f"[file]\n{text}")
    return parser


def statements(text: str) -> None:
    """Virtuoso's SQL: every statement ends, every parenthesis, brace and quotation is closed."""
    bare = re.sub(r"--[^\n]*|'(?:[^']|'')*'", "", text)
    for opening, closing in ("()", "{}"):
        assert bare.count(opening) == bare.count(closing), opening
    assert "'" not in bare
    assert bare.rstrip().endswith(";")


def turtle(text: str) -> None:
    """Turtle: prefixes that are used are declared, brackets and quotations are closed, the last statement ends."""
    bare = re.sub(r"<[^<>\s]*>", "<>", re.sub(r'"(?:[^"\\]|\\.)*"', '""', text))
    bare = re.sub(r"#[^\n]*", "", bare)
    declared = set(re.findall(r"@prefix\s+([\w-]*):", bare))
    used = set(re.findall(r"(?<![\w@])([\w-]+):[\w-]", bare)) - {"_"}
    assert used <= declared, used - declared
    assert bare.count("[") == bare.count("]")
    assert bare.rstrip().endswith(".")


PARSERS: dict[str, Callable[[str], Any]] = {
    ".cfg": tomllib.loads,
    ".cnf": ini,
    ".env": ini,
    ".ini": ini,
    ".isql": statements,
    ".json": json.loads,
    ".properties": ini,
    ".py": ast.parse,
    ".toml": tomllib.loads,
    ".ttl": turtle,
    ".xml": ET.fromstring,
    ".yaml": documents.values,
    ".yml": documents.values,
}
READ_HERE = [path for path in FILES if path.suffix in PARSERS]


@pytest.mark.parametrize("file", READ_HERE, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_configuration_file_can_be_read(file: Path) -> None:
    assert PARSERS[file.suffix](file.read_text(encoding="utf-8")) != []


def test_every_form_of_file_is_known() -> None:
    """Left out are languages that only the programs read: shell, JavaScript, HCL, those of nginx, Valkey and OpenSSH."""
    own = {"", ".conf", ".csv", ".hcl", ".js", ".sh"}
    assert {path.suffix for path in FILES} <= PARSERS.keys() | own


def queries(value: object) -> Iterator[str]:
    """All texts under ``expr``, however deep."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key == "expr" and isinstance(inner, str):
                yield inner
            else:
                yield from queries(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from queries(inner)


def test_recorded_metrics_that_rules_and_dashboards_ask_for_are_recorded() -> None:
    rules = [documents.values(path.read_text(encoding="utf-8"))[0] for path in sorted(RULES.glob("rules-*.yaml"))]
    recorded = {rule["record"] for file in rules for group in file["groups"] for rule in group["rules"] if "record" in rule}
    dashboards = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(DASHBOARDS.glob("dashboard-*.json"))]
    asked = {name for query in queries([rules, dashboards]) for name in RECORDED.findall(query)}
    assert recorded
    assert asked
    assert asked <= recorded
