"""UE methods against each other on the same items: all pairs at once, and the methods that may be the best."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from vqa_canary.estimate import ALPHA, LEVEL, Undefined
from vqa_canary.evaluation.grid import Grid
from vqa_canary.rows import CLEAN
from vqa_canary.seeding import generator_for
from vqa_canary.statistics.auroc import rank
from vqa_canary.statistics.clusters import count
from vqa_canary.statistics.power import smallest_seen
from vqa_canary.statistics.student import exceeded_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

N_DRAWS = 1999
"""Draws of noise behind critical values and p-values."""
ALL_MODELS = ""
"""Stands in `model` for the average over all models."""

_FLAT = 1e-12


@dataclass(frozen=True, slots=True)
class MethodComparison:
    """AUROCs of K methods, all their differences, and which of them may be the best."""

    value: NDArray[np.float64]
    """Shape (K,): the AUROC of each method."""
    difference: NDArray[np.float64]
    """Shape (K, K): at [j, k] the AUROC of method j less that of method k."""
    se: NDArray[np.float64]
    """Shape (K, K): standard error of each difference; 0 where two methods rank alike."""
    ci_low: NDArray[np.float64]
    """Shape (K, K): lower ends of simultaneous 95 % intervals, which hold all true differences at once in 95 % of
    studies."""
    ci_high: NDArray[np.float64]
    """Shape (K, K): upper ends of these intervals."""
    p_value: NDArray[np.float64]
    """Shape (K, K): p-values of "both are alike", adjusted over all pairs; 1 where two methods rank alike."""
    maybe_best: NDArray[np.bool_]
    """Shape (K,): whether the study cannot tell the method from the best one."""


def compare(
    value: NDArray[np.float64],
    influence: NDArray[np.float64],
    n_images: int,
    df: int,
    rng: np.random.Generator,
) -> MethodComparison:
    r"""All pairwise differences by max-T over multiplier draws of the image influences.

    .. math:: T_{jk} = \frac{A_j - A_k}{se_{jk}}, \quad
              se_{jk}^2 = \frac{G}{G-1} \sum_g (D_{gj} - D_{gk})^2

    The critical value is the 95 % quantile of the largest |T| when each image's influence is
    multiplied by a standard normal (1,999 draws), then taken from the normal to the t distribution.
    Multiplying keeps how the methods' errors depend on each other, so the critical value is smaller than
    Bonferroni's where methods rank much alike, and still valid for all pairs at once.
    A method may be the best if no other exceeds it by more than the like quantile of its own largest T.

    Parameters
    ----------
    value : shape (K,), AUROCs on the same items
    influence : shape (images, K), the D of each method
    n_images : images of the items that are compared
    df : degrees of freedom of the t distribution
    rng : draws the multipliers

    References
    ----------
    Hothorn, Bretz & Westfall (2008), Simultaneous Inference in General Parametric Models; the best:
    Hsu (1996), Multiple Comparisons, chapter 4; multipliers: Chernozhukov, Chetverikov & Kato (2013), Gaussian
    Approximations and Multiplier Bootstrap for Maxima of Sums of High-Dimensional Random Vectors.
    """
    gap = influence[:, :, None] - influence[:, None, :]
    size = np.sqrt((gap**2).sum(axis=0))
    apart = size > _FLAT
    scale = np.where(apart, size, np.inf)  # T of two methods that rank alike is 0, and never the largest
    stretch = np.sqrt(n_images / (n_images - 1))
    draws = rng.standard_normal((N_DRAWS, len(influence))) @ influence
    noise = (draws[:, :, None] - draws[:, None, :]) / scale
    difference = value[:, None] - value
    t = difference / (scale * stretch)

    # Noise is normal, T has few degrees of freedom: both are compared as quantiles of their own distributions.
    largest = np.abs(noise).max(axis=(1, 2))
    reach = _to_t(float(np.quantile(largest, LEVEL)), df) * size * stretch
    z = stats.norm.isf(stats.t.sf(np.abs(t), df))
    p_value = (1 + (largest[:, None, None] >= z).sum(axis=0)) / (N_DRAWS + 1)
    # One-sided and for each method by itself: whether some other method is better than this one.
    own = np.array([_to_t(c, df) for c in np.quantile(noise.max(axis=1), LEVEL, axis=0)])
    return MethodComparison(
        value,
        difference,
        np.where(apart, size * stretch, 0.0),
        difference - reach,
        difference + reach,
        np.where(apart, p_value, 1.0),
        t.max(axis=0) <= own,
    )


@dataclass(frozen=True, slots=True)
class Contest:
    """The methods that can be compared on the same items, and those items."""

    methods: tuple[str, ...]
    """Names of the methods that are compared."""
    n: int
    """How many items they are compared on."""
    n_clusters: int
    """How many images these items show."""
    result: MethodComparison | Undefined
    """Arrays in the order of `methods`; where they cannot be compared, the reason."""


def compare_methods(grid: Grid, condition: str, models: Sequence[str], seed: int) -> Contest:
    """Compare the methods of one model, or of several by the average of their AUROCs.

    Items are those on which every compared method has a value for each of `models`. A method
    without a value on half of a model's items is left out, lest it take the others' items away.
    """
    at = grid.conditions.index(condition), [grid.models.index(model) for model in models]
    u, correct = grid.uncertainty[at], grid.correct[at]
    judged, known = ~np.isnan(correct), ~(np.isnan(u) | np.isnan(correct))
    able = (2 * known.sum(axis=-1) >= judged.sum(axis=-1)).all(axis=0) & known.any(axis=(0, 2))
    kept = known[:, able].all(axis=(0, 1)) & able.any()
    columns = np.flatnonzero(able)
    methods = tuple(grid.methods[k] for k in columns)
    images = grid.images[kept]
    try:
        if not methods:
            raise Undefined("no method has a value on half of the items")
        rankings = [
            [
                rank(u[m, k, kept], correct[m, k, kept] == 0, images, int(grid.images.max()) + 1)
                for k in columns
            ]
            for m in range(len(models))
        ]
        value = np.array([[ranking.value for ranking in row] for row in rankings]).mean(axis=0)
        influence = np.array([[ranking.influence for ranking in row] for row in rankings]).mean(axis=0).T
        df = min(ranking.df for row in rankings for ranking in row)
        rng = generator_for(seed, grid.dataset, "method comparison")
        result: MethodComparison | Undefined = compare(value, influence, count(images), df, rng)
    except Undefined as error:
        result = error
    return Contest(methods, int(kept.sum()), count(images), result)


def comparison_table(grids: Sequence[Grid], seed: int, condition: str = CLEAN) -> pd.DataFrame:
    """Every pair of methods for each model, and for the average over models (`model` is "").

    Returns
    -------
    columns dataset, model, method, other, difference (`method` - `other`, by name), ci_low, ci_high
    (simultaneous 95 %), p_value (adjusted over all pairs), n, n_clusters; smallest_difference, what
    a two-sided 5 % test of this pair alone finds with 80 % power, and smallest_difference_holm, the
    same at the first step of Holm over all pairs (both NaN where two methods rank alike); pairs
    that cannot be compared are left out
    """
    rows: list[dict[str, object]] = []
    for grid in grids:
        if condition not in grid.conditions:
            continue
        for model in (*grid.models, ALL_MODELS):
            contest = compare_methods(grid, condition, grid.models if model == ALL_MODELS else [model], seed)
            if isinstance(result := contest.result, Undefined):
                continue
            pairs = list(combinations(range(len(contest.methods)), 2))
            rows += [
                {
                    "dataset": grid.dataset,
                    "model": model,
                    "method": contest.methods[j],
                    "other": contest.methods[k],
                }
                | {
                    name: getattr(result, name)[j, k]
                    for name in ("difference", "ci_low", "ci_high", "p_value")
                }
                | {"n": contest.n, "n_clusters": contest.n_clusters}
                | _smallest(float(result.se[j, k]), len(pairs))
                for j, k in pairs
            ]
    names = ["dataset", "model", "method", "other", "difference", "ci_low", "ci_high", "p_value"]
    names += ["n", "n_clusters", "smallest_difference", "smallest_difference_holm"]
    return pd.DataFrame(rows, columns=names)


def _smallest(se: float, n_pairs: int) -> dict[str, float]:
    """Smallest differences that the study could have seen: of one pair alone, and as one of all pairs."""
    known = se if se > 0 else np.nan
    return {
        "smallest_difference": smallest_seen(known, ALPHA / 2),
        "smallest_difference_holm": smallest_seen(known, ALPHA / 2 / n_pairs),
    }


def _to_t(z: float, df: int) -> float:
    """The value that a t variable exceeds as seldom as a normal one exceeds `z`."""
    return exceeded_by(float(stats.norm.sf(z)), df)
