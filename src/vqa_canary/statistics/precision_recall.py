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
    return contrast(levels, _precision(levels.counts), _precision(levels.counts_without), LOGIT)


def _precision(counts: Counts) -> NDArray[np.float64]:
    wrong, right = (side[..., ::-1] for side in counts)
    hits, flagged = wrong.cumsum(axis=-1), (wrong + right).cumsum(axis=-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray((wrong * hits / np.maximum(flagged, 1)).sum(axis=-1) / wrong.sum(axis=-1))
