"""Threads that work through a list and can be left at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, Queue, SimpleQueue
from threading import Event, Thread
from typing import TypeVar

from vqa_canary.engines.endpoint.failures import Stopped

MANY = 64
"""Threads up to which Python's own way of taking turns does no harm."""
TURN = 0.1
"""Seconds after which one of many threads asks another, which computes, for its turn."""

T = TypeVar("T")
R = TypeVar("R")


def work_through(work: Callable[[T], R], items: Sequence[T], n_threads: int, stop: Event) -> Generator[R]:
    """The result for each item as it comes, in any order.

    Closing the iterator, an exception of `work` or Ctrl-C sets `stop` and returns at once; what waits is
    dropped. The threads are daemons: one that still waits for a server does not keep the process alive,
    as an executor's would.
    """
    waiting: Queue[T] = Queue()
    for item in items:
        waiting.put(item)
    done: SimpleQueue[tuple[R] | BaseException] = SimpleQueue()

    def run() -> None:
        while not stop.is_set():
            try:
                done.put((work(waiting.get_nowait()),))
            except (Empty, Stopped):
                return
            except BaseException as error:  # handed to the thread that reads
                done.put(error)
                return

    n = min(n_threads, len(items))
    try:
        with _long_turns(n):
            for _ in range(n):
                Thread(target=run, daemon=True).start()
            for _ in items:
                outcome = done.get()
                if isinstance(outcome, BaseException):
                    raise outcome
                yield outcome[0]
    finally:
        stop.set()


@contextmanager
def _long_turns(n_threads: int) -> Iterator[None]:
    """Let many threads ask less often for their turn.

    A thread that waits for its turn asks for it every 5 ms. Where a server answers hundreds of requests at one moment,
    most of the time goes into asking. A thread that waits for the server gives its turn away in any case.
    """
    before = sys.getswitchinterval()
    if n_threads > MANY:
        sys.setswitchinterval(max(before, TURN))
    try:
        yield
    finally:
        sys.setswitchinterval(before)
