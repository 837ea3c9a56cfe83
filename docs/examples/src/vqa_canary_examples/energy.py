"""UE method `energy`, with a setting and without bounds."""

from __future__ import annotations

import math
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy.special import logsumexp

from vqa_canary.plugins import ue_method


@ue_method(lower=-math.inf, upper=math.inf)
def energy(
    option_logprobs: NDArray[np.float64], *, temperature: Annotated[float, Field(gt=0, le=100)] = 1.0
) -> NDArray[np.float64]:
    r"""Free energy of the option letters: high where little probability is left for any of them.

    .. math:: U = -T \ln \sum_{k=1}^{K} \exp(\ell_k / T)

    At the temperature T = 1 that is minus the logarithm of the probability on all letters together. The higher T, the
    more it counts that the options are alike.

    Parameters
    ----------
    option_logprobs : shape (n, K), natural log of each letter's probability; they need not sum to one
    temperature : T, above 0; 1 by default

    Returns
    -------
    shape (n,), unbounded; from -T ln K upwards

    References
    ----------
    Liu et al. (2020), Energy-based Out-of-distribution Detection, equation 4.
    """
    return np.asarray(-temperature * logsumexp(option_logprobs / temperature, axis=-1))
