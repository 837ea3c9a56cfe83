"""Claim 1 inside each model: over subgroups of the questions, such as modalities, AUROC rises with accuracy.

The paper says of modalities that uncertainty fails where accuracy is low. Pooling the cells model x modality would call
that of any two effects that models or modalities share; here each model has a correlation of its own, and what is
exchanged by chance is modalities, all models together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from vqa_canary.estimate import ALPHA, LEVEL, Undefined
from vqa_canary.evaluation.claims.claim import Verdict
from vqa_canary.evaluation.claims.primary import OVER_METHODS
from vqa_canary.evaluation.claims.tracking_accuracy import MODERATE, fisher_limits, standard_ranks
from vqa_canary.statistics.permutations import first_return, orders_inside

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST_SUBGROUPS = 5
"""How many subgroups with an AUROC in most models a verdict needs."""
FEWEST_CELLS = 3
"""How many subgroups with an AUROC a model's own correlation needs."""

RULE = (
    f"supported: p of a test that exchanges subgroups, in all models together, at most 0.05, {OVER_METHODS}; not "
    "supported: otherwise, and the one-sided 95 % upper limit of the mean rank correlation is below 0.5; inconclusive: "
    "else, or fewer than 5 subgroups with an AUROC in most models. A subgroup with one class or fewer than 5 images "
    "with a wrong or with a right answer is left out of that model's correlation"
)


@dataclass(frozen=True, slots=True)
class WithinCorrelation:
    """Rank correlation of AUROC with accuracy over subgroups, averaged over models."""

    rho: float
    """Spearman's correlation, averaged over the models that have one: -1 to 1."""
    ci_low: float
    """Lower end of the 95 % interval over subgroups; NaN with fewer than four."""
    ci_high: float
    """Upper end of the 95 % interval over subgroups; NaN with fewer than four."""
    upper: float
    """One-sided 95 % upper limit of the correlation, which the verdict "not supported" rests on."""
    p_value: float
    """One-sided p-value of "AUROC does not rise with accuracy", not adjusted for the number of methods."""
    of_model: NDArray[np.float64]
    """Shape (models,): each model's own correlation; NaN where it has none."""
    n_subgroups: int
    """How many subgroups have an AUROC in more than half of the models."""


def track_within(
    accuracy: NDArray[np.float64], auroc: NDArray[np.float64], rng: np.random.Generator
) -> WithinCorrelation:
    r"""Mean over models of Spearman's rho over subgroups, with its permutation test.

    .. math:: \bar\rho = \frac{1}{M} \sum_m \rho(accuracy_{m\cdot}, AUROC_{m\cdot})

    Under the null the AUROC of a subgroup has nothing to do with the accuracies in it, so the subgroups' AUROCs are
    exchanged, those of all models together: models share questions, and a subgroup that is hard to rank is so for
    most of them. If there are at most 9,999 permutations (seven subgroups) all are tried, else as many random ones. A
    model that lacks some subgroups is permuted by `first_return`; with a quarter of the cells missing and AUROCs that
    differ by subgroup the test at 5 % rejects a true null in about 6 %.

    The interval is Fisher's over subgroups, as if there were one model: what models share, more of them do not
    average out, so it is rather too wide than too narrow. Its number of subgroups is that of the median model.

    Parameters
    ----------
    accuracy : shape (models, subgroups); looked at only where `auroc` is known
    auroc : shape (models, subgroups); NaN where it is undefined
    rng : draws the random permutations, if not all can be tried

    Raises
    ------
    Undefined : no model has three subgroups with an AUROC, in which accuracies and AUROCs are not all alike

    References
    ----------
    Exchanging whole blocks: Winkler et al. (2015), Multi-Level Block Permutation. Interval: `fisher_limits`.
    """
    known = ~np.isnan(auroc)
    n_most = int((2 * known.sum(axis=0) > len(auroc)).sum()) if len(auroc) else 0
    of_model = np.full(len(auroc), np.nan)
    in_use = known[:, known.any(axis=0)]  # a subgroup without any AUROC has nothing to be exchanged
    orders = orders_inside(["all"] * in_use.shape[1], rng) if in_use.size else None
    total = np.zeros(len(orders.places)) if orders else np.zeros(0)
    for m, has in enumerate(known):
        try:
            x, y = (
                _ranks(values[m, has], name) for values, name in ((accuracy, "accuracies"), (auroc, "AUROCs"))
            )
        except Undefined:
            continue
        of_model[m] = np.clip(x @ y, -1, 1)
        assert orders
        own = in_use[m]
        among = np.cumsum(own) - 1  # from the number among all subgroups to that among the model's own
        total += y[among[first_return(orders.places, own)]] @ x
    asked = int((~np.isnan(of_model)).sum())
    if not asked:
        raise Undefined(
            f"no model has an AUROC in {FEWEST_CELLS} subgroups or more, with accuracies and AUROCs that differ"
        )
    assert orders
    rho = float(np.nanmean(of_model))
    n_cells = int(np.median(known[~np.isnan(of_model)].sum(axis=1)))
    (low, high), (_, upper) = fisher_limits(rho, n_cells, LEVEL), fisher_limits(rho, n_cells, 1 - 2 * ALPHA)
    return WithinCorrelation(rho, low, high, upper, orders.p_value(rho, total / asked), of_model, n_most)


def verdict(found: WithinCorrelation, p_value: float, name: str = "adjusted p") -> tuple[Verdict, str | None]:
    """The verdict by `RULE`, and why where it is inconclusive; `name` is what the p-value is called."""
    if found.n_subgroups < FEWEST_SUBGROUPS:
        return "inconclusive", (
            f"fewer than {FEWEST_SUBGROUPS} subgroups with an AUROC in most models ({found.n_subgroups})"
        )
    if p_value <= ALPHA:
        return "supported", None
    if found.upper < MODERATE:
        return "not supported", None
    return "inconclusive", (
        f"neither shown ({name} {p_value:.3f}) nor ruled out (one-sided upper limit {found.upper:.2f}, "
        f"not below {MODERATE})"
    )


def _ranks(values: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    """Standardised ranks of one model's subgroups, shape (subgroups,).

    Raises
    ------
    Undefined : fewer than three, or all are alike
    """
    if len(values) < FEWEST_CELLS:
        raise Undefined(f"fewer than {FEWEST_CELLS} subgroups ({len(values)})")
    return np.asarray(standard_ranks(values[None], name)[0])
