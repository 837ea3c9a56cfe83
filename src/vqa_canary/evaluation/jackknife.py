"""Ranking metrics as functions of counts by uncertainty level, and their intervals over images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import stats
from scipy.special import expit, logit

from vqa_canary.evaluation.clusters import count, finite, number
from vqa_canary.evaluation.estimate import LEVEL, MIN_IMAGES, Estimate, Undefined, check_sides, estimate

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray

    Metric = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]]
    """From wrong and right items of each level, shape (..., levels), to shape (...)."""

    Scale = tuple[Callable[[Any], Any], Callable[[Any], Any]]

LOG: Scale = (np.log, np.exp)
LOGIT: Scale = (logit, expit)
LOG_OF_REST: Scale = (lambda x: -np.log1p(-x), lambda y: -np.expm1(-y))
"""For values with the upper bound 1 and no lower one."""

MAX_BLOCKS = 500
"""With more images than this, whole blocks of images are left out, to bound the cost."""

_CELLS = 2_000_000
_NOISE = 1e-12


@dataclass(frozen=True, slots=True)
class Levels:
    """Wrong and right items counted by uncertainty, ascending; equal uncertainties are one level."""

    wrong: NDArray[np.int64]
    """Shape (levels,)."""
    right: NDArray[np.int64]
    level: NDArray[np.int64]
    """Shape (n,), level of each item."""
    is_wrong: NDArray[np.bool_]
    block: NDArray[np.int64]
    """Shape (n,), block of each item: its image, or images with numbers equal modulo `MAX_BLOCKS`."""
    n_clusters: int
    wrong_images: int
    right_images: int

    @property
    def n(self) -> int:
        """How many items there are."""
        return len(self.level)

    @property
    def df(self) -> int:
        """Degrees of freedom of a contrast between wrong and right answers.

        Raises
        ------
        Undefined : one class only, or fewer than 5 images on a side
        """
        check_sides(self.wrong_images, self.right_images)
        return min(self.wrong_images, self.right_images) - 1

    def without_each_block(self, metric: Metric) -> NDArray[np.float64]:
        """The metric without each block in turn, shape (blocks,)."""
        n_blocks, n_levels = int(self.block.max()) + 1, len(self.wrong)
        step = max(1, _CELLS // n_levels)
        parts = []
        for start in range(0, n_blocks, step):
            size = min(step, n_blocks - start)
            here = (self.block >= start) & (self.block < start + size)
            cell = (self.block[here] - start) * n_levels + self.level[here]
            both = np.bincount(cell, minlength=size * n_levels).reshape(size, n_levels)
            bad = np.bincount(cell[self.is_wrong[here]], minlength=size * n_levels).reshape(size, n_levels)
            parts.append(metric(self.wrong - bad, self.right - (both - bad)))
        return np.concatenate(parts)


def by_level(uncertainty: ArrayLike, wrong: ArrayLike, clusters: ArrayLike) -> Levels:
    """Count items of shape (n,) by uncertainty.

    Raises
    ------
    Undefined : no items
    ValueError : an uncertainty is NaN or infinite
    """
    u, bad = finite("uncertainty", uncertainty), finite("wrong", wrong) > 0
    if not len(u):
        raise Undefined("no items")
    codes, n_clusters = number(clusters)
    values, level = np.unique(u, return_inverse=True)
    return Levels(
        wrong=np.bincount(level[bad], minlength=len(values)),
        right=np.bincount(level[~bad], minlength=len(values)),
        level=level,
        is_wrong=bad,
        block=codes % MAX_BLOCKS,
        n_clusters=n_clusters,
        wrong_images=count(codes[bad]),
        right_images=count(codes[~bad]),
    )


def jackknife(levels: Levels, metric: Metric, scale: Scale, df: int) -> Estimate:
    r"""The metric with its delete-one-image jackknife interval on a stretched scale f.

    .. math:: se^2 = \frac{G-1}{G} \sum_g (f(\theta_{(g)}) - \overline{f(\theta_{(\cdot)})})^2, \quad
              f^{-1}(f(\theta) \mp t_{df}\, se)

    Beyond 500 images, G blocks of images are left out in turn.

    Returns
    -------
    no interval where f is infinite at the value, or would be without one image

    References
    ----------
    Efron & Tibshirani (1993), An Introduction to the Bootstrap, equation 11.5; by groups: Kott
    (2001), The Delete-a-Group Jackknife.
    """
    forward, back = scale
    value = _clean(metric(levels.wrong, levels.right))

    def result(limits: tuple[float, float] | None, reason: str | None = None) -> Estimate:
        return estimate(float(value), limits, levels.n, levels.n_clusters, reason)

    if df < MIN_IMAGES - 1:
        return result(None, f"no interval: fewer than {MIN_IMAGES} images with an error")
    with np.errstate(divide="ignore", invalid="ignore"):
        center, without = forward(value), forward(_clean(levels.without_each_block(metric)))
    if not np.isfinite(center) or not np.isfinite(without).all():
        return result(None, "no interval: at its bound, or it would be without one image")
    n_blocks = len(without)
    se = float(np.sqrt((n_blocks - 1) / n_blocks * ((without - without.mean()) ** 2).sum()))
    if se <= _NOISE:
        return result(None, "no interval: all images are alike")
    reach = stats.t.isf((1 - LEVEL) / 2, df) * se
    return result((back(center - reach), back(center + reach)))


def _clean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rounding noise around the bounds 0 and 1 as the bounds themselves."""
    near = np.round(values)
    return np.where(np.abs(values - near) < _NOISE, near, values)
