"""Points of claim 1: the accuracy of each model and the AUROC of a method, dataset by dataset."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.estimate import Undefined
from vqa_canary.evaluation.grid import Grid
from vqa_canary.rows import CLEAN
from vqa_canary.statistics.auroc import Ranking, rank
from vqa_canary.statistics.calibrated_auroc import calibrated_auroc

if TYPE_CHECKING:
    from numpy.typing import NDArray

OptionLogprobs = dict[tuple[str, str], "NDArray[np.float64]"]
"""Clean log-probabilities of the options by (dataset, model): shape (items, most options of any item), -inf where an
item has fewer options."""


@dataclass(frozen=True, slots=True)
class ModelPoint:
    """One model in one dataset, by one method."""

    accuracy: float
    """Share of right answers when clean."""
    ranking: Ranking
    """AUROC of the method for wrong answers."""
    correct: NDArray[np.float64]
    """Shape (items,): 1 right, 0 wrong, NaN not judged."""
    reference: float | None
    """AUROC of a calibrated model of the same accuracy; None where it is undefined."""


def points_of(
    grids: list[Grid], method: str, logprobs: OptionLogprobs
) -> tuple[dict[str, list[ModelPoint]], dict[str, str]]:
    """Each model's points, one a dataset, and for every model that is left out the reason."""
    points: dict[str, list[ModelPoint]] = {}
    dropped: dict[str, str] = {}
    for model in sorted({model for grid in grids for model in grid.models}):
        try:
            points[model] = [_point(grid, model, method, logprobs) for grid in grids]
        except Undefined as error:
            dropped[model] = str(error)
    return points, dropped


def _point(grid: Grid, model: str, method: str, logprobs: OptionLogprobs) -> ModelPoint:
    if model not in grid.models:
        raise Undefined(f"not run on {grid.dataset}")
    cell = grid.cell(CLEAN, model, method)
    scored, correct = cell.scored(), cell.correct
    ranking = rank(scored.uncertainty, scored.wrong, scored.images, int(grid.images.max()) + 1)
    accuracy = float(np.nanmean(correct))
    try:
        reference = calibrated_auroc(logprobs.get((grid.dataset, model), np.empty((0, 2))), accuracy)
    except Undefined:
        return ModelPoint(accuracy, ranking, correct, None)
    return ModelPoint(accuracy, ranking, correct, reference)


def accuracy_and_auroc(
    points: dict[str, list[ModelPoint]], models: list[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Accuracy and AUROC, both of shape (datasets, models)."""
    accuracy = np.array([[point.accuracy for point in points[model]] for model in models]).T
    return accuracy, np.array([[point.ranking.value for point in points[model]] for model in models]).T
