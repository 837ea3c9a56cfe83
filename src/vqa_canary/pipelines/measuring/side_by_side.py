"""The table `metrics` of a large study, whose subsets are computed by several processes at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from multiprocessing import parent_process
from typing import TYPE_CHECKING

from vqa_canary.counting import counted
from vqa_canary.evaluation.grid import subsets
from vqa_canary.evaluation.table import joined, metrics_part, metrics_table
from vqa_canary.pipelines.configuration import configured_value
from vqa_canary.planned_shard import Needs
from vqa_canary.workers.pieces import Piece
from vqa_canary.workers.settings import n_cores

if TYPE_CHECKING:
    import pandas as pd

    from vqa_canary.evaluation.grid import Grid
    from vqa_canary.statistics.bins import Binning

FEW = 5_000
"""Cells (a subset, a condition, a model, a method) that one process computes in about the time that it takes to start
others."""
TURNS = 4
"""Parts for each process, so that all of them end at about the same time."""


def metrics_side_by_side(
    grids: Sequence[Grid], seed: int, subgroups: Sequence[str], lowest: Mapping[str, float], binning: Binning
) -> pd.DataFrame:
    """`metrics_table`, by as many processes as the setting `workers` says; its rows are the same by any number."""
    n = n_workers(grids, subgroups)
    if n == 1:
        return metrics_table(grids, seed, subgroups, lowest, binning)
    from vqa_canary.workers.processes import in_processes

    turns = [(at, n * TURNS) for at in range(n * TURNS)]
    pieces = [
        Piece(
            model=grid.dataset,
            key=f"{grid.dataset}/{turn[0]}",
            size=1,
            run=partial(metrics_part, grid, seed, tuple(subgroups), dict(lowest), binning, turn),
            needs=Needs(),
        )
        for grid in grids
        for turn in turns
    ]
    name = f"metrics by {counted(n, 'worker')}"
    return joined([part for _, part in in_processes(pieces, n, (), name, ask=False)])


def n_workers(grids: Sequence[Grid], subgroups: Sequence[str]) -> int:
    """How many processes compute the metrics: one where there are few, or where this is a worker process itself."""
    if parent_process() is not None or sum(_n_cells(grid, subgroups) for grid in grids) <= FEW:
        return 1
    workers = configured_value("workers") or "auto"
    return n_cores() if workers == "auto" else int(workers)


def _n_cells(grid: Grid, subgroups: Sequence[str]) -> int:
    n_subsets = sum(1 for _ in subsets(grid, subgroups))
    return n_subsets * len(grid.conditions) * len(grid.models) * len(grid.methods)
