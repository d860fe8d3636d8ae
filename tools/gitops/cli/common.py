"""What every command has in common: exit codes, the root, and progress on a terminal."""

import os
import signal
import sys
from contextlib import AbstractContextManager
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

import click

from gitops.launch import ROOT
from gitops.models.errors import UserError

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

ROOT_VARIABLE = "DARE_ROOT"
CLEAN, FINDINGS, USER_ERROR, BUG, INTERRUPTED = 0, 1, 2, 3, 130


def repository_root() -> Path:
    """The repository that the tools stand in, or the one that ``DARE_ROOT`` names."""
    return Path(os.environ.get(ROOT_VARIABLE) or ROOT)


def run_command(command: click.Command, arguments: list[str] | None = None) -> int:  # noqa: PLR0911 - a code per kind of end
    """Runs a command and turns what it raises into an exit code: 2 for the user's mistake, 3 for a bug (with traceback)."""
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        code = command.main(args=arguments, standalone_mode=False)
    except click.exceptions.Exit as error:
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return USER_ERROR
    except UserError as error:
        click.echo(f"error: {error}", err=True)
        return USER_ERROR
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        return _quiet_end()
    except Exception:
        import traceback

        traceback.print_exc()
        click.echo("this is a bug in the tool, not in your files; please report it with the lines above", err=True)
        return BUG
    return code if isinstance(code, int) else CLEAN


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    """A pipeline that is cancelled ends like a person's Ctrl-C: what was started is stopped too."""
    raise KeyboardInterrupt


def _quiet_end() -> int:
    """The reader of our output has gone (``| head``): nothing more can be said, and Python must not try at its exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return USER_ERROR


class Bar(AbstractContextManager["Bar"]):
    """A progress bar on standard error, gone when the work is done; nothing where that is no terminal."""

    def __init__(self, *, shown: bool | None = None) -> None:
        self._shown = sys.stderr.isatty() if shown is None else shown
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def start(self, step: str, total: int) -> None:
        """Begins a step of ``total`` parts."""
        if not self._shown:
            return
        if self._progress is None:
            self._progress = _make_progress()
            self._progress.start()
        if self._task is not None:
            self._progress.remove_task(self._task)
        self._task = self._progress.add_task(step, total=total)

    def advance(self) -> None:
        """One part is done."""
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task)

    def stop(self) -> None:
        """Takes the bar away, to leave the terminal to something else; a further step brings it back."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = self._task = None

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None) -> None:
        self.stop()


def _make_progress() -> "Progress":
    from rich.console import Console
    from rich.progress import Progress

    return Progress(console=Console(stderr=True), transient=True)
