"""How much it matters whose answer the label is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy.stats import kendalltau

from vqa_canary.evaluation.auroc import auroc
from vqa_canary.evaluation.grid import CLEAN, Grid, grids

if TYPE_CHECKING:
    from numpy.typing import NDArray


def label_effect(
    choice_scores: pd.DataFrame,
    native_scores: pd.DataFrame,
    instances: pd.DataFrame,
    items: pd.DataFrame,
    condition: str = CLEAN,
) -> pd.DataFrame:
    """What `label: native` does to each model's ranking of methods, against `label: choice`.

    Returns
    -------
    columns dataset, model, kendall_tau (1: the same order by AUROC; NaN if it has no order),
    largest_change (of any AUROC, native - choice, signed), method (that changes most), n_methods
    """
    rows: list[dict[str, object]] = []
    pairs = zip(grids(choice_scores, instances, items), grids(native_scores, instances, items), strict=True)
    for choice, native in pairs:
        for model in choice.models:
            before, after = _aurocs(choice, condition, model), _aurocs(native, condition, model)
            known = ~(np.isnan(before) | np.isnan(after))
            row: dict[str, object] = {
                "dataset": choice.dataset,
                "model": model,
                "n_methods": int(known.sum()),
            }
            if known.any():
                change = np.where(known, after - before, 0)
                at = int(np.abs(change).argmax())
                row |= {
                    "kendall_tau": float(kendalltau(before[known], after[known]).statistic),
                    "largest_change": float(change[at]),
                    "method": choice.methods[at],
                }
            rows.append(row)
    return pd.DataFrame(
        rows, columns=["dataset", "model", "kendall_tau", "largest_change", "method", "n_methods"]
    )


def _aurocs(grid: Grid, condition: str, model: str) -> NDArray[np.float64]:
    values = np.full(len(grid.methods), np.nan)
    for k, method in enumerate(grid.methods):
        at = grid.at(condition, model, method)
        kept = ~np.isnan(grid.uncertainty[at]) & ~np.isnan(grid.correct[at])
        found = auroc(grid.uncertainty[at][kept], grid.correct[at][kept] == 0, grid.images[kept])
        values[k] = np.nan if found.value is None else found.value
    return values
