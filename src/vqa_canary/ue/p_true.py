"""UE method `p_true`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vqa_canary.ue.registration import ue_method

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@ue_method(upper=1.0, confidence=True, answer="greedy")
def p_true(p_true: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""One minus the probability of "True" when asked whether the greedy answer is right.

    .. math:: U = 1 - P(\mathrm{True})

    Parameters
    ----------
    p_true : shape (...), P(True) / (P(True) + P(False)) of the greedy choice

    Returns
    -------
    shape (...), 0 to 1

    References
    ----------
    Kadavath et al. (2022), Language Models (Mostly) Know What They Know, section 4.
    """
    return 1 - p_true
