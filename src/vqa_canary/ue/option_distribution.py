"""The model's belief over the options of one instance."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import softmax

from vqa_canary.ue.registration import Undefined

if TYPE_CHECKING:
    from numpy.typing import NDArray


def option_distribution(option_logprobs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Option probabilities, renormalised over the K valid letters, in ascending order.

    Sorted before they are summed, so that the order of options cannot change a last digit.

    Parameters
    ----------
    option_logprobs : shape (..., K), natural log, need not sum to one; -inf is probability 0

    Returns
    -------
    shape (..., K), sums to one, the likeliest option last

    Raises
    ------
    Undefined : fewer than two options: one always has probability one, whatever the model believes
    """
    if option_logprobs.shape[-1] < 2:
        raise Undefined("one option only: its renormalised probability is always 1")
    return np.asarray(softmax(np.sort(option_logprobs, axis=-1), axis=-1))
