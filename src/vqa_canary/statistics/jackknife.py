"""Items counted by uncertainty level, with and without each image, and the interval from these."""

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
LOGIT: Scale = (logit, expit)
LOG_OF_REST: Scale = (lambda x: -np.log1p(-x), lambda y: -np.expm1(-y))
"""For values with the upper bound 1 and no lower one."""

MAX_BLOCKS, MAX_CELLS = 500, 5_000_000
"""With more images, or images times levels, whole blocks of images are left out (20 at least)."""

_NOISE = 1e-12


@dataclass(frozen=True)
class Levels:
    """Items by uncertainty, ascending; equal uncertainties are one level."""

    level: NDArray[np.int64]
    """Shape (n,), level of each item."""
    wrong: NDArray[np.bool_]
    image: NDArray[np.int64]
    """Shape (n,), image of each item, numbered from 0."""
    n_clusters: int
    wrong_images: int
    right_images: int

    @property
    def n(self) -> int:
        """How many items there are."""
        return len(self.level)

    @cached_property
    def counts(self) -> Counts:
        """All items: shape (levels,)."""
        n_levels = int(self.level.max()) + 1
        items = np.bincount(self.level, minlength=n_levels)
        wrong = np.bincount(self.level[self.wrong], minlength=n_levels)
        return wrong, items - wrong

    @cached_property
    def counts_without(self) -> Counts:
        """All items but those of one image (or block of images) a row: shape (blocks, levels)."""
        wrong, right = self.counts
        n_levels = len(wrong)
        n_blocks = min(self.n_clusters, MAX_BLOCKS, max(20, MAX_CELLS // n_levels))
        cell = self.image % n_blocks * n_levels + self.level
        items = np.bincount(cell, minlength=n_blocks * n_levels).reshape(n_blocks, n_levels)
        bad = np.bincount(cell[self.wrong], minlength=n_blocks * n_levels).reshape(n_blocks, n_levels)
        return wrong - bad, right - (items - bad)


def by_level(uncertainty: ArrayLike, wrong: ArrayLike, clusters: ArrayLike) -> Levels:
    """Sort items of shape (n,) by uncertainty.

    Raises
    ------
    Undefined : no items
    ValueError : an uncertainty is NaN or infinite
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

    .. math:: se^2 = \frac{G-1}{G} \sum_g (f(\theta_{(g)}) - \overline{f(\theta_{(\cdot)})})^2, \quad
              f^{-1}(f(\theta) \mp t_{df}\, se)

    Parameters
    ----------
    value : shape (), of all items
    without : shape (blocks,), without each image or block of images in turn
    df : at most; never above blocks - 1

    Returns
    -------
    no interval where f is infinite at the value, or would be without one image

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
    """`jackknife` of what needs both wrong and right answers: null with fewer than 5 images of either."""
    try:
        check_sides(levels.wrong_images, levels.right_images)
    except Undefined as error:
        return undefined(str(error), levels.n, levels.n_clusters)
    return jackknife(levels, value, without, scale, min(levels.wrong_images, levels.right_images) - 1)


def _clean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rounding noise around the bounds 0 and 1 as the bounds themselves."""
    near = np.round(values)
    return np.where(np.abs(values - near) < _NOISE, near, values)
