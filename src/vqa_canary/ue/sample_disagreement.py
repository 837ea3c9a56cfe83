"""UE method `sample_disagreement`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from vqa_canary.ue.registration import ue_method
from vqa_canary.ue.samples import NO_OPTION, choices, occurrences, several

if TYPE_CHECKING:
    from numpy.typing import NDArray


@ue_method(upper=1.0, confidence=True, answer="modal")
def sample_disagreement(samples: NDArray[Any]) -> NDArray[np.float64]:
    r"""One minus the share of the S samples that chose the modal option.

    .. math:: U = 1 - \max_k \frac{1}{S} \sum_{s=1}^{S} [c_s = k]

    A sample that names no option agrees with none: it counts in S and never as modal.

    Parameters
    ----------
    samples : shape (..., S), sample structs

    Returns
    -------
    shape (...), 0 (all chose one option) to 1 (none named an option)

    Raises
    ------
    Undefined : fewer than two samples

    References
    ----------
    Freeman (1965), Elementary Applied Statistics, "variation ratio"; its complement is the
    consistency of Wang et al. (2023), Self-Consistency Improves Chain of Thought Reasoning.
    """
    chosen = several(choices(samples))
    votes = np.where(chosen == NO_OPTION, 0, occurrences(chosen))
    return np.asarray(1 - votes.max(axis=-1) / chosen.shape[-1])
