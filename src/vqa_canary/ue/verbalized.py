"""UE method `verbalized`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vqa_canary.ue.registration import ue_method

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@ue_method(upper=1.0, confidence=True, answer="greedy")
def verbalized(verbalized_confidence: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""One minus the confidence that the model states in words.

    .. math:: U = 1 - c_{\mathrm{stated}}

    Parameters
    ----------
    verbalized_confidence : shape (...), 0 to 1

    Returns
    -------
    shape (...), 0 to 1

    References
    ----------
    Lin, Hilton & Evans (2022), Teaching Models to Express Their Uncertainty in Words; Tian et al.
    (2023), Just Ask for Calibration, "Verb. 2S top-1".
    """
    return 1 - verbalized_confidence
