"""From uncertainty to confidence: maps that are fitted to answers of which it is known whether they are right.

An uncertainty of any range becomes a probability of being right. All maps fall with uncertainty, and none of them
changes when the uncertainties that it is fitted and applied to are all moved by the same amount, or all stretched.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit, logit

from vqa_canary.estimate import Undefined
from vqa_canary.statistics.logistic import fit_logistic

if TYPE_CHECKING:
    from numpy.typing import NDArray

Map = Callable[["NDArray[np.float64]"], "NDArray[np.float64]"]
"""From uncertainties of any shape to confidences of that shape, 0 to 1."""


def isotonic(uncertainty: NDArray[np.float64], correct: NDArray[np.float64]) -> Map:
    """The falling function that is nearest to the answers in squared error; between two of its points a straight line.

    Beyond the uncertainties that it was fitted to, it stays at its ends.

    Parameters
    ----------
    uncertainty : shape (n,), finite, at least one
    correct : shape (n,), 1 for a right answer and 0 for a wrong one

    Examples
    --------
    Of the two answers in the middle, the less certain one is right: both get what they have together.

    >>> confidence = isotonic(np.array([0.1, 0.4, 0.5, 0.9]), np.array([1.0, 0.0, 1.0, 0.0]))
    >>> confidence(np.array([0.0, 0.1, 0.45, 0.7, 2.0]))
    array([1.  , 1.  , 0.5 , 0.25, 0.  ])

    References
    ----------
    Zadrozny & Elkan (2002), Transforming Classifier Scores into Accurate Multiclass Probability Estimates.
    """
    from scipy.optimize import isotonic_regression  # what scikit-learn calls as well, in a tenth of its time

    levels, at, size = np.unique(uncertainty, return_inverse=True, return_counts=True)
    shares = np.bincount(at.ravel(), correct) / size
    fitted = isotonic_regression(shares, weights=size, increasing=False).x

    def confidence(asked: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(np.interp(asked, levels, fitted), np.float64)

    return confidence


def platt(uncertainty: NDArray[np.float64], correct: NDArray[np.float64]) -> Map:
    r"""A logistic curve in uncertainty, fitted by maximum likelihood to Platt's targets.

    .. math:: c(u) = \frac{1}{1 + e^{-(a - b u)}}, \quad b \ge 0

    The targets are (N + 1) / (N + 2) for the N right answers and 1 / (M + 2) for the M wrong ones instead of 1 and 0:
    without them a curve through answers that uncertainty tells apart without an error would be a step. Where the best
    curve would rise with uncertainty, the best one that does not is a constant: the mean target.

    Parameters
    ----------
    uncertainty : shape (n,), finite, at least one
    correct : shape (n,), 1 for a right answer and 0 for a wrong one

    Examples
    --------
    >>> confidence = platt(np.arange(10.0), np.array([1, 1, 1, 1, 0, 1, 0, 0, 0, 0]))
    >>> confidence(np.array([0.0, 4.5, 9.0])).round(3)
    array([0.909, 0.5  , 0.091])

    References
    ----------
    Platt (1999), Probabilistic Outputs for Support Vector Machines, section 2.
    """
    right = correct == 1
    n_right, n_wrong = int(right.sum()), int((~right).sum())
    target = np.where(right, (n_right + 1) / (n_right + 2), 1 / (n_wrong + 2))
    curve, centre, spread = np.array([logit(target.mean()), 0.0]), 0.0, 1.0
    if uncertainty.max() > uncertainty.min() and n_right and n_wrong:
        centre, spread = float(uncertainty.mean()), float(uncertainty.std())
        design = np.column_stack([np.ones(len(target)), (uncertainty - centre) / spread])
        fitted = fit_logistic(design, target)
        curve = fitted if fitted[1] < 0 else curve

    def confidence(asked: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(expit(curve[0] + curve[1] * (asked - centre) / spread), np.float64)

    return confidence


def one_minus_min_max(uncertainty: NDArray[np.float64]) -> Map:
    r"""One minus the uncertainty, stretched so that these uncertainties reach from 0 to 1.

    .. math:: c(u) = 1 - \frac{u - \min}{\max - \min}

    It depends on the set that it is applied to: one more answer of a very high uncertainty raises the confidence of
    all others. And it knows nothing of which answers are right, so nothing makes it a probability.

    Parameters
    ----------
    uncertainty : shape (n,), finite

    Raises
    ------
    Undefined : no uncertainties, or all are the same

    Examples
    --------
    >>> uncertainty = np.array([2.0, 3.0, 6.0])
    >>> one_minus_min_max(uncertainty)(uncertainty)
    array([1.  , 0.75, 0.  ])

    References
    ----------
    The code of arXiv 2506.10769, by authors of the paper that this project follows.
    """
    if not len(uncertainty):
        raise Undefined("no items")
    low, high = float(uncertainty.min()), float(uncertainty.max())
    if low == high:
        raise Undefined("all uncertainties are the same")

    def confidence(asked: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(1 - (asked - low) / (high - low), np.float64)

    return confidence
