"""AUROC among items that are alike in a third quantity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import rankdata

from vqa_canary.statistics.calibration import equal_mass_bins

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_STRATA = 6


def stratified_auroc(
    uncertainty: NDArray[np.float64], wrong: NDArray[np.bool_], covariate: NDArray[np.float64]
) -> float | None:
    """AUROC for wrong over pairs of items in the same of six strata of the others' accuracy.

    Strata hold equal numbers of items as far as ties allow, as the bins of ECE. None without a pair.
    """
    stratum = equal_mass_bins(covariate, N_STRATA)
    in_order = pairs = 0.0
    for one in np.unique(stratum):
        u, bad = uncertainty[stratum == one], wrong[stratum == one]
        n_pairs = bad.sum() * (~bad).sum()
        if n_pairs:
            in_order += float((rankdata(u)[bad] - rankdata(u[bad])).sum())
            pairs += float(n_pairs)
    return in_order / pairs if pairs else None
