"""AUROC with images as clusters: does uncertainty rank wrong answers above right ones?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit

from vqa_canary.estimate import LEVEL, Estimate, Undefined, check_sides, estimate, undefined
from vqa_canary.statistics.clusters import count, finite, images_with, number, row_sums
from vqa_canary.statistics.ranks import dense_ranks
from vqa_canary.statistics.student import chance_above, exceeded_by

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_FLAT = 1e-12


@dataclass(frozen=True, slots=True)
class Ranking:
    """An AUROC together with what its interval, its tests and its comparisons need."""

    value: float
    """The AUROC: share of pairs of a wrong and a right item with the wrong one more uncertain; ties count half."""
    influence: NDArray[np.float64]
    """Shape (images of the study,): by how much each image moves `value`, to first order; 0 for an image without items.

    Influences of several AUROCs over the same images can be subtracted, which gives the error of their difference.
    """
    se: float
    """Standard error of `value` over images."""
    side: int
    """How many images have a wrong item, or how many have a right one: the smaller of both numbers."""
    n: int
    """How many items were ranked."""
    n_clusters: int
    """How many images these items show."""

    @property
    def df(self) -> int:
        """Degrees of freedom of the t distribution behind limits and p-values."""
        return self.side - 1

    @property
    def varies(self) -> bool:
        """Whether limits and p-values exist: some image deviates from `value`, or `value` is 0 or 1."""
        return self.se > _FLAT or self.value in (0.0, 1.0)

    def lower(self, alpha: float) -> float:
        """One-sided 1 - alpha lower limit; NaN where no image deviates from `value`.

        At value 1 the standard error is 0 and says nothing. Instead, `side` disjoint pairs of images are all in order,
        which has a probability of at most AUROC^side; the limit is the AUROC at which that equals `alpha`.
        """
        if self.value in (0.0, 1.0):
            return float(alpha ** (1 / self.side)) if self.value == 1.0 else 0.0
        return float(expit(logit(self.value) - exceeded_by(alpha, self.df) * self._logit_se()))

    def upper(self, alpha: float) -> float:
        """One-sided 1 - alpha upper limit; NaN where no image deviates from `value`."""
        return 1 - self._mirrored().lower(alpha)

    def p_above(self, reference: float) -> float:
        """p-value of "AUROC is at most `reference`"; NaN where no image deviates from `value`."""
        if self.value in (0.0, 1.0):
            return float(reference**self.side) if self.value == 1.0 else 1.0
        return chance_above((logit(self.value) - logit(reference)) / self._logit_se(), self.df)

    def p_below(self, reference: float) -> float:
        """p-value of "AUROC is at least `reference`"; NaN where no image deviates from `value`."""
        return self._mirrored().p_above(1 - reference)

    def estimate(self) -> Estimate:
        """The AUROC with its 95 % interval."""
        alpha = (1 - LEVEL) / 2
        limits = self.lower(alpha), self.upper(alpha)
        return estimate(self.value, limits, self.n, self.n_clusters, "no interval: all images are alike")

    def _logit_se(self) -> float:
        """Standard error of logit(value), by the delta method: the derivative of the logit is 1 / (A (1 - A))."""
        return self.se / (self.value * (1 - self.value)) if self.se > _FLAT else np.nan

    def _mirrored(self) -> Ranking:
        """The ranking by certainty, whose AUROC is 1 - value: what holds below here holds above there."""
        return Ranking(1 - self.value, -self.influence, self.se, self.side, self.n, self.n_clusters)


def rank(
    uncertainty: ArrayLike, wrong: ArrayLike, clusters: ArrayLike, n_clusters: int | None = None
) -> Ranking:
    r"""AUROC, its image influences and its standard error, by image-summed DeLong.

    With M wrong and N right items, v of a wrong item the share of right ones below it and v of a
    right item the share of wrong ones above it (ties count half):

    .. math:: A = \frac{1}{M} \sum_{wrong} v, \quad
              D_g = \frac{1}{M} \sum_{wrong \in g} (v - A) + \frac{1}{N} \sum_{right \in g} (v - A),
              \quad se^2 = \frac{G}{G-1} \sum_g D_g^2

    and limits on the logit scale, t with (images with a wrong item, images with a right item, the
    smaller) - 1 degrees of freedom.

    Parameters
    ----------
    uncertainty : shape (n,), finite; only its order counts
    wrong : shape (n,), true or false
    clusters : shape (n,), image of each item; if `n_clusters` is given, a number below it
    n_clusters : images of the whole study, where influences must line up between subsets

    Raises
    ------
    Undefined : no items, one class only, or fewer than 5 images on a side
    ValueError : an uncertainty is NaN or infinite

    Examples
    --------
    >>> found = rank([0.9, 0.8, 0.7, 0.6, 0.3, 0.1, 0.2, 0.4, 0.4, 0.5], [1] * 5 + [0] * 5, range(10))
    >>> round(found.value, 3), found.df  # the wrong item at 0.3 stands below three right ones: 22 of 25 pairs
    (0.88, 4)
    >>> round(found.lower(0.05), 3), round(found.p_above(0.5), 3)
    (0.384, 0.08)

    References
    ----------
    DeLong, DeLong & Clarke-Pearson (1988), Comparing the Areas under Two or More Correlated ROC Curves; for
    clusters: Obuchowski (1997), Nonparametric Analysis of Clustered ROC Curve Data; by ranks: Sun & Xu (2014), Fast
    Implementation of DeLong's Algorithm.
    """
    (found,) = rankings(np.asarray(uncertainty)[None], np.asarray(wrong)[None], clusters, n_clusters)
    if isinstance(found, Undefined):
        raise found
    return found


def rankings(
    uncertainty: ArrayLike, wrong: ArrayLike, clusters: ArrayLike, n_clusters: int | None = None
) -> list[Ranking | Undefined]:
    """`rank` of several uncertainties of the same items at once; where it would raise `Undefined`, that error.

    Parameters
    ----------
    uncertainty, wrong : shape (rows, n)
    clusters, n_clusters : as in `rank`

    Raises
    ------
    ValueError : an uncertainty is NaN or infinite

    Examples
    --------
    >>> first, second = rankings([range(10)] * 2, [[0] * 5 + [1] * 5, [0] * 10], range(10))
    >>> first.value, second
    (1.0, Undefined('one class only: no wrong answer'))
    """
    u, bad = finite("uncertainty", uncertainty), finite("wrong", wrong) > 0
    codes, total = number(clusters) if n_clusters is None else (np.asarray(clusters, np.int64), n_clusters)
    sides = images_with(bad, codes, total), images_with(~bad, codes, total)
    unasked = [_why_not(int(some), int(others)) for some, others in zip(*sides, strict=True)]
    found: list[Ranking | Undefined] = [why or Undefined("not asked") for why in unasked]
    rows = [row for row, why in enumerate(unasked) if why is None]
    if not rows:
        return found
    u, bad = u[rows], bad[rows]
    n_wrong = bad.sum(axis=1, keepdims=True)
    n_right = bad.shape[1] - n_wrong
    level = dense_ranks(u)
    # v are DeLong's "placements": the share of right items below a wrong one, or of wrong items above a right one.
    v = np.where(bad, _midway(level, ~bad) / n_right, 1 - _midway(level, bad) / n_wrong)
    values = np.array([placed[of_wrong].mean() for placed, of_wrong in zip(v, bad, strict=True)])
    influence = row_sums((v - values[:, None]) / np.where(bad, n_wrong, n_right), codes, total)
    present = count(codes)  # not `total`: images of the study without an item here are no part of this sample
    se = np.sqrt(present / (present - 1) * (influence**2).sum(axis=1))
    for at, row in enumerate(rows):
        side = int(min(sides[0][row], sides[1][row]))
        found[row] = Ranking(float(values[at]), influence[at], float(se[at]), side, bad.shape[1], present)
    return found


def _why_not(wrong_images: int, right_images: int) -> Undefined | None:
    """Why wrong and right items cannot be told apart; None where they can."""
    try:
        check_sides(wrong_images, right_images)
    except Undefined as error:
        return error
    return None


def _midway(level: NDArray[np.int64], among: NDArray[np.bool_]) -> NDArray[np.float64]:
    """For each item, how many `among` its row are at a lower level, plus half of those at its own; shape (rows, n)."""
    n_rows, size = len(level), int(level.max()) + 1
    cell = level + size * np.arange(n_rows)[:, None]
    at = np.bincount(cell[among], minlength=n_rows * size).reshape(n_rows, size)
    return np.asarray(np.take_along_axis(at.cumsum(axis=1) - at / 2, level, axis=1))


def auroc(uncertainty: ArrayLike, wrong: ArrayLike, clusters: ArrayLike) -> Estimate:
    """The AUROC of `rank` with its 95 % interval, or the reason why there is none.

    Parameters
    ----------
    uncertainty, wrong, clusters : as in `rank`

    Examples
    --------
    >>> auroc([0.9, 0.8, 0.7, 0.6, 0.3, 0.1, 0.2, 0.4, 0.4, 0.5], [1] * 5 + [0] * 5, range(10))
    0.880 (95 %: 0.228 to 0.995; n = 10, 10 images)
    >>> auroc([0.9, 0.2], [1, 1], ["a", "b"])
    - (n = 2, 2 images; one class only: no right answer)
    """
    try:
        return rank(uncertainty, wrong, clusters).estimate()
    except Undefined as error:
        return undefined(str(error), len(np.asarray(wrong)), count(clusters))
