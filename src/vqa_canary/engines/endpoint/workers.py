"""Threads that work through a list and can be left at once."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from queue import Empty, Queue, SimpleQueue
from threading import Event, Thread
from typing import TypeVar

from vqa_canary.engines.endpoint.failures import Stopped

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

    for _ in range(min(n_threads, len(items))):
        Thread(target=run, daemon=True).start()
    try:
        for _ in items:
            outcome = done.get()
            if isinstance(outcome, BaseException):
                raise outcome
            yield outcome[0]
    finally:
        stop.set()
