"""AUROC among items that are alike in a further quantity, so that this cannot be what ranks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

from vqa_canary.statistics.bins import equal_mass_bins

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_STRATA = 6
"""How many strata; five already remove some 90 % of the bias that a covariate brings (Cochran 1968)."""


def stratified_auroc(
    uncertainty: NDArray[np.float64], wrong: NDArray[np.bool_], covariate: NDArray[np.float64]
) -> float | None:
    """AUROC over those pairs of a wrong and a right item that are in the same of six strata of a covariate.

    Strata hold equal numbers of items as far as ties allow, as the bins of ECE.

    Parameters
    ----------
    uncertainty, wrong, covariate : shape (n,)

    Returns
    -------
    0 to 1; None if no stratum holds both wrong and right items

    Examples
    --------
    Uncertainty ranks 4 of all 9 pairs in order, but only because it is higher where the covariate is: of the 4 pairs
    inside a stratum it ranks none.

    >>> u, wrong = np.array([0.1, 0.2, 0.3, 0.7, 0.8, 0.9]), np.array([1, 0, 0, 1, 1, 0], bool)
    >>> stratified_auroc(u, wrong, covariate=np.zeros(6))
    0.4444444444444444
    >>> stratified_auroc(u, wrong, covariate=np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0]))
    0.0
    >>> stratified_auroc(u, wrong, covariate=wrong.astype(float)) is None
    True

    References
    ----------
    Cochran (1968), The Effectiveness of Adjustment by Subclassification in Removing Bias in Observational Studies;
    covariate-specific pairs: Janes & Pepe (2009), Adjusting for Covariate Effects on Classification Accuracy.
    """
    stratum = equal_mass_bins(covariate, N_STRATA)
    in_order = pairs = 0.0
    for number in np.unique(stratum):
        u, bad = uncertainty[stratum == number], wrong[stratum == number]
        n_pairs = bad.sum() * (~bad).sum()
        if n_pairs:
            # The rank among all less the rank among the wrong ones is the number of right ones below (ties half).
            in_order += float((rankdata(u)[bad] - rankdata(u[bad])).sum())
            pairs += float(n_pairs)
    return in_order / pairs if pairs else None
