"""Work of this program itself, spread over copies of its process: the interpreter runs one thread of Python at a time."""

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_work: Callable[[Any], Any] | None = None
_items: Sequence[Any] = ()


def spread(work: Callable[[T], R], items: Sequence[T], jobs: int) -> list[R]:
    """What ``work`` makes of each item, in their order, by ``jobs`` processes at most.

    A process is a copy of this one (fork): it sees all that ``work`` and the items refer to, and nothing that it changes
    comes back but the answers, which have to be picklable. With one job, or where processes can't be copied, the work is
    done here. An exception of ``work`` is raised here.
    """
    if jobs < 2 or len(items) < 2 or "fork" not in multiprocessing.get_all_start_methods():
        return [work(item) for item in items]
    global _work, _items  # what a copy finds without being sent it
    _work, _items = work, items
    try:
        with multiprocessing.get_context("fork").Pool(min(jobs, len(items)), _leave_signals) as pool:
            return pool.map(_one, range(len(items)), chunksize=1)
    finally:
        _work, _items = None, ()


def _one(index: int) -> Any:
    if _work is None:
        raise RuntimeError("no work was left for this process")
    return _work(_items[index])


def _leave_signals() -> None:
    """Ctrl-C is for the parent, which ends its copies by SIGTERM; with its handlers each would show a traceback of its own."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
