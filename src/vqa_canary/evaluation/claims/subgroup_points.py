"""Points of claim 1 inside models: the accuracy of each model in each subgroup, and the AUROC of a method there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.estimate import Undefined
from vqa_canary.evaluation.grid import Grid
from vqa_canary.frames import is_null
from vqa_canary.rows import CLEAN
from vqa_canary.statistics.auroc import rank

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class SubgroupPoints:
    """One method on one dataset, model by model and subgroup by subgroup; clean questions."""

    models: tuple[str, ...]
    subgroups: tuple[str, ...]
    accuracy: NDArray[np.float64]
    """Shape (models, subgroups): share of right answers; NaN where none was judged."""
    auroc: NDArray[np.float64]
    """Shape (models, subgroups): AUROC of the method for wrong answers; NaN where it is undefined."""
    n: NDArray[np.int64]
    """Shape (models, subgroups): how many questions an AUROC is about, or would be."""
    left_out: dict[tuple[str, str], str]
    """Why there is no AUROC, by (model, subgroup)."""


def values_of(grid: Grid, column: str) -> NDArray[np.str_]:
    """The subgroup of each item, shape (items,); empty where the item has none, or the data set no such column."""
    if column not in grid.items:
        return np.full(len(grid.items), "")
    return np.array(["" if is_null(value) else str(value) for value in grid.items[column]], np.str_)


def subgroup_points(
    grid: Grid, method: str, subgroup: NDArray[np.str_], names: Sequence[str]
) -> SubgroupPoints:
    """Accuracy and AUROC of every model in each of the subgroups `names`.

    A cell with one class only, or with fewer than 5 images with a wrong or with a right answer, has no AUROC.

    Parameters
    ----------
    subgroup : shape (items,), see `values_of`
    """
    shape = len(grid.models), len(names)
    accuracy, auroc, n = np.full(shape, np.nan), np.full(shape, np.nan), np.zeros(shape, np.int64)
    left_out: dict[tuple[str, str], str] = {}
    masks = [subgroup == name for name in names]
    for m, model in enumerate(grid.models):
        for s, mask in enumerate(masks):
            cell = grid.cell(CLEAN, model, method, mask)
            scored = cell.scored()
            n[m, s] = len(scored.images)
            if cell.judged.any():
                accuracy[m, s] = cell.correct[cell.judged].mean()
            try:
                auroc[m, s] = rank(scored.uncertainty, scored.wrong, scored.images).value
            except Undefined as error:
                left_out[model, names[s]] = str(error)
    return SubgroupPoints(grid.models, tuple(names), accuracy, auroc, n, left_out)
