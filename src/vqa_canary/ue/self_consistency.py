"""UE method `self_consistency`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.ue.registration import ue_method
from vqa_canary.ue.samples import choices, occurrences, several

if TYPE_CHECKING:
    from numpy.typing import NDArray


@ue_method(upper=1.0, confidence=True, answer="modal")
def self_consistency(samples: NDArray[Any]) -> NDArray[np.float64]:
    r"""One minus the share of the S samples that gave the modal answer.

    .. math:: U = 1 - \max_k \frac{1}{S} \sum_{s=1}^{S} [c_s = k]

    where k is one of the K options or, as one more answer, that no option was named. So S samples that name no
    option agree, and U = 0: that they could not be read is no doubt of the model's, and is told apart from it (see
    `vqa_canary.evaluation.readability`).

    Parameters
    ----------
    samples : shape (..., S), sample structs

    Returns
    -------
    shape (...), 0 (all gave one answer) to 1 - 1/min(S, K + 1) (as many answers as there can be, equally often)

    Raises
    ------
    Undefined : fewer than two samples

    References
    ----------
    Wang et al. (2023), Self-Consistency Improves Chain of Thought Reasoning, of which this is the
    complement; Freeman (1965), Elementary Applied Statistics, "variation ratio".
    """
    chosen = several(choices(samples))
    return np.asarray(1 - occurrences(chosen).max(axis=-1) / chosen.shape[-1])
