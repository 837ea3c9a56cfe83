"""How far a quantity of the same items moves between two occasions, in standard deviations of the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.counting import counted
from vqa_canary.estimate import LEVEL, Estimate, Undefined, estimate, undefined
from vqa_canary.statistics.clusters import count, finite, number, row_sums
from vqa_canary.statistics.student import chance_above, exceeded_by

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Shift:
    """A standardised shift (Glass's delta for paired items), with its standard error."""

    value: float
    """Mean change in standard deviations of the first occasion; above 0 if the quantity rises."""
    se: float
    """Standard error of `value`, over images."""
    sd: float
    """Standard deviation on the first occasion, in the quantity's own units."""
    n: int
    """How many items were measured twice."""
    n_clusters: int
    """How many images these items show."""

    def lower(self, alpha: float) -> float:
        """One-sided 1 - alpha lower limit, t with images - 1 df."""
        return self.value - self._reach(alpha)

    def upper(self, alpha: float) -> float:
        """One-sided 1 - alpha upper limit, t with images - 1 df."""
        return self.value + self._reach(alpha)

    def p_above(self, reference: float) -> float:
        """p-value of "the shift is at most `reference`"."""
        if self.se == 0:
            return 0.0 if self.value > reference else 1.0
        return chance_above((self.value - reference) / self.se, self.n_clusters - 1)

    def p_below(self, reference: float) -> float:
        """p-value of "the shift is at least `reference`"."""
        return Shift(-self.value, self.se, self.sd, self.n, self.n_clusters).p_above(-reference)

    def p_equivalent(self, margin: float) -> float:
        """p-value of "the shift is `margin` or more, in either direction" (two one-sided tests)."""
        return max(self.p_above(-margin), self.p_below(margin))

    def estimate(self) -> Estimate:
        """The shift with its 95 % interval."""
        alpha = (1 - LEVEL) / 2
        return estimate(self.value, (self.lower(alpha), self.upper(alpha)), self.n, self.n_clusters)

    def _reach(self, alpha: float) -> float:
        return exceeded_by(alpha, self.n_clusters - 1) * self.se


def shift(before: ArrayLike, after: ArrayLike, clusters: ArrayLike) -> Shift:
    r"""How far uncertainty of the same items moves from one occasion to another.

    .. math:: d = \frac{\mathrm{mean}(u_{after} - u_{before})}{SD(u_{before})}

    The standard error is the delete-one-image jackknife of the whole ratio. The SD is that of the
    *first* occasion (n - 1 in the denominator): noise in the differences would shrink d and make
    any noisy method look unmoved.

    Parameters
    ----------
    before, after : shape (n,), uncertainty of the same items on both occasions
    clusters : shape (n,), image of each item

    Raises
    ------
    Undefined : fewer than three images, or uncertainty before does not vary, with or without any one image

    Examples
    --------
    Every item rises by 0.2, and the first occasion has a standard deviation of 0.129.

    >>> found = shift([0.1, 0.2, 0.3, 0.4], [0.3, 0.4, 0.5, 0.6], ["a", "b", "c", "d"])
    >>> round(found.value, 2), round(found.sd, 3)
    (1.55, 0.129)
    >>> round(found.p_equivalent(0.2), 2)  # far from showing that the shift lies within 0.2
    0.95

    References
    ----------
    Glass (1976), Primary, Secondary, and Meta-Analysis of Research ("delta", standardised by the control); two
    one-sided tests: Schuirmann (1987), A Comparison of the Two One-Sided Tests Procedure and the Power Approach.
    """
    (found,) = shifts(np.asarray(before)[None], np.asarray(after)[None], clusters)
    if isinstance(found, Undefined):
        raise found
    return found


def shifts(before: ArrayLike, after: ArrayLike, clusters: ArrayLike) -> list[Shift | Undefined]:
    """`shift` of several uncertainties of the same items at once; where it would raise `Undefined`, that error.

    Parameters
    ----------
    before, after : shape (rows, n)
    clusters : shape (n,), image of each item

    Examples
    --------
    >>> first, second = shifts([[0.1, 0.2, 0.3, 0.4], [1, 1, 1, 1]], [[0.3, 0.4, 0.5, 0.6], [2, 2, 2, 2]], range(4))
    >>> round(first.value, 2), second
    (1.55, Undefined('this uncertainty cannot move: it does not vary when clean'))
    """
    first, gap = finite("before", before), finite("after", after) - finite("before", before)
    codes, n_clusters = number(clusters)
    if n_clusters < 3:
        few = f"too few: {counted(n_clusters, 'image')}, 3 are needed"
        return [Undefined(few) for _ in first]
    centred = first - first.mean(axis=1, keepdims=True)  # keeps digits in the sums of squares
    terms = (np.ones_like(gap), gap, centred, centred**2)
    per_image = np.stack([row_sums(term, codes, n_clusters) for term in terms])
    total = per_image.sum(axis=-1)
    value, sd = _ratio(total)
    # The sums without an image are all sums less its own, so no item is looked at twice.
    without, spreads = _ratio(total[..., None] - per_image)
    varies = np.minimum(spreads.min(axis=1), sd) > _ROUNDING * np.abs(first).max(axis=1)
    with np.errstate(invalid="ignore"):
        spread = ((without - without.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    se = np.sqrt((n_clusters - 1) / n_clusters * spread)
    return [
        Shift(float(value[row]), float(se[row]), float(sd[row]), gap.shape[1], n_clusters)
        if varies[row]
        else Undefined("this uncertainty cannot move: it does not vary when clean")
        for row in range(len(first))
    ]


def shift_estimate(before: ArrayLike, after: ArrayLike, clusters: ArrayLike) -> Estimate:
    """`shift` with its 95 % interval, or the reason why there is none.

    Examples
    --------
    >>> shift_estimate([0.1, 0.2, 0.3, 0.4], [0.3, 0.4, 0.5, 0.6], ["a", "b", "c", "d"])
    1.549 (95 %: -0.354 to 3.453; n = 4, 4 images)
    >>> shift_estimate([0.5, 0.5, 0.5], [0.1, 0.2, 0.3], ["a", "b", "c"])
    - (n = 3, 3 images; this uncertainty cannot move: it does not vary when clean)
    """
    try:
        return shift(before, after, clusters).estimate()
    except Undefined as error:
        return undefined(str(error), len(np.asarray(clusters)), count(clusters))


def _ratio(total: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean gap in standard deviations, and the standard deviation, from sums of 1, gap, u and u^2."""
    n, gap, first, second = total
    with np.errstate(divide="ignore", invalid="ignore"):
        sd = np.sqrt(np.maximum(second - first**2 / n, 0) / (n - 1))
        return np.asarray(gap / n / sd), np.asarray(sd)
