"""The settings in configuration files, arguments and variables."""

import pytest

from gitops.repository.config_files import is_variable, settings_of_arguments, settings_of_file


def pairs(name: str, text: str) -> list[tuple[str, str]]:
    return [(setting.key, setting.value) for setting in settings_of_file(name, text)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.yaml", "db:\n  host: queue\n  port: 5672\n"),
        ("a.json", '{"db": [{"host": "queue", "port": 5672}]}'),
        ("a.toml", '[db]\nhost = "queue"\nport = 5672\n'),
        ("a.ini", "[db]\nhost = queue\nport = 5672\n"),
        ("a.cnf", "[mysqld]\nskip-networking\n[db]\nhost = queue\nport = 5672\n"),
        ("a.properties", "# the host: none\nhost=queue\nport=5672\n"),
        ("a.conf", "host = queue\nport: '5672'\n"),
        ("a.cfg", 'host = "queue"\nport = 5672\n'),
        ("a.py", "connect(host='queue', port=5672)\n"),
        ("b.py", "DB = {'host': 'queue', 'port': '5672', **more}\n"),
        ("a.sh", "run --host queue --port=5672\n"),
        ("a.js", "connect({ host: 'queue',\n  port: 5672 })\n"),
        ("a.xml", '<server host="queue" port="5672"/>\n'),
        ("list.yaml", "- {name: host, value: queue}\n- {name: port, value: 5672}\n"),
    ],
)
def test_a_form_is_read_with_what_stands_beside(name: str, text: str) -> None:
    (host,) = [setting for setting in settings_of_file(name, text) if setting.key == "host"]
    assert (host.value, host.beside["port"]) == ("queue", "5672")


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        ("a.yaml", "hosts: [a, b]\n", [("hosts", "a"), ("hosts", "b")]),
        ("a.yaml", "on: true\nnothing:\n", []),
        ("a.yaml", "args: [--db-host=a, --queue, b]\n", [("db-host", "a"), ("queue", "b"), ("args", "--db-host=a")]),
        ("a.py", "c.Hub.connect_ip = 'hub'\nHOSTS = ['a', os.environ['B']]\n", [("connect_ip", "hub"), ("HOSTS", "a")]),
        ("a.py", "QUEUE = ('queue', 5672)\n", [("QUEUE", "queue"), ("", "queue:5672")]),
        ("a.conf", "key = value # not = this\n", [("key", "value # not = this")]),
    ],
)
def test_values_come_with_their_keys(name: str, text: str, found: list[tuple[str, str]]) -> None:
    assert [pair for pair in found if pair not in pairs(name, text)] == []
    assert bool(pairs(name, text)) == bool(found)


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.yaml", "host: queue\nlist: [\n"), ("a.json", "{host: queue"), ("a.py", "print 'x'\nhost = 'queue'\n")],
)
def test_a_file_that_its_form_does_not_fit_is_read_loosely(name: str, text: str) -> None:
    (host,) = [setting for setting in settings_of_file(name, text) if setting.key == "host"]
    assert (host.value, host.loose) == ("queue", True)


def test_a_comment_sets_nothing() -> None:
    assert pairs("a.sh", "# host=queue\n  // host: queue\n-- host: queue\n") == []


def test_arguments_are_read_alone_and_in_pairs() -> None:
    found = [(index, setting.key, setting.value) for index, setting in settings_of_arguments(["x", "--a=b", "--c", "d", "-e"])]
    assert found == [(1, "a", "b"), (3, "c", "d")]


def test_a_script_as_an_argument_is_read_loosely() -> None:
    ((index, setting),) = settings_of_arguments(["sh", "-c", "set -e\nrun --host queue\n"])
    assert (index, setting.key, setting.value, setting.loose) == (2, "host", "queue", True)


@pytest.mark.parametrize(
    ("name", "text", "is_one"), [("DB_HOST", "a", True), ("a.conf", "a", False), ("SCRIPT", "a\nb", False)]
)
def test_an_entry_may_be_a_variable(name: str, text: str, is_one: bool) -> None:
    assert is_variable(name, text) is is_one
