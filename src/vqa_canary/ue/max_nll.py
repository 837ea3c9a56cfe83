"""UE method `max_nll`: the least likely token of the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.ue.registration import ue_method

if TYPE_CHECKING:
    from numpy.typing import NDArray


@ue_method(upper=np.inf, answer="greedy")
def max_nll(greedy_token_logprobs: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Largest negative log-probability among the greedy answer's L tokens, in nats.

    .. math:: U = \max_l \left( -\ln p(y_l \mid y_{<l}, x) \right)

    Parameters
    ----------
    greedy_token_logprobs : shape (..., L), natural log, the end-of-turn token included

    Returns
    -------
    shape (...), 0 (every token certain) upwards without bound; never below `anll`

    References
    ----------
    Manakul, Liusie & Gales (2023), SelfCheckGPT, section 4, "Max(-log p)".
    """
    return np.asarray(-greedy_token_logprobs.min(axis=-1))
