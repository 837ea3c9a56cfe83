"""Which images calibrate a threshold and which are held out to check it."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.errors import BadInput
from vqa_canary.evaluation.image_clusters import image_clusters
from vqa_canary.seeding import derive_seed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from vqa_canary.evaluation.grid import Grid

SHARE = 0.5
"""Share of the images that calibrate, where nothing else is said."""

_ROUNDING = 1e-9
"""A product such as 0.1 * 30 may lie a little above the whole number that it stands for; it is not rounded up then."""


def calibration_images(image_ids: Iterable[str], seed: int, share: float = SHARE) -> frozenset[str]:
    """The images that calibrate: the first ceil(`share` * G) of the G different ones, in an order by seed.

    An image is wholly in one split, and no image's place depends on row order or on its questions.

    Raises
    ------
    BadInput : `share` is not above 0 and below 1
    """
    if not 0 < share < 1:
        raise BadInput(f"calibration share: {share} is not between 0 and 1. Give a share such as {SHARE}.")
    ordered = sorted(set(image_ids), key=lambda image: (derive_seed(seed, image, "calibration split"), image))
    return frozenset(ordered[: ceil(share * len(ordered) - _ROUNDING)])


def priorities(ids: Iterable[str], seed: int) -> NDArray[np.int64]:
    """A fixed random order of questions: the place of each, shape (n,), from 0.

    Depends on the seed and the set of ids alone, so nothing that was measured can choose it.
    """
    names = list(ids)
    keys = [(derive_seed(seed, name, "policy priority"), name) for name in names]
    place = np.empty(len(names), np.int64)
    place[sorted(range(len(names)), key=keys.__getitem__)] = np.arange(len(names))
    return place


def calibration_masks(
    grids: Sequence[Grid], items: pd.DataFrame, seed: int, share: float = SHARE
) -> Mapping[str, NDArray[np.bool_]]:
    """Which items of each data set's grid calibrate, by data set; shape (items of the grid,)."""
    return {grid.dataset: in_calibration(grid, items, seed, share) for grid in grids}


def in_calibration(grid: Grid, items: pd.DataFrame, seed: int, share: float = SHARE) -> NDArray[np.bool_]:
    """Which items of the grid calibrate, shape (items of the grid,).

    The split is of all images of the data set, scored or not: so it stays as it is when a model or a method is added.
    Images that questions show together are split as one.
    """
    every = items[items["dataset"] == grid.dataset]
    clusters = image_clusters(every)
    chosen = every["item_id"][np.isin(clusters, list(calibration_images(clusters, seed, share)))]
    return grid.items["item_id"].isin(chosen).to_numpy(bool)
