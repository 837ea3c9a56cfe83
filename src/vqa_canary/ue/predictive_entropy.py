"""UE method `predictive_entropy`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import entr

from vqa_canary.ue.option_distribution import option_distribution
from vqa_canary.ue.registration import ue_method

if TYPE_CHECKING:
    from numpy.typing import NDArray


@ue_method(upper=1.0)
def predictive_entropy(option_logprobs: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Shannon entropy of the option distribution, as a share of its maximum.

    .. math:: U = -\frac{1}{\ln K} \sum_{k=1}^{K} p_k \ln p_k

    Parameters
    ----------
    option_logprobs : shape (..., K), natural log

    Returns
    -------
    shape (...), 0 (all belief on one option) to 1 (all options alike)

    Raises
    ------
    Undefined : fewer than two options, where the maximum is 0

    References
    ----------
    Shannon (1948), A Mathematical Theory of Communication, section 6.
    """
    p = option_distribution(option_logprobs)
    return np.asarray(entr(p).sum(axis=-1) / np.log(p.shape[-1]))
