"""The backup's scripts, run by sh against programs that stand in for the databases' own."""

import gzip
import os
import subprocess
from pathlib import Path

import pytest

from tests.integration.conftest import ROOT

SCRIPT = ROOT / "base" / "backup" / "files" / "backup.sh"
PASSWORD = "a-secret-of-the-database"

# One stand-in for each program: writes what $STATE/dump holds, or reads it back, and notes how it was called.
NOTE = 'echo "$0 $*" >>"$STATE/calls"\n'
LAST = "for word do case $word in --file=*) file=${word#*=};; --archive=*) file=${word#*=};; *) last=$word;; esac; done\n"
PROGRAMS = {
    "mysqldump": NOTE + 'cat "$STATE/dump"; exit "$(cat "$STATE/code")"',
    "mysql": NOTE + 'cat >"$STATE/restored"; exit "$(cat "$STATE/code")"',
    "pg_dump": NOTE + LAST + 'cat "$STATE/dump" >"$file"; exit "$(cat "$STATE/code")"',
    # Reads to the end, as the real one does when it turns a dump into SQL.
    "pg_restore": NOTE
    + LAST
    + 'if [ "${file:-}" = /dev/null ]; then exec grep -q END "$last"; fi\n'
    + 'cat "$last" >"$STATE/restored"; exit "$(cat "$STATE/code")"',
    "mongodump": NOTE + LAST + 'gzip <"$STATE/dump" >"$file"; exit "$(cat "$STATE/code")"',
    "mongorestore": NOTE + LAST + 'gzip -dc "$file" >"$STATE/restored"; exit "$(cat "$STATE/code")"',
    # Says that all went well even when nothing did, as the real one does.
    "isql": NOTE + 'case $* in *EXEC=*) cat "$STATE/dump";; *) cat >"$STATE/restored"; cat "$STATE/outcome";; esac',
}
# mongodump begins and ends an archive like this: common/archive/spec.md of mongodb/mongo-tools.
WHOLE = {
    "mysql": b"INSERT INTO t VALUES ('it''s');\n-- Dump completed on 2026-11-25  1:07:00\n",
    "postgresql": b"PGDMP data END",
    "mongodb": b"\x6d\xe2\x99\x81 documents \xff\xff\xff\xff",
    "virtuoso": b'<a:s>\t<a:p>\t"it\'s \\"so\\""\t<a:g> .\n_:b1\t<a:p>\t<a:o>\t<a:g> .\n# 2 quads\n',
}
ENDINGS = {"mysql": "sql.gz", "postgresql": "dump", "mongodb": "archive.gz", "virtuoso": "nq.gz"}
ENGINES = sorted(WHOLE)


class Trial:
    """A folder of dumps, and the stand-ins' state: what they hand out, and what they got."""

    def __init__(self, folder: Path, engine: str) -> None:
        self.engine = engine
        self.dumps, self.state, scratch, programs = (folder / name for name in ("dumps", "state", "scratch", "programs"))
        for one in (self.dumps, self.state, scratch, programs):
            one.mkdir()
        (folder / "password").write_text(PASSWORD, encoding="utf-8")
        for name, text in PROGRAMS.items():
            (programs / name).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
            (programs / name).chmod(0o755)
        self.programs = programs
        self.environment = {
            "PATH": f"{programs}:{os.environ['PATH']}",
            "STATE": str(self.state),
            "DATABASE_ENGINE": engine,
            "DATABASE_HOST": "db.dare",
            "DATABASE_NAME": "things",
            "DATABASE_USER": "someone",
            "DATABASE_PASSWORD_FILE": str(folder / "password"),
            "BACKUP_FOLDER": str(self.dumps),
            "BACKUP_SCRATCH": str(scratch),
            "BACKUP_KEEP": "3",
        }
        self.holds(WHOLE[engine])
        self.ends_with(0)

    def holds(self, content: bytes) -> None:
        (self.state / "dump").write_bytes(content)
        (self.state / "outcome").write_bytes(content.splitlines(keepends=True)[-1] if content else b"")

    def ends_with(self, code: int) -> None:
        (self.state / "code").write_text(str(code), encoding="utf-8")

    def run(self, *arguments: str, prefix: str = "") -> subprocess.CompletedProcess[str]:
        call = ["/bin/sh", "-c", f'{prefix} exec /bin/sh "$0" "$@"', str(SCRIPT), *arguments]
        return subprocess.run(call, env=self.environment, capture_output=True, text=True, timeout=60, check=False)

    def earlier(self, *days: str) -> list[str]:
        """Puts whole dumps of other days there."""
        names = [f"{day}T010700Z.{ENDINGS[self.engine]}" for day in days]
        for name in names:
            content = WHOLE[self.engine]
            (self.dumps / name).write_bytes(content if self.engine == "postgresql" else gzip.compress(content))
        return names

    @property
    def there(self) -> list[str]:
        return sorted(path.name for path in self.dumps.iterdir())

    @property
    def calls(self) -> str:
        return (self.state / "calls").read_text(encoding="utf-8")


@pytest.fixture(params=ENGINES)
def trial(request: pytest.FixtureRequest, tmp_path: Path) -> Trial:
    return Trial(tmp_path, request.param)


def test_a_dump_gets_its_name_when_it_is_whole(trial: Trial) -> None:
    done = trial.run("backup")
    assert done.returncode == 0, done.stderr
    (name,) = trial.there
    assert name.endswith(f"Z.{ENDINGS[trial.engine]}")
    content = (trial.dumps / name).read_bytes()
    assert (content if trial.engine == "postgresql" else gzip.decompress(content)) == WHOLE[trial.engine]
    assert f"made {name}, {len(content)} bytes" in done.stdout


def test_the_newest_are_kept(trial: Trial) -> None:
    names = trial.earlier("20240101", "20240102", "20240103", "20240104")
    assert trial.run("backup").returncode == 0
    assert trial.there[:2] == names[2:]
    assert len(trial.there) == 3


def test_a_clock_that_went_back_costs_no_new_dump(trial: Trial) -> None:
    trial.earlier("29990101", "29990102", "29990103")
    assert trial.run("backup").returncode == 0
    assert [name[:4] for name in trial.there] != ["2999"] * 3
    assert len(trial.there) == 3


def test_what_a_killed_run_left_is_cleared_up(trial: Trial) -> None:
    (trial.dumps / f"20240101T010700Z.{ENDINGS[trial.engine]}.partial").write_bytes(b"half")
    assert trial.run("backup").returncode == 0
    assert not [name for name in trial.there if name.endswith(".partial")]


def test_a_dump_that_fails_leaves_those_of_before(trial: Trial) -> None:
    names = trial.earlier("20240101", "20240102", "20240103", "20240104")
    trial.ends_with(1)
    trial.holds(b"" if trial.engine == "virtuoso" else WHOLE[trial.engine])
    done = trial.run("backup")
    assert done.returncode == 1
    assert "those of before stay" in done.stderr
    assert trial.there == names


def test_half_a_dump_leaves_those_of_before(trial: Trial) -> None:
    names = trial.earlier("20240101", "20240102", "20240103", "20240104")
    whole = WHOLE[trial.engine]
    # The last of them: without a part of what says that this is the end.
    for length in (0, 1, len(whole) // 2, whole.rstrip(b"\n").rfind(b"\n") + 5 if whole.endswith(b"\n") else len(whole) - 2):
        trial.holds(whole[:length])
        done = trial.run("backup")
        assert (done.returncode, trial.there) == (1, names), (length, done.stdout)
        assert "the dump is not whole" in done.stderr


def test_a_full_disk_leaves_those_of_before(trial: Trial) -> None:
    names = trial.earlier("20240101", "20240102", "20240103", "20240104")
    trial.holds(os.urandom(1 << 20) + WHOLE[trial.engine])
    # Files may not grow beyond some kilobytes; the signal is ignored, so that a write fails as on a full disk.
    done = trial.run("backup", prefix="trap '' XFSZ; ulimit -f 64;")
    assert done.returncode == 1
    assert trial.there == names


def test_a_disk_that_fails_late_leaves_those_of_before(trial: Trial) -> None:
    names = trial.earlier("20240101", "20240102", "20240103", "20240104")
    (trial.programs / "sync").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    (trial.programs / "sync").chmod(0o755)
    done = trial.run("backup")
    assert (done.returncode, trial.there) == (1, names)
    assert "the disk did not take the dump" in done.stderr


@pytest.mark.parametrize("keep", ["0", "", "many"])
def test_at_least_one_dump_is_kept(tmp_path: Path, keep: str) -> None:
    trial = Trial(tmp_path, "mysql")
    names = trial.earlier("20240101")
    trial.environment["BACKUP_KEEP"] = keep
    assert trial.run("backup").returncode != 0
    assert trial.there == names


def test_a_dump_is_put_back(trial: Trial) -> None:
    (name,) = trial.earlier("20240101")
    done = trial.run("restore", name)
    assert done.returncode == 0, done.stderr
    restored = (trial.state / "restored").read_bytes()
    if trial.engine == "virtuoso":
        literal = WHOLE["virtuoso"].removesuffix(b"# 2 quads\n").replace(b"\\", b"\\\\").replace(b"'", b"''")
        assert restored == b"things.BACKUP_BEGIN ();\nthings.BACKUP_ADD ('" + literal + b"');\nthings.BACKUP_LOAD ();\n"
    else:
        assert restored == WHOLE[trial.engine]


def test_a_large_graph_is_put_back_in_pieces(tmp_path: Path) -> None:
    trial = Trial(tmp_path, "virtuoso")
    quads = [f'<a:{number}>\t<a:p>\t"{"x" * 100}"\t<a:g> .\n' for number in range(2000)]
    trial.holds("".join([*quads, "# 2000 quads\n"]).encode())
    assert trial.run("backup").returncode == 0
    assert trial.run("restore", *trial.there).returncode == 0
    pieces = (trial.state / "restored").read_text(encoding="utf-8").split("things.BACKUP_ADD ('")[1:]
    assert len(pieces) == 5
    assert "".join(piece.split("');\n")[0] for piece in pieces) == "".join(quads)


def test_a_restore_that_fails_says_so(trial: Trial) -> None:
    (name,) = trial.earlier("20240101")
    trial.ends_with(1)
    trial.holds(b"*** Error 42000: no\n")
    done = trial.run("restore", name)
    assert done.returncode == 1
    assert "was not put back, or not all of it" in done.stderr


def test_a_damaged_dump_is_not_put_back(trial: Trial) -> None:
    (name,) = trial.earlier("20240101")
    content = (trial.dumps / name).read_bytes()
    (trial.dumps / name).write_bytes(content[: len(content) - 12])
    done = trial.run("restore", name)
    assert done.returncode == 1
    assert "damaged; the database is as it was" in done.stderr
    assert not (trial.state / "restored").exists()


@pytest.mark.parametrize("name", ["../password", "/etc/passwd", "20240101T010700Z.sql.gz.partial", "nothing", ""])
def test_only_a_dump_of_the_folder_is_put_back(tmp_path: Path, name: str) -> None:
    trial = Trial(tmp_path, "mysql")
    assert trial.run("restore", name).returncode == 1
    assert not (trial.state / "restored").exists()


def test_the_list_shows_dumps_and_nothing_else(trial: Trial) -> None:
    assert trial.run("list").stdout == ""
    names = trial.earlier("20240102", "20240101")
    (trial.dumps / "lost+found").mkdir()
    lines = trial.run("list").stdout.splitlines()
    assert [line.split()[0] for line in lines] == sorted(names)


@pytest.mark.parametrize("arguments", [[], ["backup", "now"], ["restore"], ["remove"]])
def test_a_wrong_call_does_nothing(tmp_path: Path, arguments: list[str]) -> None:
    trial = Trial(tmp_path, "mysql")
    assert trial.run(*arguments).returncode == 1
    assert trial.there == []


@pytest.mark.parametrize("engine", [engine for engine in ENGINES if engine != "virtuoso"])
def test_the_password_is_on_no_command_line(tmp_path: Path, engine: str) -> None:
    trial = Trial(tmp_path, engine)
    assert trial.run("backup").returncode == 0
    assert trial.run("restore", *trial.there).returncode == 0
    assert "things" in trial.calls
    assert PASSWORD not in trial.calls
