"""UE method `embedding_eigen`: how far the samples' vectors spread in all directions."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.ue.embedded_samples import in_one_order
from vqa_canary.ue.registration import Undefined, ue_method
from vqa_canary.ue.samples import several

if TYPE_CHECKING:
    from numpy.typing import NDArray

RIDGE = 1e-3
"""What is added to the diagonal of the covariance, as in the source."""


@ue_method(lower=log10(RIDGE), upper=log10(1 + RIDGE), answer="modal")
def embedding_eigen(sample_embeddings: NDArray[np.float64]) -> NDArray[np.float64]:
    r"""Mean log of the singular values of the covariance of the samples' vectors with each other.

    .. math:: U = \frac{1}{S} \sum_{s=1}^{S} \log_{10} \sigma_s(C + 0.001\,I), \quad
        C_{ij} = \frac{1}{d - 1} \sum_{l=1}^{d} (v_{il} - \bar v_i)(v_{jl} - \bar v_j)

    C is S x S: the d dimensions of the vectors are the observations.

    Parameters
    ----------
    sample_embeddings : shape (..., S, d), a vector of unit length for each sample

    Returns
    -------
    shape (...), above -3 to log10(1.001). Equal samples have all the variance in one direction: a value near
    -3 (S - 1)/S, which is the smallest that the vectors of an embedder reach

    Raises
    ------
    Undefined : fewer than two samples, or vectors of one number, which have no variance

    References
    ----------
    Nguyen et al. (2025), Distance Is All You Need: Radial Dispersion for Uncertainty Estimation in Large Language
    Models, arXiv 2512.04351, "EigenEmbed"; after EigenScore in Chen et al. (2024), INSIDE, equation 6. That this is
    what arXiv 2606.16583 calls "EE" is inferred from the name.
    """
    vectors = in_one_order(several(sample_embeddings, axis=-2))
    n_samples, d = vectors.shape[-2:]
    if d < 2:
        raise Undefined("vectors of one number have no variance")
    centred = vectors - vectors.mean(axis=-1, keepdims=True)
    covariance = centred @ centred.swapaxes(-1, -2) / (d - 1) + RIDGE * np.eye(n_samples)
    # It is symmetric and positive, so that its eigenvalues are its singular values; rounding may take them below.
    singular = np.maximum(np.linalg.eigvalsh(covariance), RIDGE)
    return np.asarray(np.log10(singular).mean(axis=-1))
