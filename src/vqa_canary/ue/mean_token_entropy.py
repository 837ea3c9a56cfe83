"""UE method `mean_token_entropy`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.ue.registration import ue_method

if TYPE_CHECKING:
    from numpy.typing import NDArray


@ue_method(upper=np.inf, answer="greedy")
def mean_token_entropy(greedy_token_entropies: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Mean entropy of the next-token distributions along the greedy answer, in nats.

    .. math:: U = \frac{1}{L} \sum_{l=1}^{L} H(p(\cdot \mid y_{<l}, x))

    Parameters
    ----------
    greedy_token_entropies : shape (..., L), nats over the whole vocabulary V

    Returns
    -------
    shape (...), 0 (every token certain) to ln |V|, which the evidence does not know

    References
    ----------
    Fomicheva et al. (2020), Unsupervised Quality Estimation for Neural Machine Translation,
    "Softmax-Ent".
    """
    return np.asarray(greedy_token_entropies.mean(axis=-1))
