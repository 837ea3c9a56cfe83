"""Between which two ends accuracy lies where answers could not be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from vqa_canary.estimate import Estimate, undefined
from vqa_canary.evaluation.grid import Grid, subsets
from vqa_canary.statistics.proportions import proportion

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

Place = tuple[str, str, str]
"""Data set, model and condition."""


def accuracy_range(correct: ArrayLike, read: ArrayLike, clusters: ArrayLike) -> tuple[Estimate, Estimate]:
    """Accuracy if every unread answer is wrong, and accuracy if the unread ones are left out.

    The first end takes an unread answer for no answer, the second supposes that unread answers are right as often as
    read ones. Each has its own interval, images as the unit.

    Parameters
    ----------
    correct : shape (n,), whether each answer was judged right
    read : shape (n,), whether it could be read
    clusters : shape (n,), image of each answer
    """
    right, known = np.asarray(correct, bool), np.asarray(read, bool)
    images = np.asarray(clusters)
    left_out = proportion(right[known], images[known])
    if not known.any() and len(known):
        left_out = undefined("no answer could be read")
    return proportion(right & known, images), left_out


def accuracy_ranges(
    readings: pd.DataFrame,
    grids: Sequence[Grid],
    instances: pd.DataFrame,
    places: Sequence[Place],
    subgroups: Sequence[str] = (),
) -> dict[Place, list[dict[str, Any]]]:
    """For each place rows of keys subset, method, unread_wrong and unread_left_out (estimates).

    Subsets and methods are those of accuracy in the table `metrics`: method "" where all methods are judged on the
    same answers, else each on its own. An answer of a method that names no option (such as the modal one of several
    samples) is unread as well, unless what was said is a letter beyond the options: that is read, and wrong. An answer
    that was cut has no score; it counts as one that was not read.

    Parameters
    ----------
    readings : rows model, dataset, item_id, condition, and booleans read, cut, beyond: one an answer that was given
    places : those that are wanted
    subgroups : columns of the grids' items
    """
    ranges: dict[Place, list[dict[str, Any]]] = {}
    for grid in grids:
        own = readings[readings["dataset"] == grid.dataset]
        answerable = _answerable(grid, instances)
        for place in places:
            if place[0] == grid.dataset and place[1] in grid.models and place[2] in grid.conditions:
                ranges[place] = list(_rows(grid, place, own, answerable[place[2]], subgroups))
    return ranges


def _rows(
    grid: Grid, place: Place, readings: pd.DataFrame, answerable: NDArray[np.bool_], subgroups: Sequence[str]
) -> Iterator[dict[str, Any]]:
    _, model, condition = place
    own = readings[(readings["model"] == model) & (readings["condition"] == condition)]
    own = own[own["item_id"].isin(grid.items["item_id"])]
    at = pd.Index(grid.items["item_id"]).get_indexer(own["item_id"])
    unread, cut, beyond = (np.zeros(len(grid.items), bool) for _ in range(3))
    unread[at] = ~own["read"].to_numpy(bool)
    cut[at], beyond[at] = own["cut"].to_numpy(bool), own["beyond"].to_numpy(bool)
    for k, method in enumerate(grid.methods[: 1 if grid.one_label else None]):
        cell = grid.conditions.index(condition), grid.models.index(model), k
        correct, named = grid.correct[cell], grid.named[cell]
        judged = ~np.isnan(correct) | (cut & answerable)
        read = ~unread & ((named == 1) | beyond)
        for subset, mask in subsets(grid, subgroups):
            kept = judged & mask
            wrong, left_out = accuracy_range(correct[kept] == 1, read[kept], grid.clusters(condition)[kept])
            yield {
                "subset": subset,
                "method": "" if grid.one_label else method,
                "unread_wrong": wrong.columns(),
                "unread_left_out": left_out.columns(),
            }


def _answerable(grid: Grid, instances: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """By condition: items of which something is right, shape (items,)."""
    answerable = {}
    own = instances[(instances["dataset"] == grid.dataset) & instances["answer_index"].notna()]
    for condition in grid.conditions:
        known = own.loc[own["condition"] == condition, "item_id"]
        answerable[condition] = grid.items["item_id"].isin(known).to_numpy(bool)
    return answerable
