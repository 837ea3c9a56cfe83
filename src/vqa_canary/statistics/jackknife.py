"""Jackknife intervals over images for what depends on the order of uncertainties alone.

AUPRC and the areas under risk-coverage curves are functions of how many wrong and right items there are at each level
of uncertainty. So the items are counted by level once, and leaving an image out is a subtraction of its counts, for
all images in one array.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.special import expit, logit

from vqa_canary.estimate import (
    LEVEL,
    MIN_IMAGES,
    Estimate,
    Undefined,
    check_sides,
    estimate,
    undefined,
)
from vqa_canary.statistics.clusters import count, finite, number
from vqa_canary.statistics.student import exceeded_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Scale = tuple[Callable[[Any], Any], Callable[[Any], Any]]

    Counts = tuple[NDArray[np.int64], NDArray[np.int64]]
    """Wrong and right items of each level, ascending: two arrays of shape (..., levels)."""

LOG: Scale = (np.log, np.exp)
"""The log scale with its inverse, for values with the lower bound 0 and no upper one."""
LOGIT: Scale = (logit, expit)
"""The logit scale, for values between 0 and 1."""
LOG_OF_REST: Scale = (lambda x: -np.log1p(-x), lambda y: -np.expm1(-y))
"""The scale -log(1 - x) with its inverse; it rises with x and is for values of at most 1 without a lower bound."""

MAX_BLOCKS, MAX_CELLS = 500, 5_000_000
"""Most images, and most images times levels, that are left out one by one; beyond, whole blocks of images are left out
together (20 blocks at least), so that memory stays bounded."""

_NOISE = 1e-12
"""Differences up to this are rounding."""


@dataclass(frozen=True)
class Levels:
    """Items by uncertainty, ascending; equal uncertainties are one level."""

    level: NDArray[np.int64]
    """Shape (n,), level of each item: 0 is the least uncertain."""
    wrong: NDArray[np.bool_]
    """Shape (n,), whether the item is wrong."""
    image: NDArray[np.int64]
    """Shape (n,), image of each item, numbered from 0."""
    n_clusters: int
    """How many images there are."""
    wrong_images: int
    """How many images have a wrong item."""
    right_images: int
    """How many images have a right item."""

    @property
    def n(self) -> int:
        """How many items there are."""
        return len(self.level)

    @cached_property
    def counts(self) -> Counts:
        """Wrong and right items of each level, over all items: two arrays of shape (levels,)."""
        n_levels = int(self.level.max()) + 1
        items = np.bincount(self.level, minlength=n_levels)
        wrong = np.bincount(self.level[self.wrong], minlength=n_levels)
        return wrong, items - wrong

    @cached_property
    def counts_without(self) -> Counts:
        """The same counts with one image (or block of images) left out in each row: shape (blocks, levels)."""
        wrong, right = self.counts
        n_levels = len(wrong)
        n_blocks = min(self.n_clusters, MAX_BLOCKS, max(20, MAX_CELLS // n_levels))
        # Images are dealt to blocks in turn; one number for each pair of block and level, so that one count does it.
        cell = self.image % n_blocks * n_levels + self.level
        items = np.bincount(cell, minlength=n_blocks * n_levels).reshape(n_blocks, n_levels)
        bad = np.bincount(cell[self.wrong], minlength=n_blocks * n_levels).reshape(n_blocks, n_levels)
        return wrong - bad, right - (items - bad)


def by_level(uncertainty: ArrayLike, wrong: ArrayLike, clusters: ArrayLike) -> Levels:
    """Sort items of shape (n,) by uncertainty.

    Parameters
    ----------
    uncertainty, wrong, clusters : shape (n,), as in `vqa_canary.statistics.auroc.rank`

    Raises
    ------
    Undefined : no items
    ValueError : an uncertainty is NaN or infinite

    Examples
    --------
    >>> levels = by_level([0.2, 0.7, 0.2], wrong=[0, 1, 1], clusters=["a", "a", "b"])
    >>> levels.counts  # one wrong and one right item at 0.2, one wrong at 0.7
    (array([1, 1]), array([1, 0]))
    >>> levels.counts_without[0]  # without image "a", and without image "b"
    array([[1, 0],
           [0, 1]])
    """
    u, bad = finite("uncertainty", uncertainty), finite("wrong", wrong) > 0
    if not len(u):
        raise Undefined("no items")
    image, n_clusters = number(clusters)
    level = np.unique(u, return_inverse=True)[1].ravel()
    return Levels(level, bad, image, n_clusters, count(image[bad]), count(image[~bad]))


def jackknife(
    levels: Levels, value: NDArray[np.float64], without: NDArray[np.float64], scale: Scale, df: int
) -> Estimate:
    r"""`value` with its delete-one-image jackknife interval on a stretched scale f.

    On the scale of the values themselves an interval near a bound would reach beyond it, and be too narrow on the
    side that is open. So the error is measured on a scale without bounds, and the limits are brought back.

    .. math:: se^2 = \frac{G-1}{G} \sum_g (f(\theta_{(g)}) - \overline{f(\theta_{(\cdot)})})^2, \quad
              f^{-1}(f(\theta) \mp t_{df}\, se)

    Parameters
    ----------
    levels : the items
    value : shape (), the statistic of all items
    without : shape (blocks,), the statistic without each image or block of images in turn
    scale : f and its inverse
    df : degrees of freedom of the t distribution; no more than blocks - 1 are used

    Returns
    -------
    an estimate without an interval where f is infinite at the value, or would be without one image

    Examples
    --------
    The share of wrong items; each of ten images has one item, and seven of these are wrong.

    >>> levels = by_level(range(10), wrong=[0] * 3 + [1] * 7, clusters=range(10))
    >>> wrong, right = (side.sum() for side in levels.counts)
    >>> some_wrong, some_right = (side.sum(axis=1) for side in levels.counts_without)
    >>> jackknife(levels, wrong / (wrong + right), some_wrong / (some_wrong + some_right), LOGIT, df=9)
    0.700 (95 %: 0.290 to 0.930; n = 10, 10 images)

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 11; by blocks: Kott (2001),
    The Delete-a-Group Jackknife.
    """

    def result(limits: tuple[float, float] | None, reason: str | None = None) -> Estimate:
        return estimate(float(_clean(value)), limits, levels.n, levels.n_clusters, reason)

    if df < MIN_IMAGES - 1:
        return result(None, f"no interval: fewer than {MIN_IMAGES} images with an error")
    forward, back = scale
    n_blocks = len(without)
    with np.errstate(divide="ignore", invalid="ignore"):
        center, others = forward(_clean(value)), forward(_clean(without))
    if not np.isfinite(center) or not np.isfinite(others).all():
        return result(None, "no interval: at its bound, or it would be without one image")
    se = float(np.sqrt((n_blocks - 1) / n_blocks * ((others - others.mean()) ** 2).sum()))
    if se <= _NOISE:
        return result(None, "no interval: all images are alike")
    reach = exceeded_by((1 - LEVEL) / 2, min(df, n_blocks - 1)) * se
    return result((back(center - reach), back(center + reach)))


def contrast(
    levels: Levels, value: NDArray[np.float64], without: NDArray[np.float64], scale: Scale
) -> Estimate:
    """`jackknife` of what needs both wrong and right answers: null with fewer than 5 images of either.

    Parameters
    ----------
    levels, value, without, scale : as in `jackknife`

    Examples
    --------
    >>> levels = by_level([0.1, 0.9], wrong=[0, 0], clusters=["a", "b"])
    >>> contrast(levels, np.array(0.5), np.array([0.5, 0.5]), LOGIT)
    - (n = 2, 2 images; one class only: no wrong answer)
    """
    try:
        check_sides(levels.wrong_images, levels.right_images)
    except Undefined as error:
        return undefined(str(error), levels.n, levels.n_clusters)
    return jackknife(levels, value, without, scale, min(levels.wrong_images, levels.right_images) - 1)


def _clean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values, with those next to a whole number set to it: a bound that rounding missed is the bound."""
    near = np.round(values)
    return np.where(np.abs(values - near) < _NOISE, near, values)
