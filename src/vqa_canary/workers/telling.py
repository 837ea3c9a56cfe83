"""One line a model when all of it is answered: how its prompts were read, and how fast."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Self

from vqa_canary.progress import READINGS, display
from vqa_canary.workers.pieces import Piece

_logger = logging.getLogger(__name__)


class Telling:
    """A block in which pieces are computed; it is told of each that is begun and ended.

    What the engine says of how it reads a model's prompts is held back until it can be told with the speed.

    Parameters
    ----------
    pieces : of models of which there is a line; pieces of others are passed over
    clock : gives the time in seconds, never going back
    """

    def __init__(self, pieces: Sequence[Piece], clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left, self._size = Counter[str](), Counter[str]()
        for piece in pieces:
            self._left[piece.model] += 1
        self._n_models = len(self._left)
        self._begun: dict[str, float] = {}
        self._readings: dict[str, str] = {}

    def __enter__(self) -> Self:
        logging.getLogger(READINGS).addFilter(self._hold_back)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        logging.getLogger(READINGS).removeFilter(self._hold_back)
        for model, reading in self._readings.items():  # of models that an error has cut off
            if self._left[model]:
                _logger.info("%s: %s", model, reading)

    def begun(self, piece: Piece) -> None:
        """A piece is begun, which asks something of its model."""
        self._begun.setdefault(piece.model, self._clock())

    def ended(self, piece: Piece, computed: bool = True) -> None:
        """A piece is done, by this process or by another that had it already."""
        model = piece.model
        if model not in self._left:
            return
        self._size[model] += piece.size if computed else 0
        self._left[model] -= 1
        if self._left[model]:
            return
        if self._size[model]:
            _logger.info("%s", self._line(model))
        if (shown := display()) is not None:
            shown.models(sum(not n for n in self._left.values()), self._n_models)

    def dropped(self, piece: Piece) -> None:
        """A piece need not be computed: another process had it already."""
        self.ended(piece, computed=False)

    def _line(self, model: str) -> str:
        seconds = self._clock() - self._begun[model]
        speed = f"{self._size[model] / max(seconds, 1e-3):,.0f} instances/s"
        reading = self._readings.get(model)
        return f"{model}: {reading}, {speed}" if reading else f"{model}: answered, {speed}"

    def _hold_back(self, record: logging.LogRecord) -> bool:
        """Keep what is said of one of these models; anything else is logged as it is."""
        model, _, reading = record.getMessage().partition(": ")
        if model not in self._left:
            return True
        self._readings.setdefault(model, reading)
        return False
