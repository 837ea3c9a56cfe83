"""Two models' AUROCs against each other, when their items, or only the images of these, are the same."""

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
    """A baseline's AUROC and its variant's, and the items that either is about."""

    before: Ranking
    after: Ranking
    shown: NDArray[np.bool_]
    """Shape (items of the study,)."""


class Paired(NamedTuple):
    """A difference with what its verdict needs."""

    before: float
    after: float
    difference: Estimate
    """`after` minus `before`."""
    p_value: float
    """Two-sided, of "there is no difference"; not adjusted."""
    se: float
    """0 where no image tells the two apart."""


def paired_aurocs(pairs: Sequence[Sides], images: NDArray[np.int64]) -> Paired:
    r"""Mean over pairs of AUROC after minus AUROC before, with the error that images shared by all leave.

    .. math:: se^2 = \frac{G}{G-1} \sum_g \left(\frac{1}{M} \sum_m (D_{g,after,m} - D_{g,before,m})\right)^2

    with D the image influences of `auroc.rank` and G the images that any of them is about; t with the smallest
    of their degrees of freedom. Both AUROCs of a pair may be about different items: their images line up.

    References
    ----------
    DeLong, DeLong & Clarke-Pearson (1988); for clusters: Obuchowski (1997).
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
    if se <= _FLAT:
        reason = "both are at a bound" if abs(gap) > _FLAT else "both rank alike"
        none = Estimate(gap, None, None, n, n_images, f"no interval: {reason}")
        return Paired(before, after, none, np.nan if abs(gap) > _FLAT else 1.0, 0.0)
    reach = exceeded_by((1 - LEVEL) / 2, df) * se
    p_value = 2 * chance_above(abs(gap) / se, df)
    return Paired(before, after, Estimate(gap, gap - reach, gap + reach, n, n_images), p_value, se)
