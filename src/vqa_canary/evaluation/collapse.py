"""The same items clean and under a condition: which right answers collapse, and how much accuracy is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.statistics.clusters import finite
from vqa_canary.statistics.means import Mean, mean

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def collapsed(
    clean_correct: NDArray[np.float64], shown_correct: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which items are at risk (right when clean, answered under the condition) and which collapse.

    Parameters
    ----------
    clean_correct, shown_correct : shape (n,), 1, 0 or NaN, item by item

    Returns
    -------
    two masks of shape (n,); the second within the first
    """
    at_risk = (clean_correct == 1) & ~np.isnan(shown_correct)
    return at_risk, at_risk & (shown_correct == 0)


def accuracy_drop(clean_correct: ArrayLike, shown_correct: ArrayLike, clusters: ArrayLike) -> Mean:
    """Accuracy when clean minus accuracy under the condition, on the same items: -1 to 1.

    Its limits are those of a mean. Where no item is regained a drop of .10 is a rare event: the one-sided
    95 % upper limit then misses in 7 to 9 % of studies of 60 to 200 images; else in 5 to 6 %.

    Raises
    ------
    Undefined : no items
    """
    gap = finite("clean_correct", clean_correct) - finite("shown_correct", shown_correct)
    return mean(gap, clusters, -1.0, 1.0)
