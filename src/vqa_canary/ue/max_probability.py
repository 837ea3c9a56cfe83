"""UE method `max_probability`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.ue.option_distribution import option_distribution
from vqa_canary.ue.registration import ue_method

if TYPE_CHECKING:
    from numpy.typing import NDArray


@ue_method(upper=1.0, confidence=True)
def max_probability(option_logprobs: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""One minus the probability of the likeliest option.

    .. math:: U = 1 - \max_k p_k

    Summed over the other options, because 1 - p would tie all answers with p above 1 - 1e-16.

    Parameters
    ----------
    option_logprobs : shape (..., K), natural log

    Returns
    -------
    shape (...), 0 (all belief on one option) to 1 - 1/K

    Raises
    ------
    Undefined : fewer than two options

    References
    ----------
    Hendrycks & Gimpel (2017), A Baseline for Detecting Misclassified and Out-of-Distribution
    Examples in Neural Networks, "maximum softmax probability".
    """
    p = option_distribution(option_logprobs)
    return np.asarray(p[..., :-1].sum(axis=-1))
