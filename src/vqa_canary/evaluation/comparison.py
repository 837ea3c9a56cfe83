"""UE methods against each other on the same items: all pairs at once, and the set of the best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from vqa_canary.evaluation.auroc import rank
from vqa_canary.evaluation.clusters import count
from vqa_canary.evaluation.estimate import LEVEL, Undefined
from vqa_canary.evaluation.grid import CLEAN, Grid, grids
from vqa_canary.seeding import generator_for

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_DRAWS = 1999
ALL_MODELS = ""
"""Stands in `model` for the average over all models."""

_FLAT = 1e-12


@dataclass(frozen=True, slots=True)
class Comparison:
    """AUROCs of K methods, their differences [j, k] = A_j - A_k, and who may be the best."""

    value: NDArray[np.float64]
    difference: NDArray[np.float64]
    ci_low: NDArray[np.float64]
    """Simultaneous 95 % limits of all differences."""
    ci_high: NDArray[np.float64]
    p_value: NDArray[np.float64]
    """Adjusted over all pairs; 1 where two methods rank alike."""
    maybe_best: NDArray[np.bool_]
    """Shape (K,): not distinguishable from the best."""


def compare(
    value: NDArray[np.float64],
    influence: NDArray[np.float64],
    n_images: int,
    df: int,
    rng: np.random.Generator,
) -> Comparison:
    r"""All pairwise differences by max-T over multiplier draws of the image influences.

    .. math:: T_{jk} = \frac{A_j - A_k}{se_{jk}}, \quad
              se_{jk}^2 = \frac{G}{G-1} \sum_g (D_{gj} - D_{gk})^2

    The critical value is the 95 % quantile of the largest |T| when each image's influence is
    multiplied by a standard normal (1,999 draws), then taken from the normal to the t distribution.
    A method may be the best if no other exceeds it by more than the like quantile of its own largest T.

    Parameters
    ----------
    value : shape (K,), AUROCs on the same items
    influence : shape (images, K), the D of each method
    n_images, df : of the items that are compared

    References
    ----------
    Hothorn, Bretz & Westfall (2008), Simultaneous Inference in General Parametric Models; the best:
    Hsu (1996), Multiple Comparisons, chapter 4.
    """
    gap = influence[:, :, None] - influence[:, None, :]
    size = np.sqrt((gap**2).sum(axis=0))
    apart = size > _FLAT
    scale = np.where(apart, size, np.inf)
    draws = rng.standard_normal((N_DRAWS, len(influence))) @ influence
    noise = (draws[:, :, None] - draws[:, None, :]) / scale
    difference = value[:, None] - value
    t = difference / (scale * np.sqrt(n_images / (n_images - 1)))

    largest = np.abs(noise).max(axis=(1, 2))
    reach = _to_t(float(np.quantile(largest, LEVEL)), df) * size * np.sqrt(n_images / (n_images - 1))
    z = stats.norm.isf(stats.t.sf(np.abs(t), df))
    p_value = (1 + (largest[:, None, None] >= z).sum(axis=0)) / (N_DRAWS + 1)
    own = np.array([_to_t(c, df) for c in np.quantile(noise.max(axis=1), LEVEL, axis=0)])
    return Comparison(
        value,
        difference,
        difference - reach,
        difference + reach,
        np.where(apart, p_value, 1.0),
        t.max(axis=0) <= own,
    )


def comparison_table(
    scores: pd.DataFrame, instances: pd.DataFrame, items: pd.DataFrame, seed: int, condition: str = CLEAN
) -> pd.DataFrame:
    """Every pair of methods for each model, and for the average over models (`model` is "").

    Methods are compared on the items that all of them score; the average over models, on those
    that all models answered.

    Returns
    -------
    columns dataset, model, method, other, auroc (of `method`), difference (`method` - `other`),
    ci_low, ci_high (simultaneous 95 %), p_value (adjusted), maybe_best (of `method`), n, n_clusters,
    reason (why null)
    """
    rows: list[dict[str, object]] = []
    for grid in grids(scores, instances, items):
        if condition in grid.conditions:
            for model in (*grid.models, ALL_MODELS):
                rows += _rows(grid, condition, model, seed)
    names = ["auroc", "difference", "ci_low", "ci_high", "p_value", "maybe_best", "n", "n_clusters", "reason"]
    return pd.DataFrame(rows, columns=["dataset", "model", "method", "other", *names])


def _rows(grid: Grid, condition: str, model: str, seed: int) -> list[dict[str, object]]:
    at = range(len(grid.models)) if model == ALL_MODELS else [grid.models.index(model)]
    shown = grid.conditions.index(condition)
    u, correct = grid.uncertainty[shown, at], grid.correct[shown, at]
    kept = ~(np.isnan(u) | np.isnan(correct)).any(axis=(0, 1))
    about: dict[str, object] = {"n": int(kept.sum()), "n_clusters": count(grid.images[kept])}
    key: dict[str, object] = {"dataset": grid.dataset, "model": model}
    pairs = [(j, k) for j in range(len(grid.methods)) for k in range(len(grid.methods)) if j != k]
    try:
        found = _compare(u[..., kept], correct[..., kept], grid.images[kept], seed, grid.dataset)
    except Undefined as error:
        return [key | about | {"method": name, "other": "", "reason": str(error)} for name in grid.methods]
    return [
        key
        | {"method": grid.methods[j], "other": grid.methods[k], "auroc": found.value[j]}
        | {name: getattr(found, name)[j, k] for name in ("difference", "ci_low", "ci_high", "p_value")}
        | {"maybe_best": bool(found.maybe_best[j])}
        | about
        for j, k in pairs
    ]


def _compare(
    u: NDArray[np.float64], correct: NDArray[np.float64], images: NDArray[np.int64], seed: int, dataset: str
) -> Comparison:
    """From arrays of shape (models, methods, items): influences are averaged over models."""
    total = int(images.max(initial=-1)) + 1
    found = [
        [rank(u[m, k], correct[m, k] == 0, images, total) for k in range(u.shape[1])]
        for m in range(u.shape[0])
    ]
    value = np.array([[one.value for one in row] for row in found]).mean(axis=0)
    influence = np.array([[one.influence for one in row] for row in found]).mean(axis=0).T
    df = min(one.df for row in found for one in row)
    return compare(value, influence, count(images), df, generator_for(seed, dataset, "method comparison"))


def _to_t(z: float, df: int) -> float:
    return float(stats.t.isf(stats.norm.sf(z), df))
