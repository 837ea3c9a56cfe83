"""UE method `margin`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.ue.option_distribution import option_distribution
from vqa_canary.ue.registration import ue_method

if TYPE_CHECKING:
    from numpy.typing import NDArray


@ue_method(upper=1.0)
def margin(option_logprobs: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""One minus the lead of the likeliest option over the runner-up.

    .. math:: U = 1 - (p_{(1)} - p_{(2)})

    Computed as :math:`(1 - p_{(1)}) + p_{(2)}`, the first summed over the other options, so that
    very sure answers keep their order.

    Parameters
    ----------
    option_logprobs : shape (..., K), natural log

    Returns
    -------
    shape (...), 0 (all belief on one option) to 1 (the first two alike)

    Raises
    ------
    Undefined : fewer than two options

    References
    ----------
    Scheffer, Decomain & Wrobel (2001), Active Hidden Markov Models for Information Extraction,
    "margin".
    """
    p = option_distribution(option_logprobs)
    return np.asarray(p[..., :-1].sum(axis=-1) + p[..., -2])
