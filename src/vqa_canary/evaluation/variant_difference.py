"""What a variant of a model is, and one row of the table `variants`: a quantity of the variant less its baseline's."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, NamedTuple, get_args

from vqa_canary.estimate import number_or_none
from vqa_canary.statistics.paired_aurocs import Paired

Quantity = Literal["accuracy", "changed_answers", "auroc", "fragility_auroc", "collapse_rate"]
QUANTITIES = get_args(Quantity)
ALL_MODELS = ""
"""Stands in `model` and `baseline` for the mean over all variants of one change."""


class Variant(NamedTuple):
    """A model that is another one but for one change, such as a quantised copy."""

    baseline: str
    """Name of the model that it is a variant of."""
    change: str
    """The settings in which both differ, such as `quantization: int8`."""


@dataclass(frozen=True, slots=True)
class VariantDifference:
    """One row of the table `variants`: a quantity of a variant less that of its baseline."""

    dataset: str
    change: str
    model: str
    """Name of the variant; empty for the mean over all variants of this change."""
    baseline: str
    quantity: Quantity
    condition: str
    method: str
    n_models: int = 1
    """How many pairs of a variant and its baseline the difference is the mean of."""
    baseline_value: float | None = None
    value: float | None = None
    difference: float | None = None
    """The variant's value less the baseline's. Above 0 the variant is better, except that a lower `collapse_rate` is
    better, and that `changed_answers` is a share in which there is nothing better or worse."""
    ci_low: float | None = None
    ci_high: float | None = None
    se: float | None = None
    """Standard error of the difference over images; 0 where no image tells the two apart."""
    p_value: float | None = None
    """Two-sided p-value of "there is no difference", adjusted as `RULE` says."""
    smallest_difference: float | None = None
    """Smallest difference that this study would have found with 80 % power, at the strictest step of Holm."""
    verdict: Literal["better", "worse", "cannot tell", "identical"] | None = None
    n: int = 0
    n_clusters: int = 0
    reason: str | None = None
    """Why a number is missing, or what was left out."""


def filled(row: VariantDifference, found: Paired) -> VariantDifference:
    """The row with its numbers, its p-value not yet adjusted."""
    difference = found.difference
    return replace(
        row,
        baseline_value=float(found.before),
        value=float(found.after),
        difference=difference.value,
        ci_low=difference.ci_low,
        ci_high=difference.ci_high,
        p_value=number_or_none(found.p_value),
        se=number_or_none(found.se),
        n=difference.n,
        n_clusters=difference.n_clusters,
        reason=difference.reason,
    )
