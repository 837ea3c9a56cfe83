"""The mean over items of any quantity, when items share images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.estimate import LEVEL, Estimate, Undefined, estimate, undefined
from vqa_canary.statistics.clusters import finite, number, row_sums, sums
from vqa_canary.statistics.student import chance_above, exceeded_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Mean:
    r"""A ratio mean with its image-robust standard error.

    .. math:: m = \frac{\sum_g s_g}{n}, \quad
              se^2 = \frac{G}{G-1} \sum_g \frac{(s_g - m\,n_g)^2}{n^2}

    with s_g the sum and n_g the number of image g's items; t with G - 1 degrees of freedom.

    Where no image deviates from the mean, se = 0 says nothing. A share q of deviating images
    leaves G of them all alike with probability (1 - q)^G, so the limits are those of a mean that
    differs from m on q = 1 - alpha^(1/G) of the images by as much as `bounds` allow.

    References
    ----------
    Cochran (1977), Sampling Techniques, section 9A (ratio estimator for clusters of unequal size).
    """

    value: float
    se: float
    """Standard error of `value` over images; NaN with one image."""
    n: int
    """How many items the mean is taken of."""
    n_clusters: int
    """How many images these items show."""
    low: float
    """Smallest possible value of one item."""
    high: float
    """Largest possible value of one item."""

    def lower(self, alpha: float) -> float:
        """One-sided 1 - alpha lower limit; NaN if there is none."""
        if self.n_clusters < 2:
            return np.nan
        if self.se == 0:
            return float(self.value - (1 - alpha ** (1 / self.n_clusters)) * (self.value - self.low))
        return float(max(self.low, self.value - exceeded_by(alpha, self.n_clusters - 1) * self.se))

    def upper(self, alpha: float) -> float:
        """One-sided 1 - alpha upper limit; NaN if there is none."""
        return -self._mirrored().lower(alpha)

    def p_above(self, reference: float) -> float:
        """p-value of "the mean is at most `reference`"; NaN if there is none."""
        if self.n_clusters < 2:
            return np.nan
        if self.se > 0:
            return chance_above((self.value - reference) / self.se, self.n_clusters - 1)
        if self.value <= reference:
            return 1.0
        return float(((reference - self.low) / (self.value - self.low)) ** self.n_clusters)

    def p_below(self, reference: float) -> float:
        """p-value of "the mean is at least `reference`"; NaN if there is none."""
        return self._mirrored().p_above(-reference)

    def estimate(self) -> Estimate:
        """The mean with its 95 % interval."""
        alpha = (1 - LEVEL) / 2
        limits = self.lower(alpha), self.upper(alpha)
        reason = "no interval: one image" if self.n_clusters < 2 else "no interval: all images are alike"
        return estimate(self.value, limits, self.n, self.n_clusters, reason)

    def _mirrored(self) -> Mean:
        """The mean of the negative values: what holds below here holds above there."""
        return Mean(-self.value, self.se, self.n, self.n_clusters, -self.high, -self.low)


def mean(values: ArrayLike, clusters: ArrayLike, low: float = -np.inf, high: float = np.inf) -> Mean:
    """The mean of `values`, shape (n,), each between `low` and `high`, with its standard error over images.

    Raises
    ------
    Undefined : no items
    ValueError : a value is NaN

    Examples
    --------
    >>> found = mean([0, 1, 2, 3], ["a", "b", "c", "d"])
    >>> found.value, round(found.se, 3)  # one item an image: the usual standard error
    (1.5, 0.645)
    >>> mean([0, 1, 2, 3], ["a", "a", "b", "b"]).se  # two images, with the means 0.5 and 2.5
    1.0
    """
    x = finite("values", values)
    if not len(x):
        raise Undefined("no items")
    (found,) = means(x[None], clusters, [low], high)
    return found


def means(values: ArrayLike, clusters: ArrayLike, low: Sequence[float], high: float) -> list[Mean]:
    """`mean` of several rows of values of the same items at once.

    Parameters
    ----------
    values : shape (rows, n), with one item or more
    clusters : shape (n,), image of each item
    low : shape (rows,)

    Examples
    --------
    >>> [(found.value, round(found.se, 3)) for found in means([[0, 1, 2, 3], [5, 5, 5, 5]], range(4), [0, 0], 10)]
    [(1.5, 0.645), (5.0, 0.0)]
    """
    x = finite("values", values)
    codes, n_clusters = number(clusters)
    value = x.mean(axis=1)
    gaps = row_sums(x - value[:, None], codes, n_clusters)
    # Rounding would give images that all agree a tiny error instead of none, and the limits for none are others.
    gaps[np.abs(gaps) <= _ROUNDING * np.abs(x).max(axis=1, keepdims=True)] = 0.0
    if n_clusters > 1:
        se = np.sqrt((gaps**2).sum(axis=1) * n_clusters / (n_clusters - 1)) / x.shape[1]
    else:
        se = np.full(len(x), np.nan)
    rows = zip(value, se, low, strict=True)
    return [Mean(float(m), float(error), x.shape[1], n_clusters, least, high) for m, error, least in rows]


def mean_estimate(values: ArrayLike, clusters: ArrayLike, low: float, high: float) -> Estimate:
    """`mean` with its 95 % interval, or the reason why there is none.

    Parameters
    ----------
    values, clusters, low, high : as in `mean`

    Examples
    --------
    >>> mean_estimate([0, 1, 2, 3], ["a", "b", "c", "d"], low=0, high=10)
    1.500 (95 %: 0.000 to 3.554; n = 4, 4 images)
    >>> mean_estimate([0, 1], ["a", "a"], low=0, high=10)
    0.500 (n = 2, 1 image; no interval: one image)
    """
    try:
        return mean(values, clusters, low, high).estimate()
    except Undefined as error:
        return undefined(str(error))


def image_mean_estimate(values: ArrayLike, clusters: ArrayLike, low: float, high: float) -> Estimate:
    """Mean over images of each image's mean, with its 95 % interval: what a random value of a random image is.

    Examples
    --------
    >>> image_mean_estimate([1, 1, 1, 0], ["a", "a", "a", "b"], low=0, high=1)  # the mean of 1 and 0, not of four items
    0.500 (95 %: 0.000 to 1.000; n = 2, 2 images)
    """
    x = finite("values", values)
    codes, n_clusters = number(clusters)
    means = sums(x, codes, n_clusters) / np.bincount(codes, minlength=n_clusters)
    return mean_estimate(means, np.arange(n_clusters), low, high)
