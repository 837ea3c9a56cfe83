"""Confidence for every method: from uncertainties to probabilities of being right, by the setting `calibration`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from vqa_canary.estimate import Undefined
from vqa_canary.evaluation.swap import SWAP
from vqa_canary.rows import CLEAN
from vqa_canary.seeding import derive_seed
from vqa_canary.statistics.confidence_maps import isotonic, one_minus_min_max, platt
from vqa_canary.statistics.cross_fitting import Fit, cross_fitted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vqa_canary.evaluation.grid import Grid

Way = Literal["none", "minmax", "isotonic", "platt"]
"""How an uncertainty becomes a confidence:

- `none`: it does not; only methods that are probabilities have a confidence, 1 - uncertainty.
- `minmax`: one minus the uncertainty, stretched to 0 to 1 over the set that is evaluated, which is all items of a data
  set under one condition. Nothing is fitted, and the confidence of an item depends on the others of the set.
- `isotonic`, `platt`: by a map that is fitted to the clean answers about other images, see `cross_fitted`.
"""
FITS: Mapping[str, Fit] = {"isotonic": isotonic, "platt": platt}
N_FOLDS = 10
"""Parts of the images; the map of a part is fitted to the others."""


def with_confidence(grid: Grid, way: Way, seed: int) -> Grid:
    """The grid with a confidence for every uncertainty, so far as there can be one; `unfitted` says why there is none.

    Each model and method has maps of its own. What is fitted is fitted to clean answers; answers under another
    condition get their confidence by the same maps, each by the one that has not seen the item's image. So a method
    that is calibrated when clean and overconfident under NOTA has lost its meaning there, and not for want of a fit.
    """
    if way == "none":
        return replace(grid, confidence=grid.stated, calibration=way, unfitted={})
    confidence = np.full(grid.uncertainty.shape, np.nan)
    unfitted: dict[tuple[str, str, str], str] = {}
    folds = folds_of(grid.image_ids, seed), folds_of(grid.pair_ids, seed)
    for m, model in enumerate(grid.models):
        for k, method in enumerate(grid.methods):
            shown = grid.uncertainty[:, m, k]
            if way == "minmax":
                values, whys = _stretched(shown)
            else:
                values, whys = _fitted(grid, m, k, FITS[way], folds)
            confidence[:, m, k] = values
            unfitted |= {(grid.conditions[c], model, method): why for c, why in whys.items()}
    return replace(grid, confidence=confidence, calibration=way, unfitted=unfitted)


def folds_of(image_ids: NDArray[np.str_], seed: int, n_folds: int = N_FOLDS) -> NDArray[np.int64]:
    """Fold of each item, shape (n,): drawn by the seed and the id of its image alone, whatever other images there are.

    Examples
    --------
    >>> folds_of(np.array(["x", "y", "x"]), seed=1).tolist() == [*folds_of(np.array(["x", "y"]), seed=1), 4]
    True
    """
    names, place = np.unique(image_ids, return_inverse=True)
    folds = [derive_seed(seed, str(name), "calibration fold") % n_folds for name in names]
    return np.array(folds, np.int64)[place.ravel()]


def _fitted(
    grid: Grid, m: int, k: int, fit: Fit, folds: tuple[NDArray[np.int64], NDArray[np.int64]]
) -> tuple[NDArray[np.float64], dict[int, str]]:
    """Confidences of one model and method, shape (conditions, items), and by condition why there are none.

    Where images are swapped an answer is about the other image of the pair, so its map has seen neither.

    Parameters
    ----------
    folds : of each item, by its image and by its pair of images
    """
    shown = grid.uncertainty[:, m, k]
    found, whys = np.full(shown.shape, np.nan), dict[int, str]()
    swapped = np.array([condition == SWAP for condition in grid.conditions])
    for rows, clusters, parts in ((~swapped, grid.images, folds[0]), (swapped, grid.pairs, folds[1])):
        if not rows.any():
            continue
        try:
            if CLEAN not in grid.conditions:
                raise Undefined("nothing was asked clean")
            at = grid.conditions.index(CLEAN)
            clean, correct = shown[at], grid.correct[at, m, k]
            found[rows] = cross_fitted(fit, clean, correct, clusters, parts, shown[rows])
        except Undefined as error:
            why = f"no confidence could be fitted to the clean answers about other images: {error}"
            whys |= dict.fromkeys(map(int, np.flatnonzero(rows)), why)
    return found, whys


def _stretched(shown: NDArray[np.float64]) -> tuple[NDArray[np.float64], dict[int, str]]:
    """The same by min-max over the items of each condition."""
    confidence, whys = np.full(shown.shape, np.nan), {}
    for c, values in enumerate(shown):
        known = ~np.isnan(values)
        try:
            confidence[c, known] = one_minus_min_max(values[known])(values[known])
        except Undefined as error:
            whys[c] = f"no confidence by min-max: {error}"
    return confidence, whys
