"""Batches that do not fit in memory, or that one of their members breaks: asked again in halves."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from vqa_canary.errors import BadInput

logger = logging.getLogger(__name__)

_WORDS = (
    "out of memory",  # CUDA, MPS, XPU
    "can't allocate memory",  # torch's allocator on a CPU
    "cannot allocate memory",
    "not enough memory",
    "alloc_failed",  # cuBLAS and cuDNN
)
Item = TypeVar("Item")
Found = TypeVar("Found")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory did not suffice, on whatever device."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(word in str(error).lower() for word in _WORDS)


def ends_everything(error: BaseException) -> bool:
    """Whether nothing more can be asked after an error: it is the user's to mend, or the device takes no more work."""
    import torch

    dead = isinstance(error, torch.AcceleratorError) and not is_out_of_memory(error)
    return dead or isinstance(error, BadInput)


@dataclass
class Memory:
    """Which batches a model on its device was seen to have room for."""

    most: int | None = None
    """Items of the largest batch that went through when a larger one did not fit; None while all did."""
    told: bool = False
    """Whether the log was told that batches do not fit."""

    def forget(self) -> None:
        """Take it that all batches fit again."""
        self.most = None

    def in_halves(
        self,
        batch: Sequence[Item],
        work: Callable[[Sequence[Item]], Sequence[Found]],
        alone: Callable[[Item, Exception], Found] | None = None,
    ) -> list[Found]:
        """What `work` gives for each item, in order: for the whole batch, or for halves of it where it fails.

        Parameters
        ----------
        alone : what an item gives with which `work` fails even on its own, for whatever reason; without it
            only a batch that does not fit is halved, and what else fails is raised
        """
        size = self.most or max(1, len(batch))
        parts = [batch[at : at + size] for at in range(0, len(batch), size)]
        found: list[Found] = []
        for part in parts:
            some, largest, full = _in_halves(part, work, alone)
            found += some
            if full and 0 < largest < len(part):
                self._learn(len(part), largest)
        return found

    def _learn(self, tried: int, largest: int) -> None:
        if not self.told:
            logger.warning(
                "%d prompts at a time do not fit in memory: fewer are asked at a time, here %d. A smaller `batch_size` "
                "saves the failing tries.",
                tried,
                largest,
            )
        self.most, self.told = largest, True


def _in_halves(
    batch: Sequence[Item],
    work: Callable[[Sequence[Item]], Sequence[Found]],
    alone: Callable[[Item, Exception], Found] | None,
) -> tuple[list[Found], int, bool]:
    """What was found, how many items the largest part that went through has, and whether memory was too small."""
    try:
        return list(work(batch)), len(batch), False
    except Exception as error:
        full = is_out_of_memory(error)
        if not full and (alone is None or ends_everything(error)):
            raise
        if len(batch) == 1 and alone is None:
            raise
        failure = error.with_traceback(None)  # whose frames hold what the next try needs room for
        failure.__context__ = None
    if full:
        release()
    if len(batch) == 1 and alone is not None:
        return [alone(batch[0], failure)], 0, full
    middle = len(batch) // 2
    halves = [_in_halves(half, work, alone) for half in (batch[:middle], batch[middle:])]
    found = [one for some, _, _ in halves for one in some]
    return found, max(largest for _, largest, _ in halves), full or any(full for _, _, full in halves)


def release() -> None:
    """Give back what lies idle in the cache of a device's allocator; on a CPU there is none."""
    import gc

    import torch

    if torch.cuda.is_available():
        gc.collect()
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        gc.collect()
        torch.mps.empty_cache()
