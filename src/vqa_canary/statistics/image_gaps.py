"""Whether two groups of images differ, by exchanging whole images: their questions stay together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from vqa_canary.estimate import MIN_IMAGES, Undefined

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

N_EXCHANGES = 9_999
"""Random exchanges of images; with the observed groups they make 10,000."""
MOST_LEVELS = 100
"""Levels at which two distributions are compared: quantiles of both groups together, if there are more values."""

Gap = Literal["largest", "half of all"]
"""How the differences of several numbers become one: the largest, as for distribution functions, or half of their sum,
as for shares that add up to 1."""

_CHUNK = 500
"""Exchanges that are computed at once: this many times the number of images are held in memory."""
_ROUNDING = 1e-12
"""By how much equal statistics may differ in the last digits."""


def image_means(values: ArrayLike, images: ArrayLike) -> tuple[NDArray[np.str_], NDArray[np.float64]]:
    """The mean over each image's questions, so that every image counts once.

    Parameters
    ----------
    values : shape (n,) or (n, k); a question with a NaN is left out, and an image with no other question, too
    images : shape (n,), image of each question

    Returns
    -------
    the images in order of their names, shape (G,), and their means, shape (G, k)

    Examples
    --------
    >>> names, means = image_means([0, 1, 1], ["a", "a", "b"])
    >>> names.tolist(), means.tolist()
    (['a', 'b'], [[0.5], [1.0]])
    """
    x = np.asarray(values, np.float64)
    x = x.reshape(len(x), -1)
    known = ~np.isnan(x).any(axis=1)
    names, code = np.unique(np.asarray(images)[known].astype(str), return_inverse=True)
    sums = np.zeros((len(names), x.shape[1]))
    np.add.at(sums, code, x[known])
    return names, sums / np.bincount(code, minlength=len(names))[:, None]


def below_levels(uncertainty: ArrayLike, *others: ArrayLike) -> list[NDArray[np.float64]]:
    """Whether each value is at most each level, for each group; shape (n, levels). A NaN stays one.

    The levels are the values of all groups together, or quantiles of them where there are more than `MOST_LEVELS`: so
    they do not depend on who is in which group. The largest is left out, for every value is at most that.

    Examples
    --------
    >>> [group.tolist() for group in below_levels([1, 2], [3])]
    [[[1.0, 1.0], [0.0, 1.0]], [[0.0, 0.0]]]
    """
    groups = [np.asarray(group, np.float64) for group in (uncertainty, *others)]
    pooled = np.concatenate(groups)
    levels = np.unique(pooled[~np.isnan(pooled)])
    if len(levels) > MOST_LEVELS:
        kept = np.linspace(0, len(levels) - 1, MOST_LEVELS).round().astype(int)
        levels = levels[kept]
    levels = levels[:-1] if len(levels) > 1 else levels
    return [
        np.where(np.isnan(group)[:, None], np.nan, (group[:, None] <= levels).astype(np.float64))
        for group in groups
    ]


def gap(first: NDArray[np.float64], second: NDArray[np.float64], kind: Gap) -> float:
    """How far the means of two groups of images lie apart, from 0 for equal ones.

    Parameters
    ----------
    first, second : means of images, shape (G, k)

    Examples
    --------
    >>> gap(np.array([[0.0, 1.0]]), np.array([[0.5, 0.5]]), "largest")
    0.5
    """
    apart = np.abs(first.mean(axis=0) - second.mean(axis=0))
    return float(apart.max() if kind == "largest" else apart.sum() / 2)


def p_value(
    first: NDArray[np.float64], second: NDArray[np.float64], kind: Gap, rng: np.random.Generator
) -> float:
    """p-value of "the images of both groups were drawn alike", by exchanging images between the groups at random.

    (1 + exchanges whose gap is as large) / (1 + exchanges): valid in any sample, whatever the questions of one image
    have in common, if images are exchangeable.

    Parameters
    ----------
    first, second : means of images, shape (G, k), in order of the images' names

    Raises
    ------
    Undefined : fewer than 5 images in a group

    References
    ----------
    Phipson & Smyth (2010), Permutation P-Values Should Never Be Zero.

    Examples
    --------
    >>> far = np.arange(6.0)[:, None]
    >>> p_value(far, far + 100, "largest", np.random.default_rng(0)) < 0.05
    True
    """
    sizes = len(first), len(second)
    if min(sizes) < MIN_IMAGES:
        raise Undefined(f"too few images: {sizes[0]} and {sizes[1]}; {MIN_IMAGES} of each are needed")
    pooled = np.concatenate([first, second])
    observed, total = gap(first, second, kind), pooled.sum(axis=0)
    hits = 0
    for begin in range(0, N_EXCHANGES, _CHUNK):
        drawn = np.zeros((min(_CHUNK, N_EXCHANGES - begin), len(pooled)))
        drawn[:, : sizes[0]] = 1.0
        drawn = rng.permuted(drawn, axis=1)
        sums = drawn @ pooled
        apart = np.abs(sums / sizes[0] - (total - sums) / sizes[1])
        gaps = apart.max(axis=1) if kind == "largest" else apart.sum(axis=1) / 2
        hits += int((gaps >= observed - _ROUNDING).sum())
    return (1 + hits) / (1 + N_EXCHANGES)
