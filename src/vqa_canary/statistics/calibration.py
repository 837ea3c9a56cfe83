"""Does a confidence of 0.8 mean right in 80 of 100? ECE with its noise floor, Brier, overconfidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

from vqa_canary.counting import counted
from vqa_canary.estimate import LEVEL, MIN_IMAGES, Estimate, estimate, undefined
from vqa_canary.statistics.clusters import finite, number, sums
from vqa_canary.statistics.means import mean_estimate
from vqa_canary.statistics.proportions import proportion

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

N_BINS = 15
N_DRAWS = 1000
SURE = 0.9
"""Confidence from which an error counts as a confident one."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """Expected calibration error and what tells it from noise."""

    ece: Estimate
    """From 0 to 1, with the hybrid interval."""
    noise_floor: Estimate
    """What a calibrated model gives up to, in 95 % of studies like this one. No interval."""
    p_value: Estimate
    """Of "calibrated": share of the noise at least as large as `ece`. No interval."""
    debiased: Estimate
    """Squared L2 calibration error without the bias of binning noise; may be below 0. No interval."""


@dataclass(frozen=True, slots=True)
class Draws:
    """Random draws over images, shared by all that is estimated on the same images."""

    signs: NDArray[np.float64]
    """Shape (draws, images), +1 or -1."""
    weights: NDArray[np.float64]
    """Shape (draws, images), how often each image is in a bootstrap sample."""


def draw(n_clusters: int, rng: np.random.Generator, n_draws: int = N_DRAWS) -> Draws:
    """Sign flips and bootstrap samples of `n_clusters` images."""
    signs = rng.integers(0, 2, (n_draws, n_clusters)) * 2 - 1
    weights = rng.multinomial(n_clusters, np.full(n_clusters, 1 / n_clusters), n_draws)
    return Draws(signs.astype(np.float64), weights.astype(np.float64))


def equal_mass_bins(confidence: NDArray[np.float64], n_bins: int = N_BINS) -> NDArray[np.int64]:
    """Bin of each item, shape (n,), from 0: equal numbers of items, equal confidences together.

    Bins are cut by mid-rank, so every item has one, a stated 0 or 1 too.
    """
    return ((rankdata(confidence) - 0.5) * n_bins / len(confidence)).astype(np.int64)


def calibration(
    confidence: ArrayLike, correct: ArrayLike, clusters: ArrayLike, draws: Callable[[int], Draws]
) -> Calibration:
    r"""ECE in 15 equal-mass bins, its noise floor by image sign flips, its hybrid interval.

    With R_gb the sum of (correct - confidence) over image g's items in bin b:

    .. math:: ECE = \frac{1}{n} \sum_b \Big| \sum_g R_{gb} \Big|, \quad
              ECE_0 = \frac{1}{n} \sum_b \Big| \sum_g s_g R_{gb} \Big|, \; s_g = \pm 1

    The floor is the 95 % quantile of ECE_0. ECE is biased upwards, most where it is small, so the
    interval reflects only its lower end: low = max(0, 2 ECE - q), which is 0 where p > 0.05, and
    high = q, with q the 97.5 % quantile over an image bootstrap with the bins held fixed.

    The debiased error is the weighted sum of r_b^2 - v_b, with r_b the mean residual of bin b and
    v_b its image-robust variance.

    Parameters
    ----------
    confidence : shape (n,), 0 to 1
    correct : shape (n,), true or false
    clusters : shape (n,), image of each item
    draws : from a number of images to the draws over them, as `draw`

    References
    ----------
    Naeini, Cooper & Hauskrecht (2015); equal mass: Nguyen & O'Connor (2015); debiased: Kumar, Liang
    & Ma (2019), Verified Uncertainty Calibration, section 4.
    """
    p, x = finite("confidence", confidence), finite("correct", correct)
    n = len(p)
    if not n:
        nothing = undefined("no items")
        return Calibration(nothing, nothing, nothing, nothing)
    codes, n_clusters = number(clusters)
    bins = equal_mass_bins(p)
    cells = codes * N_BINS + bins
    residuals = sums(x - p, cells, n_clusters * N_BINS).reshape(n_clusters, N_BINS)
    items = sums(np.ones(n), cells, n_clusters * N_BINS).reshape(n_clusters, N_BINS)
    ece = float(np.abs(residuals.sum(axis=0)).sum() / n)
    debiased = _debiased(residuals, items)
    if n_clusters < MIN_IMAGES:
        few = f"too few: {counted(n_clusters, 'image')}, {MIN_IMAGES} are needed"
        absent = undefined(few, n, n_clusters)
        return Calibration(
            estimate(ece, None, n, n_clusters, f"no interval: {few}"), absent, absent, debiased
        )

    drawn = draws(n_clusters)
    noise = np.abs(drawn.signs @ residuals).sum(axis=1) / n
    p_value = float((1 + (noise >= ece - 1e-12).sum()) / (1 + len(noise)))  # never 0: draws are finite
    resampled = np.abs(drawn.weights @ residuals).sum(axis=1) / (drawn.weights @ items.sum(axis=1))
    high = max(ece, float(np.quantile(resampled, (1 + LEVEL) / 2)))
    low = 0.0 if p_value > 1 - LEVEL else max(0.0, 2 * ece - high)
    return Calibration(
        estimate(ece, (low, high), n, n_clusters),
        estimate(float(np.quantile(noise, LEVEL)), None, n, n_clusters),
        estimate(p_value, None, n, n_clusters),
        debiased,
    )


def brier(confidence: ArrayLike, correct: ArrayLike, clusters: ArrayLike) -> Estimate:
    """Mean squared difference between confidence and correctness: 0 (best) to 1.

    References
    ----------
    Brier (1950), Verification of Forecasts Expressed in Terms of Probability.
    """
    gap = finite("confidence", confidence) - finite("correct", correct)
    return mean_estimate(gap**2, clusters, 0.0, 1.0)


def overconfidence(confidence: ArrayLike, correct: ArrayLike, clusters: ArrayLike) -> Estimate:
    """Mean confidence minus accuracy: -1 to 1, above 0 if the model promises too much."""
    gap = finite("confidence", confidence) - finite("correct", correct)
    return mean_estimate(gap, clusters, -1.0, 1.0)


def confident_error_share(confidence: ArrayLike, correct: ArrayLike, clusters: ArrayLike) -> Estimate:
    """Share of the errors made at a confidence of 0.9 or more."""
    wrong = finite("correct", correct) == 0
    sure = finite("confidence", confidence)[wrong] >= SURE
    found = proportion(sure, np.asarray(clusters)[wrong])
    return found if wrong.any() else undefined("no errors")


def _debiased(residuals: NDArray[np.float64], items: NDArray[np.float64]) -> Estimate:
    """From R_gb and n_gb, both of shape (images, bins)."""
    n, n_clusters = int(items.sum()), len(items)
    used = items.sum(axis=0) > 0
    residuals, items = residuals[:, used], items[:, used]
    size, images = items.sum(axis=0), (items > 0).sum(axis=0)
    if (images < 2).any():
        return undefined("a bin holds a single image", n, n_clusters)
    r = residuals.sum(axis=0) / size
    variance = images / (images - 1) * ((residuals - r * items) ** 2).sum(axis=0) / size**2
    return estimate(float((size / n * (r**2 - variance)).sum()), None, n, n_clusters)
