"""A run that ends early, in whatever way, loses nothing that was done, and the next one goes on from there."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gitops.adapters.trivy_program import TrivyProgram
from tests.integration.conftest import ROOT
from tests.integration.scan.scene import NOW, Scene
from tests.support.images import Contents, image

# Scans one image, and at the second hangs for as long as nobody ends it.
SCRIPT = """\
if [ "$1" = sbom ]; then
  if [ -e "$STATE/first" ]; then echo $$ > "$STATE/pid.new"; mv "$STATE/pid.new" "$STATE/pid"; exec sleep 300; fi
  : > "$STATE/first"
fi
exec "$REAL" "$@"
"""
_LONGEST = 30.0


@pytest.fixture
def images(scene: Scene) -> dict[str, str]:
    """Two images, with their digests by their names."""
    scene.pin("newName: registry.example.org/other\n    newTag: '7'\n")
    return {
        "registry.example.org/other:7": scene.push(image(Contents(release="3.20.4")), "other", "7"),
        "registry.example.org/web:1.0": scene.push(image()),
    }


@pytest.fixture
def state(
    tmp_path: Path, fake_program: Callable[[str, str], None], pinned_trivy: TrivyProgram, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A folder in which the Trivy that hangs tells its process."""
    folder = tmp_path / "state"
    folder.mkdir()
    monkeypatch.setenv("STATE", str(folder))
    monkeypatch.setenv("REAL", str(pinned_trivy.path))
    fake_program("DARE_TRIVY", SCRIPT)
    yield folder
    with contextlib.suppress(OSError, ValueError):
        os.kill(int((folder / "pid").read_text(encoding="utf-8")), signal.SIGKILL)


def wait_for(path: Path, process: "subprocess.Popen[bytes]") -> int:
    until = time.monotonic() + _LONGEST
    while time.monotonic() < until and process.poll() is None:
        if path.exists():
            return int(path.read_text(encoding="utf-8"))
        time.sleep(0.02)
    process.kill()
    return pytest.fail(f"the scanner was not started: {process.communicate()}")


def runs(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2][:3]
    except OSError:
        return False


@pytest.mark.parametrize(
    ("sent", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 130), (signal.SIGKILL, -9)], ids=["Ctrl-C", "cancelled", "killed"]
)
def test_the_next_run_goes_on_where_one_was_ended(
    sent: signal.Signals, code: int, scene: Scene, images: dict[str, str], state: Path, pinned_trivy: TrivyProgram
) -> None:
    arguments = ["run", "--now", NOW, "--db-folder", str(scene.database), "--jobs", "1"]
    process = subprocess.Popen([ROOT / "tools" / "scan.py", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    scanner = wait_for(state / "pid", process)
    process.send_signal(sent)
    told = process.communicate(timeout=_LONGEST)
    assert process.returncode == code, told
    assert told[1].endswith(b"interrupted\n") is (sent is not signal.SIGKILL)
    assert runs(scanner) is (sent is signal.SIGKILL)  # which leaves nobody who could end it; its own time limit does
    first, second = images.values()
    assert scene.ids(first)
    assert scene.store.report(second) is None
    assert scene.store.contents(second) is not None
    assert scene.store.failures() == ()

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DARE_TRIVY", str(pinned_trivy.path))
        code, text = scene.scan()
    assert code == 0
    assert [line.split()[:2] for line in text.splitlines()[:2]] == [
        ["current", "registry.example.org/other:7"],
        ["scanned", "registry.example.org/web:1.0"],
    ]


def test_two_runs_at_once_share_a_store(scene: Scene, images: dict[str, str]) -> None:
    arguments = [ROOT / "tools" / "scan.py", "run", "--now", NOW, "--db-folder", str(scene.database)]
    both = [subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) for _ in range(2)]
    told = [process.communicate(timeout=_LONGEST)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert all(scene.ids(digest) for digest in images.values())
    assert scene.store.damaged == []
