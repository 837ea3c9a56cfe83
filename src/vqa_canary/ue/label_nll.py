"""UE method `label_nll`: how unlikely the letter of the model's choice is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.ue.registration import ue_method

if TYPE_CHECKING:
    from numpy.typing import NDArray


@ue_method(upper=np.inf)
def label_nll(option_logprobs: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Negative log-probability of the letter that the model chooses, in nats.

    .. math:: U = -\ln \max_k P(\mathrm{letter}_k \mid x)

    P is the probability among all that the model could say, summed over the ways of writing the letter, and is not
    renormalised over the K letters: a model that would rather say something else than a letter is uncertain here,
    and may be certain for `max_probability`.

    Parameters
    ----------
    option_logprobs : shape (..., K), natural log, need not sum to one; -inf is probability 0

    Returns
    -------
    shape (...), 0 (all belief on one letter) upwards without bound

    References
    ----------
    "Label NLL" of Uncertainty Is Not a Safety Net for Clinical VQA, but Can It Anticipate Model Failure? (2026),
    arXiv 2606.16583. The formula is inferred from the name.
    """
    return np.asarray(-option_logprobs.max(axis=-1))
