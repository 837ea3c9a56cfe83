"""UE method `semantic_entropy`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.ue.registration import ue_method
from vqa_canary.ue.samples import NO_OPTION, choices, occurrences, several

if TYPE_CHECKING:
    from numpy.typing import NDArray


@ue_method(upper=1.0, answer="modal")
def semantic_entropy(samples: NDArray[Any], options: NDArray[Any]) -> NDArray[np.float64]:
    r"""Entropy of what the S samples mean, as a share of the largest that S samples can show.

    .. math:: U = -\frac{1}{\ln S} \sum_{m} \frac{n_m}{S} \ln \frac{n_m}{S}

    For multiple choice a meaning m is an option's content: options whose texts are equal but for
    case and outer space are one. That no option was named is one more meaning: S samples that name none agree, and
    U = 0; that they could not be read is told apart from doubt (see `vqa_canary.evaluation.readability`).

    Parameters
    ----------
    samples : shape (..., S), sample structs
    options : shape (..., K), option texts

    Returns
    -------
    shape (...), 0 (all mean the same) to 1 (each means something else; below 1 if S > K + 1)

    Raises
    ------
    Undefined : fewer than two samples, where the maximum is 0

    References
    ----------
    Kuhn, Gal & Farquhar (2023), Semantic Uncertainty; counts in place of likelihoods: Farquhar et
    al. (2024), Detecting Hallucinations in Large Language Models Using Semantic Entropy,
    "discrete semantic entropy".
    """
    chosen = several(choices(samples))
    texts = np.strings.lower(np.strings.strip(options.astype(np.str_)))
    first_equal = (texts[..., :, None] == texts[..., None, :]).argmax(axis=-1)
    meaning = np.take_along_axis(first_equal, np.maximum(chosen, 0), axis=-1)
    # Sorted, so that the order of samples cannot change the last digit of the sum.
    sizes = np.sort(occurrences(np.where(chosen == NO_OPTION, NO_OPTION, meaning)), axis=-1)
    n_samples = sizes.shape[-1]
    return np.asarray(-np.log(sizes / n_samples).mean(axis=-1) / np.log(n_samples))
