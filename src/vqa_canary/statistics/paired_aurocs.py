"""The difference of two AUROCs whose items, or only the images of these, are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from vqa_canary.estimate import LEVEL, Estimate
from vqa_canary.statistics.clusters import count
from vqa_canary.statistics.student import chance_above, exceeded_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from vqa_canary.statistics.auroc import Ranking

_FLAT = 1e-12


class Sides(NamedTuple):
    """Two AUROCs that are compared, and the items that either is about."""

    before: Ranking
    """The AUROC that is subtracted; its influences line up with those of `after`."""
    after: Ranking
    """The AUROC that it is subtracted from."""
    shown: NDArray[np.bool_]
    """Shape (items of the study,): which items either AUROC is about."""


class Paired(NamedTuple):
    """Two values, their difference, and what a verdict on the difference needs."""

    before: float
    """The value that is subtracted."""
    after: float
    """The value that it is subtracted from."""
    difference: Estimate
    """`after` minus `before`, with its 95 % interval."""
    p_value: float
    """Two-sided p-value of "there is no difference", not adjusted for other tests; NaN where there is no test."""
    se: float
    """Standard error of the difference over images; 0 where no image tells the two apart."""


def paired_aurocs(pairs: Sequence[Sides], images: NDArray[np.int64]) -> Paired:
    r"""Mean over pairs of AUROC after minus AUROC before, with its standard error over the images that all share.

    .. math:: se^2 = \frac{G}{G-1} \sum_g \left(\frac{1}{M} \sum_m (D_{g,after,m} - D_{g,before,m})\right)^2

    with D the image influences of `auroc.rank` and G the images that any of them is about; t with the smallest
    of their degrees of freedom. Both AUROCs of a pair may be about different items: their images line up.

    Parameters
    ----------
    pairs : one or several, all rankings with influences over the same images
    images : shape (items of the study,), the image of each, numbered from 0

    Examples
    --------
    The second ranking has all 25 pairs of a wrong and a right item in order, the first 22 of them.

    >>> from vqa_canary.statistics.auroc import rank
    >>> images, wrong = np.arange(10), [1] * 5 + [0] * 5
    >>> before = rank([0.9, 0.8, 0.7, 0.6, 0.3, 0.1, 0.2, 0.4, 0.4, 0.5], wrong, images, n_clusters=10)
    >>> after = rank([0.9, 0.8, 0.7, 0.6, 0.6, 0.1, 0.2, 0.4, 0.4, 0.5], wrong, images, n_clusters=10)
    >>> found = paired_aurocs([Sides(before, after, np.ones(10, bool))], images)
    >>> found.difference
    0.120 (95 %: -0.219 to 0.459; n = 10, 10 images)
    >>> round(found.p_value, 2)
    0.38

    References
    ----------
    DeLong, DeLong & Clarke-Pearson (1988), Comparing the Areas under Two or More Correlated ROC Curves; for clusters:
    Obuchowski (1997), Nonparametric Analysis of Clustered ROC Curve Data.
    """
    influence = np.mean([one.after.influence - one.before.influence for one in pairs], axis=0)
    before, after = (
        float(np.mean([getattr(one, end).value for one in pairs])) for end in ("before", "after")
    )
    n = max(max(one.before.n, one.after.n) for one in pairs)
    n_images = count(images[np.any([one.shown for one in pairs], axis=0)])
    df = min(min(one.before.df, one.after.df) for one in pairs)
    gap = float(np.mean([one.after.value - one.before.value for one in pairs]))
    se = float(np.sqrt(n_images / (n_images - 1) * (influence**2).sum()))
    if (
        se <= _FLAT
    ):  # no image deviates: either nothing differs, or both are 0 or 1, where the error is unknown
        reason = "both are at a bound" if abs(gap) > _FLAT else "both rank alike"
        none = Estimate(gap, None, None, n, n_images, f"no interval: {reason}")
        return Paired(before, after, none, np.nan if abs(gap) > _FLAT else 1.0, 0.0)
    reach = exceeded_by((1 - LEVEL) / 2, df) * se
    p_value = 2 * chance_above(abs(gap) / se, df)
    return Paired(before, after, Estimate(gap, gap - reach, gap + reach, n, n_images), p_value, se)
