"""Does a confidence of 0.8 mean right in 80 of 100? ECE with its noise floor, Brier, overconfidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.counting import counted
from vqa_canary.estimate import LEVEL, MIN_IMAGES, Estimate, estimate, undefined
from vqa_canary.statistics.binned_residuals import BinnedResiduals, bin_residuals, redrawn
from vqa_canary.statistics.bins import Binning
from vqa_canary.statistics.clusters import finite
from vqa_canary.statistics.means import mean_estimate
from vqa_canary.statistics.proportions import proportion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

N_DRAWS = 1000
"""Sign flips, and bootstrap samples, behind the noise floor and the interval."""
EQUAL_MASS = Binning()
"""The bins of an ECE where nothing else is said."""
SURE = 0.9
"""Confidence from which an error counts as a confident one."""


@dataclass(frozen=True, slots=True)
class CalibrationErrors:
    """The expected calibration error (ECE), and what tells it from the error that chance alone gives."""

    ece: Estimate
    """The ECE, from 0 to 1, with the hybrid interval of `calibration`."""
    noise_floor: Estimate
    """The ECE that a perfectly calibrated model stays below in 95 % of studies like this one. It has no interval."""
    p_value: Estimate
    """p-value of "the model is calibrated": share of draws of noise at least as large as `ece`. It has no interval."""
    debiased: Estimate
    """Squared L2 calibration error less the bias of binning noise; it may fall below 0. It has no interval."""
    lost: Estimate
    """What the ECE lacks because the items whose confidence is exactly 1 fall in no bin: 0 unless the last bin is open,
    and below 0 where these items would have made up for others. It has no interval."""


@dataclass(frozen=True, slots=True)
class Draws:
    """Random draws over images, shared by all that is estimated on the same images."""

    signs: NDArray[np.float64]
    """Shape (draws, images), +1 or -1."""
    weights: NDArray[np.float64]
    """Shape (draws, images), how often each image is in a bootstrap sample."""


def draw(n_clusters: int, rng: np.random.Generator, n_draws: int = N_DRAWS) -> Draws:
    """Sign flips and bootstrap samples of `n_clusters` images.

    Examples
    --------
    >>> draws = draw(3, np.random.default_rng(0), n_draws=2)
    >>> draws.signs
    array([[ 1.,  1.,  1.],
           [-1., -1., -1.]])
    >>> draws.weights.sum(axis=1)  # each bootstrap sample has as many images as the study
    array([3., 3.])
    """
    signs = rng.integers(0, 2, (n_draws, n_clusters)) * 2 - 1
    weights = rng.multinomial(n_clusters, np.full(n_clusters, 1 / n_clusters), n_draws)
    return Draws(signs.astype(np.float64), weights.astype(np.float64))


@dataclass(frozen=True, slots=True)
class Sample:
    """Confidences that are held against answers."""

    confidence: ArrayLike
    """Shape (n,), 0 to 1."""
    correct: ArrayLike
    """Shape (n,), true or false."""
    clusters: ArrayLike
    """Shape (n,), image of each item."""


def calibration(
    confidence: ArrayLike,
    correct: ArrayLike,
    clusters: ArrayLike,
    draws: Callable[[int], Draws],
    binning: Binning = EQUAL_MASS,
) -> CalibrationErrors:
    r"""ECE, its noise floor by image sign flips, its hybrid interval.

    With R_gb the sum of (correct - confidence) over image g's items in bin b:

    .. math:: ECE = \frac{1}{n} \sum_b \Big| \sum_g R_{gb} \Big|, \quad
              ECE_0 = \frac{1}{n} \sum_b \Big| \sum_g s_g R_{gb} \Big|, \; s_g = \pm 1

    The floor is the 95 % quantile of ECE_0. It is needed because an ECE is never 0: the absolute value turns the
    noise of every bin into error. If the model is calibrated, the residuals of an image are as likely as their
    negatives, so flipping the sign of all residuals of an image at once gives the ECE of noise alone; flipping whole
    images keeps the dependence between items that share one.

    ECE is biased upwards, most where it is small, so the interval reflects only its lower end (as the "basic"
    bootstrap does): low = max(0, 2 ECE - q), which is 0 where p > 0.05, and high = q, with q the 97.5 % quantile over
    an image bootstrap with the bins held fixed. A reflected upper end would fall below the ECE.

    Where the last bin is open, an item whose confidence is exactly 1 adds to n alone, and `lost` is what the ECE would
    be with the bin closed, less the ECE.

    The debiased error is the weighted sum of r_b^2 - v_b, with r_b the mean residual of bin b and
    v_b its image-robust variance.

    Parameters
    ----------
    confidence : shape (n,), 0 to 1
    correct : shape (n,), true or false
    clusters : shape (n,), image of each item
    draws : from a number of images to the draws over them, as `draw`
    binning : how confidences are cut into bins; 15 of equal mass, unless told otherwise

    Examples
    --------
    A model that is always 90 % sure and right in half of the cases is miscalibrated by 0.4, far above the noise.

    >>> def draws(n_images):
    ...     return draw(n_images, np.random.default_rng(0))
    >>> found = calibration([0.9] * 40, [0, 1] * 20, range(40), draws)
    >>> found.ece
    0.400 (95 %: 0.250 to 0.550; n = 40, 40 images)
    >>> found.noise_floor, found.p_value
    (0.200 (n = 40, 40 images), 0.001 (n = 40, 40 images))
    >>> calibration([0.9], [1], ["a"], draws).ece
    0.100 (n = 1, 1 image; no interval: too few: 1 image, 5 are needed)

    References
    ----------
    Bins: see `Binning`; sign flips of whole clusters: Cameron, Gelbach & Miller (2008), Bootstrap-Based Improvements
    for Inference with Clustered Errors (wild cluster bootstrap); basic bootstrap: Davison & Hinkley (1997), Bootstrap
    Methods and Their Application, section 5.2; debiased: Kumar, Liang & Ma (2019), Verified Uncertainty Calibration,
    section 4.
    """
    return calibrations([Sample(confidence, correct, clusters)], draws, binning)[0]


def calibrations(
    samples: Sequence[Sample], draws: Callable[[int], Draws], binning: Binning = EQUAL_MASS
) -> list[CalibrationErrors]:
    """`calibration` of each sample; samples of equally many images share one product with the draws.

    Examples
    --------
    >>> sure = Sample([0.9] * 40, [0, 1] * 20, range(40))
    >>> [found] = calibrations([sure], lambda n_images: draw(n_images, np.random.default_rng(0)))
    >>> found.ece
    0.400 (95 %: 0.250 to 0.550; n = 40, 40 images)
    """
    binned = [bin_residuals(one.confidence, one.correct, one.clusters, binning) for one in samples]
    found: dict[int, CalibrationErrors] = {}
    alike: dict[int, list[int]] = {}
    for at, one in enumerate(binned):
        if one.items.any() and one.n_clusters >= MIN_IMAGES:
            alike.setdefault(one.n_clusters, []).append(at)
        else:
            found[at] = _without_draws(one)
    for n_clusters, places in alike.items():
        drawn, chosen = draws(n_clusters), [binned[at] for at in places]
        noise = redrawn(chosen, drawn.signs) / np.array([one.n for one in chosen])
        resampled = redrawn(chosen, drawn.weights)
        resampled /= drawn.weights @ np.stack([one.shown for one in chosen], axis=1)
        eces = np.array([one.ece for one in chosen])
        p_values = (1 + (noise >= eces - 1e-12).sum(axis=0)) / (1 + len(noise))  # never 0: draws are finite
        floors, tops = np.quantile(noise, LEVEL, axis=0), np.quantile(resampled, (1 + LEVEL) / 2, axis=0)
        for at, p_value, floor, top in zip(places, p_values, floors, tops, strict=True):
            found[at] = _with_draws(binned[at], float(p_value), float(floor), float(top))
    return [found[at] for at in range(len(samples))]


def _without_draws(binned: BinnedResiduals) -> CalibrationErrors:
    """What needs no draws; and what does need them, as undefined."""
    n, n_clusters = binned.n, binned.n_clusters
    if not n or not binned.items.any():
        nothing = undefined(
            "every confidence is exactly 1, which falls in no bin" if n else "no items", n, n_clusters
        )
        return CalibrationErrors(nothing, nothing, nothing, nothing, _lost(binned))
    few = f"too few: {counted(n_clusters, 'image')}, {MIN_IMAGES} are needed"
    ece = estimate(binned.ece, None, n, n_clusters, f"no interval: {few}")
    absent = undefined(few, n, n_clusters)
    return CalibrationErrors(ece, absent, absent, binned.debiased(), _lost(binned))


def _with_draws(binned: BinnedResiduals, p_value: float, floor: float, top: float) -> CalibrationErrors:
    """All of it.

    Parameters
    ----------
    floor : quantile of the ECE over draws of signs
    top : upper quantile of the ECE over bootstrap samples
    """
    n, n_clusters, ece = binned.n, binned.n_clusters, binned.ece
    high = max(ece, top)
    low = 0.0 if p_value > 1 - LEVEL else max(0.0, 2 * ece - high)
    return CalibrationErrors(
        estimate(ece, (low, high), n, n_clusters),
        estimate(floor, None, n, n_clusters),
        estimate(p_value, None, n, n_clusters),
        binned.debiased(),
        _lost(binned),
    )


def _lost(binned: BinnedResiduals) -> Estimate:
    if not binned.n:
        return undefined("no items")
    return estimate(binned.lost, None, binned.n, binned.n_clusters)


def brier(confidence: ArrayLike, correct: ArrayLike, clusters: ArrayLike) -> Estimate:
    """Mean squared difference between confidence and correctness: 0 (best) to 1.

    Examples
    --------
    >>> brier([0.9, 0.9, 0.9, 0.9], [1, 1, 1, 0], ["a", "b", "c", "d"])  # three times 0.01 and once 0.81
    0.210 (95 %: 0.000 to 0.846; n = 4, 4 images)

    References
    ----------
    Brier (1950), Verification of Forecasts Expressed in Terms of Probability.
    """
    gap = finite("confidence", confidence) - finite("correct", correct)
    return mean_estimate(gap**2, clusters, 0.0, 1.0)


def overconfidence(confidence: ArrayLike, correct: ArrayLike, clusters: ArrayLike) -> Estimate:
    """Mean confidence minus accuracy: -1 to 1, above 0 if the model promises too much.

    Examples
    --------
    >>> overconfidence([0.9, 0.9, 0.9, 0.9], [1, 1, 0, 0], ["a", "b", "c", "d"])
    0.400 (95 %: -0.519 to 1.000; n = 4, 4 images)
    """
    gap = finite("confidence", confidence) - finite("correct", correct)
    return mean_estimate(gap, clusters, -1.0, 1.0)


def confident_error_share(confidence: ArrayLike, correct: ArrayLike, clusters: ArrayLike) -> Estimate:
    """Share of the errors made at a confidence of 0.9 or more.

    Examples
    --------
    >>> confident_error_share([0.95] * 5 + [0.5] * 16, [0] * 20 + [1], range(21))  # 5 of 20 errors
    0.250 (95 %: 0.075 to 0.518; n = 20, 20 images)
    >>> confident_error_share([0.95], [1], ["a"])
    - (no errors)
    """
    wrong = finite("correct", correct) == 0
    sure = finite("confidence", confidence)[wrong] >= SURE
    share = proportion(sure, np.asarray(clusters)[wrong])
    return share if wrong.any() else undefined("no errors")
