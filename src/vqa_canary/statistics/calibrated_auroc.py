"""The AUROC that a perfectly calibrated model of the same accuracy would have.

A more accurate model has a higher AUROC by arithmetic alone, as far as its confidences are right as often as they
say. What an AUROC has beyond this reference is more than that arithmetic.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq
from scipy.special import softmax

from vqa_canary.estimate import Undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LOG_TEMPERATURES = (-12.0, 12.0)
"""Range in which the logarithm of the temperature is searched: from all but certain to all but uniform."""


def calibrated_auroc(option_logprobs: NDArray[np.float64], accuracy: float) -> float:
    r"""AUROC that follows from a model's confidences if they meant what they say.

    The temperature T makes the mean of :math:`q = \max_k \mathrm{softmax}(\ln p / T)_k` equal the
    accuracy, without a look at who is right. Each item is then right with weight q and wrong with
    weight 1 - q, ranked by 1 - q; pairs of an item with itself are left out.

    Parameters
    ----------
    option_logprobs : shape (n, K), natural log; -inf where an item has fewer options
    accuracy : share of right answers on these items

    Returns
    -------
    0.5 to 1

    Raises
    ------
    Undefined : fewer than two items, accuracy at chance or below, or too close to 1

    Examples
    --------
    Confidences of 0.9 and 0.6 already mean an accuracy of 0.75. The second item wrong and the first right (weight
    0.4 x 0.9) is in order, the first wrong and the second right (0.1 x 0.6) is not: 0.36 of 0.42.

    >>> round(calibrated_auroc(np.log([[0.9, 0.1], [0.6, 0.4]]), accuracy=0.75), 3)
    0.857
    >>> calibrated_auroc(np.log([[0.9, 0.1], [0.6, 0.4]]), accuracy=0.4)
    Traceback (most recent call last):
    vqa_canary.estimate.Undefined: accuracy 0.400 is not above chance 0.500

    References
    ----------
    Temperature scaling: Guo et al. (2017), On Calibration of Modern Neural Networks, section 4.2; here the
    temperature is fitted to the mean confidence, not to the labels.
    """
    if len(option_logprobs) < 2:
        raise Undefined("fewer than two items")
    chance = float((1 / np.isfinite(option_logprobs).sum(axis=1)).mean())
    if accuracy <= chance:
        raise Undefined(f"accuracy {accuracy:.3f} is not above chance {chance:.3f}")

    def excess(log_temperature: float) -> float:
        return float(_sureness(option_logprobs, log_temperature).mean()) - accuracy

    if excess(_LOG_TEMPERATURES[0]) <= 0 or excess(_LOG_TEMPERATURES[1]) >= 0:
        raise Undefined(f"no temperature gives a mean confidence of {accuracy:.3f}")
    # The mean confidence falls from 1 to chance as the temperature rises, so there is one root.
    q = np.sort(_sureness(option_logprobs, brentq(excess, *_LOG_TEMPERATURES, xtol=1e-12)))
    return _weighted_auroc(1 - q[::-1], 1 - q[::-1], q[::-1])


def _sureness(option_logprobs: NDArray[np.float64], log_temperature: float) -> NDArray[np.float64]:
    """Probability of each item's likeliest option at a temperature, shape (n,)."""
    return np.asarray(softmax(option_logprobs / np.exp(log_temperature), axis=1).max(axis=1))


def _weighted_auroc(
    ascending: NDArray[np.float64], wrong: NDArray[np.float64], right: NDArray[np.float64]
) -> float:
    """Share of weighted (wrong, right) pairs in order, ties half, no item with itself.

    Parameters
    ----------
    ascending : shape (n,), uncertainties in ascending order
    wrong, right : shape (n,), with which weight each item is wrong, or right
    """
    _, first, size = np.unique(ascending, return_index=True, return_counts=True)
    below = np.concatenate([[0.0], np.cumsum(right)])
    middle = np.repeat((below[first] + below[first + size]) / 2, size)
    own = wrong * right
    pairs = wrong.sum() * right.sum() - own.sum()
    return float((wrong @ middle - own.sum() / 2) / pairs)
