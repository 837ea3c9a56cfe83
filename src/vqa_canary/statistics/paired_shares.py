"""Two shares against each other, each of items of its own, when these share images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.counting import counted
from vqa_canary.estimate import LEVEL, MIN_IMAGES, Estimate, Undefined
from vqa_canary.statistics.clusters import count, sums
from vqa_canary.statistics.paired_aurocs import Paired
from vqa_canary.statistics.student import chance_above, exceeded_by

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Share = tuple[NDArray[np.bool_], NDArray[np.bool_]]
    """Two masks of shape (items,): the items that the share is taken of, and those among them with the event."""

_FLAT = 1e-12


def share_difference(before: Share, after: Share, images: NDArray[np.int64]) -> Paired:
    r"""Difference of two shares, each of items of its own, that share images.

    .. math:: D_g = \frac{x'_g - p' n'_g}{n'} - \frac{x_g - p\,n_g}{n}, \quad se^2 = \frac{G}{G-1} \sum_g D_g^2

    with x of n items in the one share and x' of n' in the other, G the images that either is about, and t with the
    smaller of both numbers of images, less 1, as degrees of freedom.

    Parameters
    ----------
    before, after : which items a share is of, and those with the event: masks of shape (n,)
    images : shape (n,), numbered from 0

    Raises
    ------
    Undefined : fewer than 5 images on a side

    Examples
    --------
    >>> images = np.arange(20)
    >>> before = np.arange(20) < 10, np.arange(20) < 2  # 2 of the first 10 items
    >>> after = np.arange(20) >= 10, np.arange(20) >= 14  # 6 of the other 10
    >>> found = share_difference(before, after, images)
    >>> found.difference
    0.400 (95 %: -0.064 to 0.864; n = 20, 20 images)
    >>> round(found.p_value, 3)
    0.083

    References
    ----------
    Cochran (1977), Sampling Techniques, section 9A (ratio estimators), linearised.
    """
    n_images = int(images.max(initial=0)) + 1
    fewest = min(count(images[risk]) for risk, _ in (before, after))
    if fewest < MIN_IMAGES:
        raise Undefined(f"too few: {counted(fewest, 'image')} with an item at risk, {MIN_IMAGES} are needed")
    old, new = (float(event[risk].mean()) for risk, event in (before, after))
    gap, influence = new - old, np.zeros(n_images)
    for sign, rate, (risk, event) in ((-1, old, before), (1, new, after)):
        influence += sign * sums((event - rate)[risk], images[risk], n_images) / risk.sum()
    either = before[0] | after[0]
    n, g = int(either.sum()), count(images[either])
    se = float(np.sqrt(g / (g - 1) * (influence**2).sum()))
    if se <= _FLAT:
        apart = abs(gap) > _FLAT
        reason = f"no interval: {'both are at a bound' if apart else 'both collapse alike'}"
        return Paired(old, new, Estimate(gap, None, None, n, g, reason), np.nan if apart else 1.0, 0.0)
    reach = exceeded_by((1 - LEVEL) / 2, fewest - 1) * se
    p_value = 2 * chance_above(abs(gap) / se, fewest - 1)
    return Paired(old, new, Estimate(gap, gap - reach, gap + reach, n, g), p_value, se)
