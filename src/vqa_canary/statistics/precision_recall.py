"""AUPRC: how pure the most uncertain answers are in errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.statistics.jackknife import LOGIT, contrast

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from vqa_canary.estimate import Estimate
    from vqa_canary.statistics.jackknife import Counts, Levels


def auprc(levels: Levels) -> Estimate:
    """`auprcs` of one row.

    Examples
    --------
    >>> from vqa_canary.statistics.jackknife import by_level
    >>> auprc(by_level([0.9, 0.8], [1, 0], ["a", "b"])).reason
    'too few: 1 image with a wrong answer and 1 with a right one; 5 of each are needed'
    """
    (found,) = auprcs(levels)
    return found


def auprcs(levels: Levels) -> list[Estimate]:
    r"""Average precision with a wrong answer as the positive, flagged by high uncertainty, one a row of `levels`.

    .. math:: AP = \sum_l (R_l - R_{l-1}) P_l

    over the distinct uncertainties l from the highest, with R_l the share of the wrong items and P_l the share that
    is wrong among those flagged down to l; equal uncertainties enter together. Jackknife on the logit scale, t
    with (images with a wrong answer, images with a right one, the smaller) - 1 df.

    Returns
    -------
    about the error rate (random order) to 1 (all errors first); null with one class only or fewer
    than 5 images on a side

    Examples
    --------
    From the most uncertain: wrong, right, wrong, right. The wrong ones stand first and third, so the average
    precision is (1/1 + 2/3) / 2; six copies are six images.

    >>> from vqa_canary.statistics.jackknife import by_level
    >>> images = [image for image in range(6) for _ in range(4)]
    >>> auprcs(by_level([0.9, 0.8, 0.7, 0.6], [1, 0, 1, 0], ["a", "b", "c", "d"]))
    [- (n = 4, 4 images; too few: 2 images with a wrong answer and 2 with a right one; 5 of each are needed)]
    >>> round(auprcs(by_level([0.9, 0.8, 0.7, 0.6] * 6, [1, 0, 1, 0] * 6, images))[0].value, 3)
    0.833

    References
    ----------
    Davis & Goadrich (2006), The Relationship Between Precision-Recall and ROC Curves; the step rule
    is scikit-learn's `average_precision_score`.
    """
    return contrast(levels, _precision(levels.counts), _precision(levels.counts_without), LOGIT)


def _precision(counts: Counts) -> NDArray[np.float64]:
    """Average precision of counts by level, shape (...,)."""
    wrong, right = (side[..., ::-1] for side in counts)
    hits, flagged = wrong.cumsum(axis=-1), (wrong + right).cumsum(axis=-1)
    n_wrong = hits[..., -1].copy()
    hits *= wrong
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((hits / np.maximum(flagged, 1, out=flagged)).sum(axis=-1) / n_wrong)
