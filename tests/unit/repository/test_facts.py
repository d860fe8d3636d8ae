"""What one file says."""

from pathlib import Path

import pytest

from gitops.adapters.cache import Cache
from gitops.repository.facts import Complaint, FactReader, FileFacts
from gitops.repository.kustomization import Reference
from tests.unit.repository.trees import CLUSTER, COMPONENT

OWN = "base/web/component.yaml"
SECRET = """\
secrets:
  - name: db
    namespace: dare
    why: the database
    keys:
      - name: password
        generate: {length: 32}
"""


@pytest.fixture
def reader(tmp_path: Path) -> FactReader:
    return FactReader(Cache(tmp_path, enabled=False), "tools")


def _read(reader: FactReader, path: str, text: str) -> FileFacts:
    return reader.read(path, text.encode())


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("base/web/service.yaml", "kind: Service\n"),
        ("base/web/list.yml", "- 1\n"),
        ("base/web/empty.yaml", ""),
        ("base/web/several.yaml", "a: 1\n---\nb: 2\n"),
        ("base/web/files/app.conf", "a: [\n"),
        ("base/web/README.md", "a: [\n"),
        ("base/web/kustomization.yaml", "resources: []\n"),
        ("policies/waivers.yaml", "{}\n"),
        (OWN, COMPONENT),
        ("clusters/test/cluster.yaml", CLUSTER),
    ],
    ids=lambda value: value if "/" in value else "",
)
def test_a_file_that_is_right_has_no_complaints(reader: FactReader, path: str, text: str) -> None:
    assert _read(reader, path, text).complaints == ()


@pytest.mark.parametrize(
    ("path", "text", "kind", "line"),
    [
        ("base/web/service.yaml", "a: 1\nb: [\n", "syntax", 3),
        ("base/web/service.yml", "a: 1\na: 2\n", "duplicate-key", 2),
        ("base/web/files/values.yaml", "a: .inf\n", "value", 1),
        ("base/web/kustomization.yaml", "", "settings", 1),
        ("base/web/Kustomization", "- a\n", "settings", 1),
        ("base/web/kustomization.yml", "a: 1\n---\nb: 1\n", "settings", 1),
        ("base/web/kustomization.yaml", "images: []\nresource: []\n", "unknown-field", 2),
        (OWN, "", "settings", 1),
        (OWN, "- a\n", "settings", 1),
    ],
)
def test_a_file_that_is_wrong_says_what_and_where(reader: FactReader, path: str, text: str, kind: str, line: int) -> None:
    (complaint,) = _read(reader, path, text).complaints
    assert (complaint.kind, complaint.line) == (kind, line)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        pytest.param(
            COMPONENT + "dependson: [db]\n",
            Complaint("unknown-field", 4, "'dependson' is no field here; did you mean 'dependsOn'?"),
            id="misspelt field",
        ),
        pytest.param(
            COMPONENT.replace("owner", "ownr"),
            Complaint("unknown-field", 3, "'ownr' is no field here; did you mean 'owner'?"),
            id="misspelt field that is required",
        ),
        pytest.param(
            COMPONENT + "zzz: 1\n",
            Complaint(
                "unknown-field",
                4,
                "'zzz' is no field here; the fields are dependsOn, description, owner, retired, secrets, since, title",
            ),
            id="field like no other",
        ),
        pytest.param(
            COMPONENT + SECRET.replace("why", "because"),
            Complaint("unknown-field", 7, "'because' is no field here; the fields are keys, name, namespace, type, why"),
            id="field in a list",
        ),
        pytest.param(
            COMPONENT + "depends_on: [db]\n",
            Complaint("unknown-field", 4, "'depends_on' is no field here; did you mean 'dependsOn'?"),
            id="field by its Python name",
        ),
        pytest.param(
            COMPONENT + "retired: {since: v2.0, reason: x, why: y}\n",
            Complaint("unknown-field", 4, "'why' is no field here; the fields are reason, since"),
            id="field of an optional part",
        ),
        pytest.param(
            COMPONENT + SECRET.replace("length: 32", "lenght: 32"),
            Complaint("unknown-field", 10, "'lenght' is no field here; did you mean 'length'?"),
            id="field of an optional part in a list",
        ),
        pytest.param(
            COMPONENT.replace("platform", "The Team"),
            Complaint("settings", 3, "owner: 'The Team' is no name of a-z, 0-9 and '-'"),
            id="value that is no name",
        ),
        pytest.param(
            COMPONENT + "dependsOn: [db, 5]\n",
            Complaint("settings", 4, "dependsOn.1: 5 is not of type 'string'"),
            id="value in a list",
        ),
        pytest.param(
            "title: Web\nowner: platform\n",
            Complaint("settings", 1, "'description' is a required property"),
            id="missing field",
        ),
    ],
)
def test_our_own_file_is_held_against_its_schema(reader: FactReader, text: str, complaint: Complaint) -> None:
    assert _read(reader, OWN, text).complaints[0] == complaint


def test_a_condition_between_fields_is_told_where_they_stand(reader: FactReader) -> None:
    text = COMPONENT + SECRET.replace("        generate: {length: 32}\n", "")
    message = "key 'password' needs exactly one of generate, copy, htpasswd, given and madeBy"
    assert _read(reader, OWN, text).complaints == (Complaint("settings", 9, message),)


def test_our_own_file_gives_its_data_and_a_defective_one_gives_none(reader: FactReader) -> None:
    assert _read(reader, OWN, COMPONENT).data == {"title": "Web", "description": "Shows pages.", "owner": "platform"}
    assert _read(reader, OWN, COMPONENT + "x: 1\n").data is None
    assert _read(reader, "base/web/service.yaml", "kind: Service\n").data is None


def test_a_kustomization_gives_its_references(reader: FactReader) -> None:
    facts = _read(reader, "base/web/kustomization.yaml", "resources:\n  - a.yaml\n")
    assert facts.references == (Reference("resources", "a.yaml", 2),)
    assert _read(reader, "base/web/other.yaml", "resources:\n  - a.yaml\n").references == ()


def test_the_same_bytes_are_judged_by_their_place(reader: FactReader) -> None:
    assert _read(reader, "base/web/other.yaml", "x: 1\n").complaints == ()
    assert [complaint.kind for complaint in _read(reader, "base/web/kustomization.yaml", "x: 1\n").complaints] == [
        "unknown-field"
    ]
    assert _read(reader, OWN, "x: 1\n").complaints != ()


def test_facts_are_kept_from_run_to_run_as_they_were(tmp_path: Path) -> None:
    files = {
        OWN: COMPONENT,
        "base/web/kustomization.yaml": "resources: [a.yaml]\n",
        "base/web/a.yaml": "kind: Service\n",
        "base/web/b.yaml": "a: [\n",
        "policies/waivers.yaml": "{}\n",
    }
    first = FactReader(Cache(tmp_path), "tools")
    learned = {path: _read(first, path, text) for path, text in files.items()}
    first.save()
    second = FactReader(Cache(tmp_path), "tools")
    assert {path: _read(second, path, text) for path, text in files.items()} == learned


def test_what_older_tools_found_is_not_believed(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    text = b"kind: Service\n"
    sha256 = FactReader(cache, "x").read("base/web/a.yaml", text).sha256
    cache.put("facts", "old", {f"manifest {sha256}": [[["syntax", 1, "from the cache"]], [], None, []]})
    assert len(FactReader(cache, "old").read("base/web/a.yaml", text).complaints) == 1
    assert FactReader(cache, "new").read("base/web/a.yaml", text).complaints == ()
