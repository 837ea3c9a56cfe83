"""How much it matters whose answer the label is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import kendalltau

from vqa_canary.evaluation.grid import Grid
from vqa_canary.statistics.auroc import auroc
from vqa_canary.tables import CLEAN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class LabelEffect:
    """What `label: native` does to one model's ranking of methods by AUROC, against `label: choice`."""

    dataset: str
    model: str
    n_methods: int
    """With an AUROC under both labels."""
    kendall_tau: float | None
    """1: the same order; None with fewer than two methods, or where all are alike."""
    largest_change: float | None
    """Of any AUROC, native minus choice."""
    method: str | None
    """That changes most."""


def label_effect(choice: Sequence[Grid], native: Sequence[Grid], condition: str = CLEAN) -> list[LabelEffect]:
    """One effect a dataset and model, from grids of the same evidence under both labels."""
    pairs = zip(choice, native, strict=True)
    return [
        _effect(by_choice, by_native, condition, model)
        for by_choice, by_native in pairs
        if condition in by_choice.conditions
        for model in by_choice.models
    ]


def _effect(choice: Grid, native: Grid, condition: str, model: str) -> LabelEffect:
    before, after = _aurocs(choice, condition, model), _aurocs(native, condition, model)
    known = ~(np.isnan(before) | np.isnan(after))
    if not known.any():
        return LabelEffect(choice.dataset, model, 0, None, None, None)
    change = np.where(known, after - before, 0)
    at = int(np.abs(change).argmax())
    tau = kendalltau(before[known], after[known]).statistic if known.sum() > 1 else np.nan
    return LabelEffect(
        dataset=choice.dataset,
        model=model,
        n_methods=int(known.sum()),
        kendall_tau=None if np.isnan(tau) else float(tau),
        largest_change=float(change[at]),
        method=choice.methods[at],
    )


def _aurocs(grid: Grid, condition: str, model: str) -> NDArray[np.float64]:
    values = np.full(len(grid.methods), np.nan)
    for k, method in enumerate(grid.methods):
        cell = grid.cell(condition, model, method).scored()
        found = auroc(cell.uncertainty, cell.wrong, cell.images)
        values[k] = np.nan if found.value is None else found.value
    return values
