"""What happens inside a worker: it computes one piece after the other, and says nothing by itself.

It ends with the process that it works for, however that one ends. Ctrl-C is that one's matter. What is logged goes back
with the result, to be masked and written there like all else.
"""

from __future__ import annotations

import logging
import os
import signal
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import parent_process
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from typing import Any, NamedTuple

from vqa_canary.masking import remember_secret
from vqa_canary.processes import end_with
from vqa_canary.progress import Counted

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"), "1"
)
"""Environment of workers: none may take the cores of another. Models are given their threads by name."""
QUIET = {
    "TQDM_DISABLE": "1",
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "TOKENIZERS_PARALLELISM": "false",
    "KEDRO_LOGGING_CONFIG": str(Path(__file__).with_name("logging.yml")),
}
"""Environment of workers: one display shows the progress of all, and one log has what all of them say."""

Levels = Mapping[str, int]
"""Names of loggers with the levels that were set for them; the empty name is the root's."""


class Place(NamedTuple):
    """Where a worker stands among the workers of a machine."""

    number: int
    """Index from 0, of the place in `counts` where it counts."""
    gpu: str | None
    """The GPU that it computes on; None where it may use whatever there is."""


class Told(NamedTuple):
    """A log record of a worker."""

    logger: str
    level: int
    text: str


@dataclass(frozen=True)
class Outcome:
    """What became of a piece."""

    result: Any = None
    error: Exception | None = None
    trace: str = ""
    """Traceback of the error, as text."""
    log: tuple[Told, ...] = ()
    failed: int = 0
    """How many instances of the piece failed, as it was counted."""


def begin(places: Any, counts: Any, levels: Levels, secrets: Sequence[str]) -> None:
    """Prepare a process that has just begun.

    Parameters
    ----------
    places : a queue with a `Place` for each worker
    counts : an array of integers, two for each worker: how many instances of its piece are done, and how many of
        them failed
    secrets : what the process that it works for hides
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    parent = parent_process()
    if parent is not None:
        end_with(parent.sentinel)
    place: Place = places.get()
    os.environ.update(ONE_THREAD | QUIET)
    if place.gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = place.gpu
    prepare_log(levels)
    for secret in secrets:
        remember_secret(secret)
    global _count

    def count(done: int, failed: int) -> None:
        counts[2 * place.number], counts[2 * place.number + 1] = done, failed

    _count = count


_count: Callable[[int, int], None] = lambda done, failed: None  # noqa: E731
"""Told how many instances of the piece are done, and how many of them failed."""


def compute(run: Callable[[], Any]) -> Outcome:
    """Compute one piece."""
    counted = Counted(_count)
    with kept_log() as log, counted:
        try:
            outcome = Outcome(run())
        except Exception as error:
            outcome = Outcome(error=_portable(error), trace="".join(traceback.format_exception(error)))
    _count(0, 0)
    return replace(outcome, log=tuple(log), failed=counted.failed)


def prepare_log(levels: Levels) -> None:
    """Log what the process that one works for would log."""
    logging.captureWarnings(True)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def levels_of_log() -> dict[str, int]:
    """The levels that are set for the loggers of this process."""
    known = {"": logging.getLogger(), **logging.Logger.manager.loggerDict}
    return {name: one.level for name, one in known.items() if isinstance(one, logging.Logger) and one.level}


@contextmanager
def kept_log() -> Iterator[list[Told]]:
    """A block whose log records go to a list, and nowhere else; those of libraries with a way of their own too."""
    log: list[Told] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            log.append(Told(record.name, record.levelno, self.format(record)))

    root, keep = logging.getLogger(), Keep()
    before = root.handlers[:]
    root.handlers[:] = [keep]
    for name, logger in list(logging.Logger.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger) and logger.handlers:
            logger.handlers.clear()
            logging.getLogger(name).propagate = True
    try:
        yield log
    finally:
        root.handlers[:] = before


@contextmanager
def environment(more: Mapping[str, str]) -> Iterator[None]:
    """A block in which processes that are started have these variables too."""
    before = {name: os.environ.get(name) for name in more}
    os.environ.update(more)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _portable(error: Exception) -> Exception:
    """The error, where it can be sent; else one that says the same."""
    try:
        ForkingPickler.loads(ForkingPickler.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error.with_traceback(None)
