"""UE method `sequence_nll`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.ue.registration import ue_method

if TYPE_CHECKING:
    from numpy.typing import NDArray


@ue_method(upper=np.inf, answer="greedy")
def sequence_nll(greedy_token_logprobs: NDArray[np.float64]) -> NDArray[np.float64]:
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
    Fomicheva et al. (2020), Unsupervised Quality Estimation for Neural Machine Translation, "TP"
    with its sign turned; "length-normalised" in Malinin & Gales (2021), Uncertainty Estimation in
    Autoregressive Structured Prediction.
    """
    return np.asarray(-greedy_token_logprobs.mean(axis=-1))
