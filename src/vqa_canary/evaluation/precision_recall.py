"""AUPRC: how pure the most uncertain answers are in errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.evaluation.clusters import count
from vqa_canary.evaluation.estimate import Estimate, Undefined, undefined
from vqa_canary.evaluation.jackknife import LOGIT, by_level, jackknife

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def auprc(uncertainty: ArrayLike, wrong: ArrayLike, clusters: ArrayLike) -> Estimate:
    r"""Average precision with a wrong answer as the positive, flagged by high uncertainty.

    .. math:: AP = \sum_l (R_l - R_{l-1}) P_l

    over the distinct uncertainties from the highest; equal ones enter together. Logit scale, t
    with (images with a wrong answer, images with a right one, the smaller) - 1 df.

    Returns
    -------
    about the error rate (random order) to 1 (all errors first); null with one class only or fewer
    than 5 images on a side

    References
    ----------
    Davis & Goadrich (2006), The Relationship Between Precision-Recall and ROC Curves; the step rule
    is scikit-learn's `average_precision_score`.
    """
    try:
        levels = by_level(uncertainty, wrong, clusters)
        return jackknife(levels, average_precision, LOGIT, levels.df)
    except Undefined as error:
        return undefined(str(error), len(np.asarray(wrong)), count(clusters))


def average_precision(wrong: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float64]:
    """Average precision from counts by ascending level, shape (..., levels)."""
    down = wrong[..., ::-1]
    hits, flagged = down.cumsum(axis=-1), (wrong + right)[..., ::-1].cumsum(axis=-1)
    precision = hits / np.maximum(flagged, 1)
    return np.asarray((down * precision).sum(axis=-1) / wrong.sum(axis=-1))
