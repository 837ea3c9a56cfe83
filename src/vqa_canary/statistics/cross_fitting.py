"""Confidences of answers, each by a map that was fitted without the answer's own image."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.estimate import check_sides
from vqa_canary.statistics.clusters import count

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vqa_canary.statistics.confidence_maps import Map

Fit = Callable[["NDArray[np.float64]", "NDArray[np.float64]"], "Map"]
"""From uncertainties and whether the answers are right, both of shape (n,), to a map."""


def cross_fitted(
    fit: Fit,
    clean: NDArray[np.float64],
    correct: NDArray[np.float64],
    images: NDArray[np.int64],
    folds: NDArray[np.int64],
    shown: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Confidence of every item, under every condition, by the map of its fold.

    The map of a fold is fitted to the clean answers of all items outside the fold. As all items of an image are in one
    fold, no map has seen the image that it is applied to, under whatever condition.

    Parameters
    ----------
    fit : such as `confidence_maps.isotonic`
    clean : shape (n,), uncertainty of the clean answer to each item; NaN where there is none
    correct : shape (n,), 1, 0, or NaN where the clean answer is neither right nor wrong
    images : shape (n,), image of each item
    folds : shape (n,), fold of each item, the same for all items of an image
    shown : shape (conditions, n), uncertainty of each item under each condition; NaN where there is none

    Returns
    -------
    shape (conditions, n), 0 to 1; NaN where `shown` is NaN

    Raises
    ------
    Undefined : outside some fold there are no items, one class only, or fewer than 5 images with a right or with a
        wrong answer: from so few nothing can be learnt
    ValueError : items of one image are in two folds

    Examples
    --------
    Twelve images in three folds; the uncertain answers are wrong. Under another condition uncertainty is at 0.5.

    >>> from vqa_canary.statistics.confidence_maps import platt
    >>> clean = np.tile([0.2, 0.8], 12)
    >>> images = np.arange(24) // 2
    >>> shown = np.stack([clean, np.full(24, 0.5)])
    >>> confidence = cross_fitted(platt, clean, (clean < 0.5) * 1.0, images, images % 3, shown)
    >>> confidence[:, :2].round(2)
    array([[0.9, 0.1],
           [0.5, 0.5]])
    """
    if count(images) != count(images * (int(folds.max(initial=0)) + 1) + folds):
        raise ValueError(
            "items of one image are in two folds: a map would see the image that it is applied to"
        )
    known = ~(np.isnan(clean) | np.isnan(correct))
    confidence = np.full(shown.shape, np.nan)
    for fold in np.unique(folds):
        inside = folds == fold
        seen = known & ~inside
        check_sides(count(images[seen & (correct == 0)]), count(images[seen & (correct == 1)]))
        given = shown[:, inside]
        here = ~np.isnan(given)
        values = np.full(given.shape, np.nan)
        if here.any():
            values[here] = fit(clean[seen], correct[seen])(given[here])
        confidence[:, inside] = values
    return confidence
