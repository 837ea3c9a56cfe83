"""Claim 1: over models, a method's AUROC rises with accuracy.

The test is a permutation test of the rank correlation. Models of one training family share data and recipe and often
both a higher accuracy and a higher AUROC, so families must not be mixed: see `track`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from vqa_canary.estimate import ALPHA, LEVEL, Undefined
from vqa_canary.evaluation.claims.claim import Verdict
from vqa_canary.evaluation.claims.primary import OVER_METHODS
from vqa_canary.statistics.permutations import orders_inside

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

FEWEST, FEW = 5, 8
"""How many models a verdict needs, and how many it needs not to say "few models"."""
MIN_RANGE = 0.15
"""Smallest difference between the highest and the lowest accuracy that allows a verdict."""
MODERATE = 0.5
"""Correlation below which tracking counts as absent."""

RULE = (
    "supported: p of a test that exchanges models within their training families at most 0.05, "
    f"{OVER_METHODS}; not supported: otherwise, and the one-sided 95 % upper limit of the rank correlation is below "
    "0.5; inconclusive: else, or fewer than 5 models, or accuracies within 0.15"
)


@dataclass(frozen=True, slots=True)
class RankCorrelation:
    """Rank correlation of AUROC with accuracy over models, averaged over datasets."""

    rho: float
    """Spearman's correlation, averaged over datasets: -1 to 1."""
    ci_low: float
    """Lower end of the 95 % interval over models; NaN with fewer than four models."""
    ci_high: float
    """Upper end of the 95 % interval over models; NaN with fewer than four models."""
    upper: float
    """One-sided 95 % upper limit of the correlation, which the verdict "not supported" rests on."""
    p_value: float
    """One-sided p-value of "AUROC does not rise with accuracy", not adjusted for the number of methods."""
    n_models: int
    """How many models the correlation is over."""
    accuracy_range: float
    """Highest accuracy less the lowest; of several datasets the smallest such difference."""


def track(
    accuracy: NDArray[np.float64],
    auroc: NDArray[np.float64],
    families: Sequence[str],
    rng: np.random.Generator,
) -> RankCorrelation:
    """Spearman's rho over models with its permutation test.

    Under the null, models of one family are exchangeable, so their AUROC vectors (all datasets of
    a model together) are permuted inside it; models alone in their family form one set: `orders_inside`. If there are
    at most 9,999 permutations all are tried, else as many random ones.

    Parameters
    ----------
    accuracy, auroc : shape (datasets, models)
    families : family of each model
    rng : draws the random permutations, if not all can be tried

    Raises
    ------
    Undefined : fewer than three models, or all accuracies or all AUROCs of a dataset alike

    References
    ----------
    Permutation inside sets of exchangeable units: Winkler et al. (2015), Multi-Level Block Permutation. Interval:
    `fisher_limits`.
    """
    n_models = accuracy.shape[-1] if accuracy.size else 0
    if n_models < 3:
        raise Undefined(f"fewer than 3 models ({n_models})")
    x, y = standard_ranks(accuracy, "accuracies"), standard_ranks(auroc, "AUROCs")
    # Standardised ranks have length 1, so their product is the correlation; clipped, as rounding may exceed 1.
    rho = float(np.clip((x * y).sum(axis=1), -1, 1).mean())
    orders = orders_inside(families, rng)
    permuted = np.mean([yd[orders.places] @ xd for xd, yd in zip(x, y, strict=True)], axis=0)
    p_value = orders.p_value(rho, permuted)
    (low, high), (_, upper) = fisher_limits(rho, n_models, LEVEL), fisher_limits(rho, n_models, 1 - 2 * ALPHA)
    spread = float(np.ptp(accuracy, axis=1).min())
    return RankCorrelation(rho, low, high, upper, p_value, n_models, spread)


def fisher_limits(rho: float, n_models: int, level: float) -> tuple[float, float]:
    r"""Two-sided limits of a rank correlation; NaN with fewer than four models.

    .. math:: \tanh\Big(\mathrm{artanh}\, \rho \mp z \sqrt{\frac{1 + \rho^2 / 2}{M - 3}}\Big)

    A correlation of 1 has no finite Fisher transform. For the limit on its open side it is taken half way to the next
    possible one, 1 - 12 / (M^3 - M), where two neighbours in rank are exchanged.

    References
    ----------
    Bonett & Wright (2000), Sample Size Requirements for Estimating Pearson, Kendall and Spearman Correlations: Fisher's
    transform with their variance.
    """
    if n_models < 4:
        return np.nan, np.nan
    inside = np.clip(rho, -1 + 6 / (n_models**3 - n_models), 1 - 6 / (n_models**3 - n_models))
    reach = stats.norm.isf((1 - level) / 2) * np.sqrt((1 + inside**2 / 2) / (n_models - 3))
    low, high = np.tanh(np.arctanh(inside) - reach), np.tanh(np.arctanh(inside) + reach)
    return (-1.0 if rho < -1 + 1e-9 else float(low)), (1.0 if rho > 1 - 1e-9 else float(high))


def verdict(found: RankCorrelation, p_value: float, name: str = "adjusted p") -> tuple[Verdict, str | None]:
    """The verdict by `RULE`, and why where it is inconclusive; `name` is what the p-value is called."""
    if found.n_models < FEWEST:
        return "inconclusive", f"fewer than {FEWEST} models ({found.n_models})"
    if found.accuracy_range < MIN_RANGE:
        return "inconclusive", f"accuracies differ by {found.accuracy_range:.2f}, less than {MIN_RANGE}"
    few = f"few models ({found.n_models})" if found.n_models < FEW else None
    if p_value <= ALPHA:
        return "supported", few
    if found.upper < MODERATE:
        return "not supported", few
    return "inconclusive", few or (
        f"neither shown ({name} {p_value:.3f}) nor ruled out (one-sided upper limit {found.upper:.2f}, "
        f"not below {MODERATE})"
    )


def standard_ranks(values: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Ranks of each row, centred and of length 1, so that the product of two rows is their rank correlation.

    Parameters
    ----------
    values : shape (rows, n)
    name : what the values are called where they are all alike

    Raises
    ------
    Undefined : all values of a row are alike
    """
    ranks = stats.rankdata(values, axis=1)
    centered = ranks - ranks.mean(axis=1, keepdims=True)
    length = np.sqrt((centered**2).sum(axis=1, keepdims=True))
    if not length.all():
        raise Undefined(f"all {name} are alike")
    return np.asarray(centered / length)
