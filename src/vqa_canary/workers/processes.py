"""Pieces computed side by side by processes of this machine.

The standard library's pool starts the processes and notices when one dies. They are forked from a server process that
has imported the large libraries once: forking this process itself, which has threads, could leave a worker waiting
forever, and starting each worker from nothing would import everything in each.
"""

from __future__ import annotations

import logging
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import forkserver
from multiprocessing.context import BaseContext
from typing import Any, Generic

from vqa_canary.counting import counted
from vqa_canary.masking import known_secrets
from vqa_canary.progress import Progress
from vqa_canary.workers.answers import Answers
from vqa_canary.workers.pieces import Found, P, Waiting
from vqa_canary.workers.telling import Telling
from vqa_canary.workers.worker import (
    ONE_THREAD,
    QUIET,
    Outcome,
    Place,
    begin,
    compute,
    environment,
    levels_of_log,
)

PRELOADED = [
    "kedro.framework.cli",  # of the command `kedro`, whose module each process begins with
    "pandas",
    "pyarrow.parquet",
    "torch",
    "transformers.modeling_utils",
    "transformers.models.auto.modeling_auto",
    "transformers.models.auto.processing_auto",
    "vqa_canary.engines.local.engine",
]
"""Modules that the server process imports, for all workers. It leaves out those that it does not find."""
LOOK = 0.5
"""Seconds between two looks at how far the workers are."""

logger = logging.getLogger(__name__)


def warm_up() -> None:
    """Start the server process, which imports the libraries while this process does something else."""
    if _context().get_start_method() == "forkserver":
        multiprocessing.get_context("forkserver").set_forkserver_preload(PRELOADED)
        with environment(ONE_THREAD | QUIET):
            forkserver.ensure_running()


def in_processes(
    pieces: Sequence[P], workers: int, gpus: Sequence[str], name: str, ask: bool = True
) -> Found[P]:
    """Each wanted piece with its result, as they come; all of them can be sent to another process.

    Where a process dies (killed, or for want of memory), all of them end, and what they had begun is computed again by
    half as many.

    Parameters
    ----------
    workers : how many processes
    gpus : what `CUDA_VISIBLE_DEVICES` names each of them by; shared in turns where there are fewer than workers
    name : what is done, as the display has it
    ask : whether the pieces ask models. If so, their instances are counted, and each model has a line when it is done;
        if not, the pieces are counted.

    Raises
    ------
    BrokenProcessPool : a process died that was the only one
    Exception : the error of a piece; the other workers are ended, and what they were at is not kept
    """
    warm_up()
    total, unit = sum(piece.size for piece in pieces), "instance" if ask else "part"
    with Progress(total, name, unit) as progress, Telling(pieces if ask else ()) as telling:
        work = _Work(pieces, gpus, progress, telling)
        while work.waiting:
            yield from work.results(workers)
            if not work.lost:
                return
            models = ", ".join(dict.fromkeys(piece.model for piece in work.lost))
            if workers == 1:
                raise BrokenProcessPool(f"the only worker died while it was at {models}")
            workers //= 2
            logger.warning(
                "A worker process has died: it was killed, perhaps because memory ran out. What the workers had begun "
                "(%s of %s) is begun again, by %s from here on; what is finished is kept.",
                counted(len(work.lost), "shard" if ask else "part"),
                models,
                counted(workers, "worker"),
            )
            work.begin_lost_again()


class _Work(Generic[P]):
    """Pieces, and the processes that are at them."""

    def __init__(
        self, pieces: Sequence[P], gpus: Sequence[str], progress: Progress, telling: Telling
    ) -> None:
        self._telling = telling
        self.waiting = Waiting(pieces, telling.dropped)
        self.lost: list[P] = []
        """What was begun and not ended when a process died."""
        self._gpus, self._progress, self._answers = gpus, progress, Answers()
        self._running: dict[Future[Outcome], P] = {}
        self._finished = self._failed = 0
        """Instances of pieces that have ended, and how many of them failed."""

    def begin_lost_again(self) -> None:
        """Put what was lost before all that waits."""
        self.waiting.put_back(self.lost)
        self.lost = []

    def results(self, workers: int) -> Found[P]:
        """Each piece with its result, by so many processes, until all is done or a process has died."""
        context, others = _context(), set(multiprocessing.active_children())
        counts, places = context.RawArray("q", 2 * workers), context.SimpleQueue()
        for at in range(workers):
            places.put(Place(at, self._gpus[at % len(self._gpus)] if self._gpus else None))
        initargs = places, counts, levels_of_log(), known_secrets()
        pool = ProcessPoolExecutor(workers, context, begin, initargs)
        try:
            for _ in range(workers):
                self._submit(pool, None)
            yield from self._as_they_come(pool, counts)
        except BaseException:
            for process in set(multiprocessing.active_children()) - others:
                process.kill()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
            places.close()

    def _as_they_come(self, pool: ProcessPoolExecutor, counts: Any) -> Found[P]:
        while self._running:
            done, _ = wait(self._running, timeout=LOOK, return_when=FIRST_COMPLETED)
            ended: list[tuple[P, Outcome]] = []
            for future in done:
                piece = self._running.pop(future)
                try:
                    outcome = future.result()
                except BrokenProcessPool:
                    self.lost.append(piece)
                    continue
                self._finished += piece.size
                self._failed += outcome.failed
                self._submit(
                    pool, piece.model
                )  # before the result is stored, so that no worker waits for that
                ended.append((piece, outcome))
            # An error ends the run, so what is finished comes before it.
            for piece, outcome in sorted(ended, key=lambda one: one[1].error is not None):
                result = self._answers.result_of(piece, outcome)
                self._telling.ended(piece)
                yield piece, result
            self._progress.reach(self._finished + sum(counts[::2]), self._failed + sum(counts[1::2]))

    def _submit(self, pool: ProcessPoolExecutor, before: str | None) -> None:
        """Begin a piece, by the worker that has ended one of the model `before`."""
        if self.lost or (piece := self.waiting.next(before)) is None:
            return
        self._telling.begun(piece)
        try:
            self._running[pool.submit(compute, piece.to_send())] = piece
        except BrokenProcessPool:
            self.lost.append(piece)


def _context() -> BaseContext:
    known = multiprocessing.get_all_start_methods()
    return multiprocessing.get_context("forkserver" if "forkserver" in known else "spawn")
