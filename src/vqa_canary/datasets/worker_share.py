"""Which of several workers does what: `--params worker=2/4` is the second of four.

Nothing coordinates them. Each begins with what is missing of its own share of a model's shards, every N-th of all; then
it goes on with what is left of the others' shares, as far as nobody has a claim on it (see `claims`).
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from vqa_canary.counting import counted
from vqa_canary.errors import BadInput
from vqa_canary.seeding import random_for

POLL = 2.0
"""How many seconds lie at most between the first two looks at shards that other workers are at."""
GROWTH = 1.5
"""How much longer each further pause is."""

M = TypeVar("M")

_logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Worker:
    """One of several workers."""

    number: int
    """Which one, from 1."""
    of: int
    """How many there are."""

    @classmethod
    def parsed(cls, setting: Any) -> Worker | None:
        """The worker that the setting `worker` names, such as `2/4`; None where it names none.

        Raises
        ------
        BadInput : it is not of the form i/N with 1 <= i <= N
        """
        if setting is None:
            return None
        found = re.fullmatch(r"\s*([0-9]{1,9})\s*/\s*([0-9]{1,9})\s*", str(setting))
        number, of = (int(found[1]), int(found[2])) if found else (0, 0)
        if found and 1 <= number <= of:
            return cls(number, of)
        if not found:
            why = "i and N are whole numbers"
        elif number == 0 < of:
            why = "workers are counted from 1, as in `#SBATCH --array=1-4`"
        else:
            why = (
                "i must be from 1 to N; the tasks of a Slurm array are to be numbered so, as in `--array=1-4`"
            )
        raise BadInput(
            f"parameters: worker: {setting!r} is no worker i/N, such as 2/4, the second of four: {why}"
        )

    def in_turn(self, keys: Sequence[str]) -> list[str]:
        """The keys in the order in which this worker turns to them: every N-th is its own share and comes first, then
        the shares of the workers after it. `keys` must be the same for all workers, in the same order."""
        firsts = sorted(range(min(self.of, len(keys))), key=lambda at: (at - self.number + 1) % self.of)
        return [key for first in firsts for key in keys[first :: self.of]]

    def beginning_at(self, models: Sequence[M]) -> list[M]:
        """The models in the order in which this worker turns to them: workers begin at models far from one another, so
        that each loads few."""
        first = (self.number - 1) * len(models) // self.of
        return [*models[first:], *models[:first]]


class WaitForOthers:
    """Waits for other workers, and says so once.

    Looks at what they are at become rarer the longer nothing changes, for each of them asks the store for several files
    a shard; and workers that began to wait together do not look together.

    Parameters
    ----------
    name : what this worker has done as far as it could, in words
    longest : seconds between two looks at most
    """

    def __init__(self, name: str, worker: Worker, longest: float) -> None:
        self._name, self._worker, self._longest = name, worker, longest
        self._told, self._looks = False, 0

    def wait(self, n_left: int) -> None:
        """Sleep until the next look at the shards that others are at.

        Parameters
        ----------
        n_left : how many these are
        """
        if not self._told:
            self._told = True
            _logger.info(
                "%s: this worker has done what it could. Other workers are at the last %s; it waits for them, and "
                "takes over from those that die. Ctrl-C ends it: what is finished is kept.",
                self._name,
                counted(n_left, "shard"),
            )
        time.sleep(self.pause())

    def pause(self) -> float:
        """Seconds until the next look."""
        whole = min(self._longest, POLL * GROWTH ** min(self._looks, 50))
        draw = random_for(
            self._worker.number, f"{self._name} {self._looks}", "look at others' shards"
        ).random()
        self._looks += 1
        return whole * (1 + draw) / 2

    def begin_anew(self) -> None:
        """Look soon again: this worker has found something to do."""
        self._looks = 0
