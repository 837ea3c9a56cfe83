"""Which questions an event is about, and whether it happened to each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.audit.terms import ERROR, collapse_under, hiding_condition
from vqa_canary.evaluation.grid import Grid
from vqa_canary.rows import CLEAN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def events_of(grid: Grid, nota_conditions: Sequence[str]) -> list[str]:
    """Errors, and collapses under each condition that hides the right option and was asked."""
    return [ERROR, *(collapse_under(name) for name in nota_conditions if name in grid.conditions)]


@dataclass(frozen=True, slots=True)
class Population:
    """The questions that an event is about; arrays of shape (n,)."""

    uncertainty: NDArray[np.float64]
    """Uncertainty of the answer to the question as it stands; a question without one (NaN) is always escalated."""
    event: NDArray[np.float64]
    """1 where the event happened, 0 where not, NaN where no answer can be judged: always escalated, too."""
    images: NDArray[np.int64]
    """Image of each question."""
    asked: NDArray[np.bool_]
    """Which items of the grid these questions are; shape (items of the grid,)."""

    def only(self, mask: NDArray[np.bool_]) -> Population:
        """Those of them that are in `mask`, shape (items of the grid,)."""
        kept = mask[self.asked]
        return Population(self.uncertainty[kept], self.event[kept], self.images[kept], self.asked & mask)


def population(grid: Grid, model: str, event: str, method: str) -> Population:
    """The questions of an event.

    `error` is about all questions that were asked as they stand. `collapse:<condition>` is about those of them that
    stay fair when the right option is hidden and that have an answer under the condition: a question that was never
    asked with its right option hidden cannot be said to hold.
    """
    clean = grid.cell(CLEAN, model, method)
    mask = clean.asked
    happened = np.where(clean.judged, clean.wrong, np.nan)
    if event != ERROR:
        hidden = grid.cell(hiding_condition(event), model, method)
        mask = mask & grid.nota_valid & hidden.judged
        happened = np.where(clean.judged, (clean.correct == 1) & hidden.wrong, np.nan)
    return Population(clean.uncertainty[mask], happened[mask], clean.images[mask], mask)
