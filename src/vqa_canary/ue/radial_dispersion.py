"""UE method `radial_dispersion`: how far the samples' vectors lie from their mean."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.special import softmax

from vqa_canary.ue.embedded_samples import in_one_order
from vqa_canary.ue.registration import ue_method
from vqa_canary.ue.samples import sequence_logprobs, several

if TYPE_CHECKING:
    from numpy.typing import NDArray


@ue_method(upper=np.inf, answer="modal")
def radial_dispersion(
    samples: NDArray[Any],
    sample_embeddings: NDArray[np.float64],
    *,
    weights: Literal["none", "probability"] = "none",
) -> NDArray[np.float64]:
    r"""Sum of the L1 distances of the samples' vectors from their mean.

    .. math:: U = \sum_{s=1}^{S} \lVert v_s - \bar v \rVert_1

    With weights, each sample counts by its probability p, in the mean and in the sum:

    .. math:: U = \sum_{s=1}^{S} w_s \lVert v_s - \textstyle\sum_t w_t v_t \rVert_1, \quad w_s = p_s / \sum_t p_t

    Parameters
    ----------
    samples : shape (..., S), sample structs; with weights, with the log-probability of every token
    sample_embeddings : shape (..., S, d), a vector of unit length for each sample
    weights : `none`, or `probability`: that of the whole sample, the product over its tokens

    Returns
    -------
    shape (...), 0 (all samples say the same) upwards, at most S sqrt(d), and sqrt(d) with weights

    Raises
    ------
    Undefined : fewer than two samples; with weights, a sample without log-probabilities of its tokens

    References
    ----------
    Nguyen et al. (2025), Distance Is All You Need: Radial Dispersion for Uncertainty Estimation in Large Language
    Models, arXiv 2512.04351, "RDS" and its probability-weighted variant. Their code weighs by the geometric mean over
    a sample's tokens; here it is the product, the probability of `pro`.
    """
    vectors = several(sample_embeddings, axis=-2)
    if weights == "probability":
        logs = sequence_logprobs(samples)[..., None]
        together = in_one_order(np.concatenate([vectors, logs], axis=-1))
        vectors, shares = together[..., :-1], softmax(together[..., -1:], axis=-2)
        centred = _from_mean(vectors, shares)
        return np.asarray((shares * np.abs(centred)).sum(axis=(-2, -1)))
    centred = _from_mean(in_one_order(vectors), 1 / vectors.shape[-2])
    return np.asarray(np.abs(centred).sum(axis=(-2, -1)))


def _from_mean(vectors: NDArray[np.float64], shares: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Each vector minus their mean, in which each counts by its share."""
    # Seen from the first one, so that equal vectors are exactly where their mean is.
    relative = vectors - vectors[..., :1, :]
    return np.asarray(relative - (shares * relative).sum(axis=-2, keepdims=True))
