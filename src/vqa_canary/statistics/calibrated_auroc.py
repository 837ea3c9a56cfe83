"""What AUROC a perfectly calibrated model of the same accuracy would have anyway."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import brentq
from scipy.special import softmax

from vqa_canary.estimate import Undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LOG_TEMPERATURES = (-12.0, 12.0)


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
    q = np.sort(_sureness(option_logprobs, brentq(excess, *_LOG_TEMPERATURES, xtol=1e-12)))
    return _weighted_auroc(1 - q[::-1], 1 - q[::-1], q[::-1])


def _sureness(option_logprobs: NDArray[np.float64], log_temperature: float) -> NDArray[np.float64]:
    return np.asarray(softmax(option_logprobs / np.exp(log_temperature), axis=1).max(axis=1))


def _weighted_auroc(
    ascending: NDArray[np.float64], wrong: NDArray[np.float64], right: NDArray[np.float64]
) -> float:
    """Share of weighted (wrong, right) pairs in order, ties half, no item with itself."""
    _, first, size = np.unique(ascending, return_index=True, return_counts=True)
    below = np.concatenate([[0.0], np.cumsum(right)])
    middle = np.repeat((below[first] + below[first + size]) / 2, size)
    own = wrong * right
    pairs = wrong.sum() * right.sum() - own.sum()
    return float((wrong @ middle - own.sum() / 2) / pairs)
