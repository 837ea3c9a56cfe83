"""The questions answered rightly, the most likely to collapse first, and those that did."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

from vqa_canary.audit.record.findings import FragileItem
from vqa_canary.estimate import number_or_none
from vqa_canary.evaluation.grid import Grid
from vqa_canary.rows import CLEAN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def fragility_list(
    grids: Sequence[Grid], *, method: str, nota_conditions: Sequence[str]
) -> list[FragileItem]:
    """Questions right on clean input by falling clean uncertainty, for each data set and model.

    Questions that are not `nota_valid` are left out: hiding their answer leaves no fair question. Those without an
    uncertainty come last.
    """
    return [
        row
        for grid in grids
        if CLEAN in grid.conditions and method in grid.methods
        for model in grid.models
        for row in _rows(grid, model, method, nota_conditions)
    ]


def _rows(grid: Grid, model: str, method: str, nota: Sequence[str]) -> Iterator[FragileItem]:
    clean = grid.cell(CLEAN, model, method)
    right = np.flatnonzero((clean.correct == 1) & grid.nota_valid)
    u = clean.uncertainty[right]
    rank = rankdata(-u, method="min", nan_policy="omit")
    outcomes = {condition: _outcomes(grid, condition, model, method) for condition in nota}
    ids = grid.items["item_id"].astype(str).tolist()
    for place in np.lexsort((right, -u)):
        item = right[place]
        known = bool(np.isfinite(u[place]))
        yield FragileItem(
            dataset=grid.dataset,
            model=model,
            method=method,
            item_id=ids[item],
            uncertainty=number_or_none(u[place]),
            rank=int(rank[place]) if known else None,
            outcomes={condition: became[item] for condition, became in outcomes.items()},
        )


def _outcomes(grid: Grid, condition: str, model: str, method: str) -> list[str]:
    """What became of each item of the grid, were it right on clean input."""
    if condition not in grid.conditions:
        return ["not asked"] * len(grid.items)
    cell = grid.cell(condition, model, method)
    cases = [~cell.asked, ~cell.judged, cell.wrong]
    return [str(name) for name in np.select(cases, ["not asked", "failed", "collapsed"], "held")]
