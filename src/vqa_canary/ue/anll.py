"""UE method `anll`: the average negative log-likelihood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.ue.registration import ue_method

if TYPE_CHECKING:
    from numpy.typing import NDArray


@ue_method(upper=np.inf, answer="greedy")
def anll(greedy_token_logprobs: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Mean negative log-probability of the greedy answer's L tokens, in nats a token.

    .. math:: U = -\frac{1}{L} \sum_{l=1}^{L} \ln p(y_l \mid y_{<l}, x)

    Parameters
    ----------
    greedy_token_logprobs : shape (..., L), natural log, the end-of-turn token included

    Returns
    -------
    shape (...), 0 (every token certain) upwards without bound

    References
    ----------
    Malinin & Gales (2021), Uncertainty Estimation in Autoregressive Structured Prediction,
    "length-normalised"; Fomicheva et al. (2020), Unsupervised Quality Estimation for Neural Machine
    Translation, "TP" with its sign turned. The paper calls it the average negative log-likelihood.
    """
    return np.asarray(-greedy_token_logprobs.mean(axis=-1))
