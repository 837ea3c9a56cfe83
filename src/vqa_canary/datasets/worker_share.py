"""Which of several workers does what: `--params worker=2/4` is the second of four.

Nothing coordinates them. Each begins with its own share of the missing shards; when that is done it goes on with what
is left of the others' shares, as far as nobody has a claim on it (see `claims`).
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from vqa_canary.counting import counted
from vqa_canary.errors import BadInput

POLL = 2.0
"""How many seconds lie between two looks at shards that other workers are at."""

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
        from_zero = found and number == 0 and of > 0
        why = (
            "workers are counted from 1, as in `#SBATCH --array=1-4`"
            if from_zero
            else "1 <= i <= N must hold"
        )
        raise BadInput(
            f"parameters: worker: {setting!r} is no worker i/N, such as 2/4, the second of four: {why}"
        )

    def in_turn(self, keys: Sequence[str]) -> list[str]:
        """The keys in the order in which this worker turns to them: every N-th is its own share and comes first, then
        the shares of the workers after it. `keys` must be the same for all workers, in the same order."""
        shares = [keys[(self.number - 1 + step) % self.of :: self.of] for step in range(self.of)]
        return [key for share in shares for key in share]


class WaitForOthers:
    """Waits for other workers, and says so once."""

    def __init__(self, name: str) -> None:
        self._name, self._told = name, False

    def wait(self, left: Collection[str]) -> None:
        """Sleep until the next look at the shards that others are at."""
        if not self._told:
            self._told = True
            _logger.info(
                "%s: this worker has done what it could. Other workers are at the last %s; it waits for them, and "
                "takes over from those that die. Ctrl-C ends it: what is finished is kept.",
                self._name,
                counted(len(left), "shard"),
            )
        time.sleep(POLL)
