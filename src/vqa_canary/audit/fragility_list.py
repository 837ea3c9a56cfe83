"""The questions answered rightly, the most likely to collapse first, and those that did."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import rankdata

from vqa_canary.estimate import number_or_none
from vqa_canary.evaluation.grid import Grid, grids
from vqa_canary.tables import CLEAN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd


def fragility_list(
    scores: pd.DataFrame,
    instances: pd.DataFrame,
    items: pd.DataFrame,
    *,
    method: str,
    nota_conditions: Sequence[str],
) -> list[dict[str, Any]]:
    """Questions right on clean input by falling clean uncertainty, for each dataset and model, JSON-ready.

    Questions that are not `nota_valid` are left out: hiding their answer leaves no fair question.

    Returns
    -------
    keys dataset, model, method, item_id, image_id, question, uncertainty (clean; None without a value), rank (1 is the
    most likely to collapse; ties share the smallest; None without a value, and those are last), outcomes {condition:
    `collapsed`, `held`, `not asked` or `failed` (no answer)}

    Raises
    ------
    BadInput : a score whose item or instance is unknown, or two scores of one key
    """
    return [
        row
        for grid in grids(scores, instances, items)
        if CLEAN in grid.conditions and method in grid.methods
        for model in grid.models
        for row in _rows(grid, model, method, nota_conditions)
    ]


def _rows(grid: Grid, model: str, method: str, nota: Sequence[str]) -> Iterator[dict[str, Any]]:
    clean = grid.at(CLEAN, model, method)
    right = np.flatnonzero((grid.correct[clean] == 1) & grid.nota_valid)
    u = grid.uncertainty[clean][right]
    rank = rankdata(-u, method="min", nan_policy="omit")
    outcomes = {condition: _outcomes(grid, condition, model, method) for condition in nota}
    about = {name: grid.items[name].astype(str).tolist() for name in ("item_id", "image_id", "question")}
    for place in np.lexsort((right, -u)):
        item = right[place]
        known = bool(np.isfinite(u[place]))
        yield {
            "dataset": grid.dataset,
            "model": model,
            "method": method,
            **{name: values[item] for name, values in about.items()},
            "uncertainty": number_or_none(u[place]),
            "rank": int(rank[place]) if known else None,
            "outcomes": {condition: found[item] for condition, found in outcomes.items()},
        }


def _outcomes(grid: Grid, condition: str, model: str, method: str) -> list[str]:
    """What became of each item of the grid, were it right on clean input."""
    if condition not in grid.conditions:
        return ["not asked"] * len(grid.items)
    at = grid.at(condition, model, method)
    correct, answered = grid.correct[at], ~np.isnan(grid.named[at])
    cases = [~(answered | grid.failed[at]), np.isnan(correct), correct == 0]
    return [str(name) for name in np.select(cases, ["not asked", "failed", "collapsed"], "held")]
