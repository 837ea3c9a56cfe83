"""How much the ranking of methods depends on the label: one answer for all methods, or each method's own.

See `scoring.label` in the parameters: with `choice` all methods are judged on the errors of one answer, with `native`
each on those of the answer that its uncertainty is about.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import kendalltau

from vqa_canary.evaluation.grid import Grid
from vqa_canary.rows import CLEAN
from vqa_canary.statistics.auroc import auroc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class LabelEffect:
    """What `label: native` does to one model's ranking of methods by AUROC, against `label: choice`."""

    dataset: str
    model: str
    n_methods: int
    """How many methods have an AUROC under both labels."""
    kendall_tau: float | None
    """Kendall's correlation of both rankings: 1 for the same order, -1 for the opposite one; None with fewer than two
    methods, or where all have one AUROC."""
    largest_change: float | None
    """The AUROC under `native` less that under `choice`, of the method where they differ most."""
    method: str | None
    """Name of the method whose AUROC changes most."""


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
    """AUROC of each method, NaN where it is undefined; shape (methods,)."""
    values = np.full(len(grid.methods), np.nan)
    for k, method in enumerate(grid.methods):
        cell = grid.cell(condition, model, method).scored()
        area = auroc(cell.uncertainty, cell.wrong, cell.images)
        values[k] = np.nan if area.value is None else area.value
    return values
