"""What comes back from a worker: its log is written here, once for all workers, and its error is raised here."""

from __future__ import annotations

import logging
from typing import Any

from vqa_canary.workers.pieces import Piece
from vqa_canary.workers.worker import Outcome, Told


class WorkerTraceback(Exception):
    """Where in a worker the error arose that this one stands behind."""


class Answers:
    """Takes the outcomes of all workers."""

    def __init__(self) -> None:
        self._told = set[tuple[str, Told]]()

    def result_of(self, piece: Piece, outcome: Outcome) -> Any:
        """The result of the piece.

        Raises
        ------
        Exception : the piece's own error, as the worker met it
        """
        for told in outcome.log:
            if (piece.model, told) in self._told:  # each process that loads a model says the same of it
                continue
            self._told.add((piece.model, told))
            # As an argument, which logging does not look into. The log of this process masks it.
            logging.getLogger(told.logger).log(told.level, "%s", told.text)
        if outcome.error is not None:
            raise outcome.error from WorkerTraceback(f"\n{outcome.trace}")
        return outcome.result
