"""Jackknife intervals over images for what depends on the order of uncertainties alone.

AUPRC and the areas under risk-coverage curves are functions of how many wrong and right items there are at each level
of uncertainty. So the items are counted by level once, and leaving an image out is a subtraction of its counts, for
all images in one array, and for all methods and models that were asked the same items in one array too.
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
from vqa_canary.statistics.clusters import finite, images_with, number
from vqa_canary.statistics.ranks import dense_ranks
from vqa_canary.statistics.student import exceeded_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import ArrayLike, NDArray

    Scale = tuple[Callable[[Any], Any], Callable[[Any], Any]]

    Counts = tuple[NDArray[np.int64], NDArray[np.int64]]
    """Wrong and right items of each level, ascending: two arrays of shape (..., levels)."""
    Floats = NDArray[np.float64]

LOG: Scale = (np.log, np.exp)
"""The log scale with its inverse, for values with the lower bound 0 and no upper one."""
LOGIT: Scale = (logit, expit)
"""The logit scale, for values between 0 and 1."""
LOG_OF_REST: Scale = (lambda x: -np.log1p(-x), lambda y: -np.expm1(-y))
"""The scale -log(1 - x) with its inverse; it rises with x and is for values of at most 1 without a lower bound."""

MAX_BLOCKS, MAX_CELLS = 500, 5_000_000
"""Most images, and most images times levels, that are left out one by one; beyond, whole blocks of images are left out
together (20 blocks at least), so that memory stays bounded."""

MOST_TOGETHER = 200_000
"""Most numbers in the largest array of a stack: more rows are taken in turn, lest they leave the processor's cache."""
_NOISE = 1e-12
"""Differences up to this are rounding."""


@dataclass(frozen=True)
class Levels:
    """The same items in one or several orders of uncertainty, ascending, with equally many levels in each; equal
    uncertainties are one level. A row is an order, such as that of one method, with the errors of one model."""

    level: NDArray[np.int64]
    """Shape (rows, n), level of each item: 0 is the least uncertain."""
    wrong: NDArray[np.bool_]
    """Shape (rows, n), whether the item is wrong."""
    image: NDArray[np.int64]
    """Shape (n,), image of each item, numbered from 0."""
    n_clusters: int
    """How many images there are."""
    n_levels: int
    """How many levels each row has."""
    wrong_images: NDArray[np.int64]
    """Shape (rows,), how many images have a wrong item."""
    right_images: NDArray[np.int64]
    """Shape (rows,), how many images have a right item."""

    @property
    def n(self) -> int:
        """How many items there are."""
        return int(self.level.shape[1])

    @cached_property
    def counts(self) -> Counts:
        """Wrong and right items of each level, over all items: two arrays of shape (rows, levels)."""
        return self._counted(self.level, 1)

    @cached_property
    def counts_without(self) -> Counts:
        """The same counts with one image (or block of images) left out in each: shape (rows, blocks, levels)."""
        wrong, right = (side[:, None] for side in self.counts)
        n_blocks = _blocks(self.n_clusters, self.n_levels)
        # Images are dealt to blocks in turn; one number for each pair of block and level, so that one count does it.
        bad, good = self._counted(self.image % n_blocks * self.n_levels + self.level, n_blocks)
        shape = len(self.level), n_blocks, self.n_levels
        return wrong - bad.reshape(shape), right - good.reshape(shape)

    def _counted(self, cell: NDArray[np.int64], n_blocks: int) -> Counts:
        """Wrong and right items of each cell, shape (rows, blocks x levels), from the cell of each item."""
        n_rows, size = len(cell), n_blocks * self.n_levels
        cell = cell + size * np.arange(n_rows)[:, None]
        items = np.bincount(cell.ravel(), minlength=n_rows * size)
        wrong = np.bincount(cell[self.wrong], minlength=n_rows * size)
        return wrong.reshape(n_rows, size), (items - wrong).reshape(n_rows, size)


def by_level(uncertainty: ArrayLike, wrong: ArrayLike, clusters: ArrayLike) -> Levels:
    """Sort items of shape (n,) by uncertainty: one row.

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
    (array([[1, 1]]), array([[1, 0]]))
    >>> levels.counts_without[0][0]  # without image "a", and without image "b"
    array([[1, 0],
           [0, 1]])
    """
    ((_, levels),) = stacked_levels(np.asarray(uncertainty)[None], np.asarray(wrong)[None], clusters)
    return levels


def stacked_levels(
    uncertainty: ArrayLike, wrong: ArrayLike, clusters: ArrayLike
) -> Iterator[tuple[NDArray[np.int64], Levels]]:
    """Sort the same items by several uncertainties: stacks of rows with equally many levels, and their numbers.

    Parameters
    ----------
    uncertainty, wrong : shape (rows, n), as in `by_level`
    clusters : shape (n,), image of each item

    Raises
    ------
    Undefined : no items
    ValueError : an uncertainty is NaN or infinite

    Examples
    --------
    >>> u = [[0.2, 0.7, 0.2], [0.1, 0.2, 0.3], [5.0, 5.0, 4.0]]
    >>> [(rows.tolist(), levels.n_levels) for rows, levels in stacked_levels(u, [[0, 1, 1]] * 3, ["a", "a", "b"])]
    [([0, 2], 2), ([1], 3)]
    """
    u, bad = finite("uncertainty", uncertainty), finite("wrong", wrong) > 0
    if not u.shape[1]:
        raise Undefined("no items")
    image, n_clusters = number(clusters)
    level = dense_ranks(u)
    n_levels = level.max(axis=1) + 1
    sides = [images_with(side, image, n_clusters) for side in (bad, ~bad)]
    for size in np.unique(n_levels):
        of_size = np.flatnonzero(n_levels == size)
        together = max(1, MOST_TOGETHER // (_blocks(n_clusters, int(size)) * int(size)))
        for at in range(0, len(of_size), together):
            rows = of_size[at : at + together]
            some = (side[rows] for side in sides)
            yield rows, Levels(level[rows], bad[rows], image, n_clusters, int(size), *some)


def _blocks(n_clusters: int, n_levels: int) -> int:
    """How many images, or blocks of images, are left out in turn."""
    return min(n_clusters, MAX_BLOCKS, max(20, MAX_CELLS // n_levels))


def jackknife(levels: Levels, value: Floats, without: Floats, scale: Scale, df: ArrayLike) -> list[Estimate]:
    r"""Each row's `value` with its delete-one-image jackknife interval on a stretched scale f.

    On the scale of the values themselves an interval near a bound would reach beyond it, and be too narrow on the
    side that is open. So the error is measured on a scale without bounds, and the limits are brought back.

    .. math:: se^2 = \frac{G-1}{G} \sum_g (f(\theta_{(g)}) - \overline{f(\theta_{(\cdot)})})^2, \quad
              f^{-1}(f(\theta) \mp t_{df}\, se)

    Parameters
    ----------
    levels : the items
    value : shape (rows,), the statistic of all items
    without : shape (rows, blocks), the statistic without each image or block of images in turn
    scale : f and its inverse
    df : shape (rows,), degrees of freedom of the t distribution; no more than blocks - 1 are used

    Returns
    -------
    one estimate a row, without an interval where f is infinite at the value, or would be without one image

    Examples
    --------
    The share of wrong items; each of ten images has one item, and seven of these are wrong.

    >>> levels = by_level(range(10), wrong=[0] * 3 + [1] * 7, clusters=range(10))
    >>> wrong, right = (side.sum(axis=-1) for side in levels.counts)
    >>> some_wrong, some_right = (side.sum(axis=-1) for side in levels.counts_without)
    >>> jackknife(levels, wrong / (wrong + right), some_wrong / (some_wrong + some_right), LOGIT, df=[9])
    [0.700 (95 %: 0.290 to 0.930; n = 10, 10 images)]

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, chapter 11; by blocks: Kott (2001),
    The Delete-a-Group Jackknife.
    """
    forward, back = scale
    n_blocks = without.shape[1]
    value = _clean(value)
    with np.errstate(divide="ignore", invalid="ignore"):
        centers, others = forward(value), forward(_clean(without))
        finite_rows = np.isfinite(centers) & np.isfinite(others).all(axis=1)
        spread = ((others - others.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    se = np.sqrt((n_blocks - 1) / n_blocks * spread)

    def interval(row: int, df: int) -> tuple[tuple[float, float] | None, str | None]:
        if df < MIN_IMAGES - 1:
            return None, f"no interval: fewer than {MIN_IMAGES} images with an error"
        if not finite_rows[row]:
            return None, "no interval: at its bound, or it would be without one image"
        if se[row] <= _NOISE:
            return None, "no interval: all images are alike"
        reach = exceeded_by((1 - LEVEL) / 2, min(df, n_blocks - 1)) * se[row]
        return (back(centers[row] - reach), back(centers[row] + reach)), None

    limits = (interval(row, int(d)) for row, d in enumerate(np.asarray(df)))
    return [
        estimate(float(one), ends, levels.n, levels.n_clusters, reason)
        for one, (ends, reason) in zip(value, limits, strict=True)
    ]


def contrast(levels: Levels, value: Floats, without: Floats, scale: Scale) -> list[Estimate]:
    """`jackknife` of what needs both wrong and right answers: null with fewer than 5 images of either.

    Parameters
    ----------
    levels, value, without, scale : as in `jackknife`

    Examples
    --------
    >>> levels = by_level([0.1, 0.9], wrong=[0, 0], clusters=["a", "b"])
    >>> contrast(levels, np.array([0.5]), np.array([[0.5, 0.5]]), LOGIT)
    [- (n = 2, 2 images; one class only: no wrong answer)]
    """
    smaller = np.minimum(levels.wrong_images, levels.right_images)
    found = jackknife(levels, value, without, scale, smaller - 1)
    return [_two_sided(levels, row, one) for row, one in enumerate(found)]


def _two_sided(levels: Levels, row: int, found: Estimate) -> Estimate:
    """The estimate of a row, or why it has none: too few images on a side."""
    try:
        check_sides(int(levels.wrong_images[row]), int(levels.right_images[row]))
    except Undefined as error:
        return undefined(str(error), levels.n, levels.n_clusters)
    return found


def _clean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values, with those next to a whole number set to it: a bound that rounding missed is the bound."""
    near = np.round(values)
    return np.where(np.abs(values - near) < _NOISE, near, values)
