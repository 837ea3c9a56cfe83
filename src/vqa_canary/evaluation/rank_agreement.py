"""Whether UE methods rank the same instances alike by two readings of their evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.evaluation.checks import Measure

if TYPE_CHECKING:
    import pandas as pd

FEWEST = 3
"""How many instances a rank correlation needs at least."""


def rank_agreement(first: pd.DataFrame, second: pd.DataFrame, least: float) -> list[Measure]:
    """Spearman's correlation of each method's uncertainties between two tables `scores` of one model.

    A method that has a value for an instance by one reading only is counted in `uncertainties_given_once_only`.
    A correlation is null where fewer than three instances have values, or where all of a reading's are alike; where
    those of one reading alone are, the method ranks nothing alike and the correlation is 0.
    """
    key = ["instance_id", "method"]
    both = first.merge(second, on=key, how="outer", suffixes=("_first", "_second"), validate="one_to_one")
    values = [both[f"uncertainty_{name}"].to_numpy(np.float64) for name in ("first", "second")]
    given = [~np.isnan(one) for one in values]
    found = [
        Measure("uncertainties_compared", int((given[0] & given[1]).sum()), "at least", 1),
        Measure("uncertainties_given_once_only", int((given[0] != given[1]).sum()), "at most", 0),
    ]
    for method in sorted(both["method"].unique()):
        own = (both["method"] == method).to_numpy() & given[0] & given[1]
        found.append(_correlation(f"rank_correlation_{method}", values[0][own], values[1][own], least))
    return found


def _correlation(name: str, x: np.ndarray, y: np.ndarray, least: float) -> Measure:
    from scipy.stats import spearmanr

    if len(x) < FEWEST:
        return Measure(name, None, reason=f"fewer than {FEWEST} instances have an uncertainty")
    alike = [bool((one == one[0]).all()) for one in (x, y)]
    if all(alike):
        return Measure(name, None, reason="all uncertainties are alike")
    rho = 0.0 if any(alike) else float(spearmanr(x, y).statistic)
    return Measure(name, rho, "at least", least)
