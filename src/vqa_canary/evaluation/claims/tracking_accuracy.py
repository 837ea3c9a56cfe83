"""Claim 1: over models, a method's AUROC rises with accuracy."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations, product
from math import factorial, prod
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from vqa_canary.estimate import ALPHA, LEVEL, Undefined
from vqa_canary.evaluation.claims.claim import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

N_PERMUTATIONS = 9999
FEWEST, FEW = 5, 8
"""Below the first: no verdict. Below the second: "few models"."""
MIN_RANGE = 0.15
"""Spread of accuracies that a verdict needs."""
MODERATE = 0.5
"""Correlation below which tracking counts as absent."""

RULE = (
    "supported: permutation p (within training families) <= .05 after Holm over methods; not supported: "
    "otherwise, and the one-sided 95 % upper limit of the rank correlation is below .5; inconclusive: else, "
    "or fewer than 5 models, or accuracies within .15"
)


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """Rank correlation of AUROC with accuracy over models, averaged over datasets."""

    rho: float
    """Mean Spearman correlation."""
    ci_low: float
    """95 % limits over models; NaN below four models."""
    ci_high: float
    upper: float
    """One-sided 95 % upper limit."""
    p_value: float
    n_models: int
    accuracy_range: float
    """Smallest over the datasets."""


def track(
    accuracy: NDArray[np.float64],
    auroc: NDArray[np.float64],
    families: Sequence[str],
    rng: np.random.Generator,
) -> RankCorrelation:
    """Spearman's rho over models with its permutation test.

    Under the null, models of one family are exchangeable, so their AUROC vectors (all datasets of
    a model together) are permuted inside it; models alone in their family form one set. All
    permutations if there are at most 9,999, else 9,999 random ones and p = (1 + hits) / 10,000.

    Parameters
    ----------
    accuracy, auroc : shape (datasets, models)
    families : family of each model

    Raises
    ------
    Undefined : fewer than three models, or all accuracies or all AUROCs of a dataset alike

    References
    ----------
    Interval: Bonett & Wright (2000), Sample Size Requirements for Estimating Pearson, Kendall and
    Spearman Correlations (Fisher z with their variance).
    """
    n_models = accuracy.shape[-1] if accuracy.size else 0
    if n_models < 3:
        raise Undefined(f"fewer than 3 models ({n_models})")
    x, y = _standardised(accuracy, "accuracies"), _standardised(auroc, "AUROCs")
    rho = float(np.clip((x * y).sum(axis=1), -1, 1).mean())
    orders, exact = _orders(families, rng)
    permuted = np.mean([yd[orders] @ xd for xd, yd in zip(x, y, strict=True)], axis=0)
    hits = int((permuted >= rho - 1e-12).sum())
    p_value = hits / len(orders) if exact else (1 + hits) / (1 + len(orders))
    (low, high), (_, upper) = fisher_limits(rho, n_models, LEVEL), fisher_limits(rho, n_models, 1 - 2 * ALPHA)
    spread = float(np.ptp(accuracy, axis=1).min())
    return RankCorrelation(rho, low, high, upper, p_value, n_models, spread)


def fisher_limits(rho: float, n_models: int, level: float) -> tuple[float, float]:
    """Two-sided limits of a rank correlation; NaN below four models.

    A correlation of 1 is taken half way to the next possible one, 1 - 12 / (M^3 - M), for the
    limit on its open side.
    """
    if n_models < 4:
        return np.nan, np.nan
    inside = np.clip(rho, -1 + 6 / (n_models**3 - n_models), 1 - 6 / (n_models**3 - n_models))
    reach = stats.norm.isf((1 - level) / 2) * np.sqrt((1 + inside**2 / 2) / (n_models - 3))
    low, high = np.tanh(np.arctanh(inside) - reach), np.tanh(np.arctanh(inside) + reach)
    return (-1.0 if rho < -1 + 1e-9 else float(low)), (1.0 if rho > 1 - 1e-9 else float(high))


def verdict(found: RankCorrelation, adjusted_p: float) -> tuple[Verdict, str | None]:
    """The verdict by `RULE`, and why where it is inconclusive."""
    if found.n_models < FEWEST:
        return "inconclusive", f"fewer than {FEWEST} models ({found.n_models})"
    if found.accuracy_range < MIN_RANGE:
        return "inconclusive", f"accuracies differ by {found.accuracy_range:.2f}, less than {MIN_RANGE}"
    few = f"few models ({found.n_models})" if found.n_models < FEW else None
    if adjusted_p <= ALPHA:
        return "supported", few
    if found.upper < MODERATE:
        return "not supported", few
    return "inconclusive", few or (
        f"neither shown (adjusted p {adjusted_p:.3f}) nor ruled out (one-sided upper limit {found.upper:.2f}, "
        f"not below {MODERATE})"
    )


def _standardised(values: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    ranks = stats.rankdata(values, axis=1)
    centered = ranks - ranks.mean(axis=1, keepdims=True)
    length = np.sqrt((centered**2).sum(axis=1, keepdims=True))
    if not length.all():
        raise Undefined(f"all {name} are alike")
    return np.asarray(centered / length)


def _orders(families: Sequence[str], rng: np.random.Generator) -> tuple[NDArray[np.int64], bool]:
    """Permutations of models inside families, shape (permutations, models); whether they are all."""
    names, family, sizes = np.unique(np.asarray(families), return_inverse=True, return_counts=True)
    family = np.where(sizes[family] == 1, len(names), family)
    sets = [np.flatnonzero(family == one) for one in np.unique(family)]
    places = np.argsort(np.concatenate(sets))
    exact = prod(factorial(len(one)) for one in sets) <= N_PERMUTATIONS
    if exact:
        combined = product(*(permutations(one) for one in sets))
        return np.array([np.concatenate(order) for order in combined])[:, places], True
    keys = rng.random((N_PERMUTATIONS, len(family)))
    shuffled = [one[np.argsort(keys[:, one], axis=1)] for one in sets]
    return np.concatenate(shuffled, axis=1)[:, places], False
