"""Which questions an event is about, and whether it happened to each of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.audit.terms import ERROR, collapse_under, hiding_condition
from vqa_canary.evaluation.grid import Grid
from vqa_canary.tables import CLEAN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Index = tuple[int, int, int]
"""A cell of a grid: condition, model and method, as `Grid.at` gives it."""


def asked(grid: Grid, cell: Index) -> NDArray[np.bool_]:
    """Which questions were asked, answered or not; shape (items of the grid,)."""
    failed: NDArray[np.bool_] = grid.failed[cell]
    named: NDArray[np.bool_] = ~np.isnan(grid.named[cell])
    return failed | named


def judged(grid: Grid, cell: Index) -> NDArray[np.bool_]:
    """Which questions have an answer that is right or wrong; shape (items of the grid,)."""
    correct: NDArray[np.float64] = grid.correct[cell]
    return ~np.isnan(correct)


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
    clean = grid.at(CLEAN, model, method)
    correct = grid.correct[clean]
    mask = asked(grid, clean)
    happened = np.where(judged(grid, clean), correct == 0, np.nan)
    if event != ERROR:
        hidden = grid.at(hiding_condition(event), model, method)
        mask = mask & grid.nota_valid & judged(grid, hidden)
        collapsed = (correct == 1) & (grid.correct[hidden] == 0)
        happened = np.where(judged(grid, clean), collapsed, np.nan)
    return Population(grid.uncertainty[clean][mask], happened[mask], grid.images[mask], mask)
