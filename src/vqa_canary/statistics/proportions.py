"""A share of items with an exact interval that allows for items that share images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import betainccinv, betaincinv, ndtri

from vqa_canary.estimate import LEVEL, Estimate, estimate, undefined
from vqa_canary.statistics.clusters import finite, number, sums
from vqa_canary.statistics.student import exceeded_by

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def proportion(events: ArrayLike, clusters: ArrayLike, level: float = LEVEL) -> Estimate:
    r"""Share of items with the event, with the Korn-Graubard interval over images.

    .. math:: v = \frac{G}{G-1} \sum_g \frac{(x_g - p\,n_g)^2}{n^2}, \quad
              n^* = \min\left(n, \frac{p(1-p)}{v}\right)
                    \left(\frac{z_{1-\alpha/2}}{t_{1-\alpha/2,\,G-1}}\right)^2

    with x_g events among the n_g items of image g; then Clopper-Pearson with n* p events in n*: the interval of as many
    independent items as tell as much as these. No event, or nothing but events: n* = G.

    Parameters
    ----------
    events : shape (n,), true or false
    clusters : shape (n,), image of each item
    level : of the two-sided interval

    Returns
    -------
    value from 0 to 1; null without items, no interval with one image

    Examples
    --------
    >>> proportion([0] * 5 + [1] * 15, range(20))
    0.750 (95 %: 0.482 to 0.925; n = 20, 20 images)
    >>> proportion([0] * 5 + [1] * 15, [at // 5 for at in range(20)])  # four images, alike inside: far less is known
    0.750 (95 %: 0.010 to 1.000; n = 20, 4 images)
    >>> proportion([0] * 30, range(30))  # no event in 30 images does not mean that there is none
    0.000 (95 %: 0.000 to 0.116; n = 30, 30 images)
    >>> proportion([], [])
    - (no items)

    References
    ----------
    Korn & Graubard (1998), Confidence Intervals for Proportions with Small Expected Number of
    Positive Counts Estimated from Survey Data.
    """
    x = finite("events", events)
    n = len(x)
    if not n:
        return undefined("no items")
    codes, n_clusters = number(clusters)
    p = float(x.mean())
    if n_clusters < 2:
        return estimate(p, None, n, n_clusters, "no interval: one image")
    size = _effective_size(p, sums(x - p, codes, n_clusters), n, 1 - level)
    return estimate(p, clopper_pearson(p * size, size, 1 - level), n, n_clusters)


def clopper_pearson(events: float, size: float, alpha: float) -> tuple[float, float]:
    """Exact two-sided 1 - alpha limits of a share; counts need not be whole.

    Parameters
    ----------
    events : number of items with the event, 0 to `size`
    size : number of items
    alpha : probability with which the limits may miss

    Examples
    --------
    >>> low, high = clopper_pearson(15, 20, alpha=0.05)
    >>> round(low, 3), round(high, 3)
    (0.509, 0.913)

    References
    ----------
    Clopper & Pearson (1934), The Use of Confidence or Fiducial Limits Illustrated in the Case of
    the Binomial, in its beta form.
    """
    low = betaincinv(events, size - events + 1, alpha / 2) if events > 0 else 0.0
    high = betainccinv(events + 1, size - events, alpha / 2) if events < size else 1.0
    return float(low), float(high)


def _effective_size(p: float, gaps: np.ndarray, n: int, alpha: float) -> float:
    """n* of `proportion`, from the sum of (event - p) over each image's items."""
    n_clusters = len(gaps)
    if p in (0.0, 1.0):
        return float(n_clusters)
    variance = n_clusters / (n_clusters - 1) * (gaps**2).sum() / n**2
    size = min(n, p * (1 - p) / variance) if variance > 0 else n
    return float(size * (-ndtri(alpha / 2) / exceeded_by(alpha / 2, n_clusters - 1)) ** 2)
